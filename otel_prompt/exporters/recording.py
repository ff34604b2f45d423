"""What a process puts into a store: each span of a trace that has to do with models, once, however many exporters ask.

The exporters of one process share the recording of a store. So ``store`` and ``mlflow`` together write a span once, and
each destination gets it, whichever exporter was given it first.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final
from weakref import WeakSet

from opentelemetry.sdk.trace import ReadableSpan

from ..config import Settings
from ..errors import StoreError, logger, shielded
from ..processors.others_spans import cleaned
from ..same_call import Calls
from ..score import Score
from ..span_record import SpanRecord
from .delivery import Destination
from .delivery_thread import QUIET_SECONDS, Delivery
from .fallback import Fallback
from .process_facts import ProcessFacts
from .sdk_spans import about_models, ids, to_record
from .store import Store
from .upkeep import Upkeep

_REMEMBERED: Final = 10_000
"""How many traces and spans a process remembers; of older ones the late spans are left out."""

_RETRY_SECONDS: Final = 5.0
"""For how long a store that could not be written is left alone."""

_JUDGED_SECONDS: Final = 6.0
"""A judgement is handed on so long after it was made: by then its span has gone out, which takes up to 5 seconds."""

_ANOTHER_END: Final = 60.0
"""An end that comes so many seconds after the last is another one, with time of its own."""


class Recording:
    """One store, as this process writes it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._deliveries: dict[str, Delivery] = {}
        self._lock = RLock()
        self._facts = ProcessFacts(settings)
        self._traces: OrderedDict[int, None] = OrderedDict()
        self._written: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._calls = Calls()
        self._fallback: Fallback | None = None
        self._retry_at = 0.0
        self._upkeep = Upkeep(store)
        self._until: float | None = None
        self._users = WeakSet[object]()
        self._left = False

    def use(self, user: object, settings: Settings) -> None:
        """An exporter writes here from now on, until it says ``close``.

        The first one after all others have gone begins anew: where those delivered to is not configured any more.
        """
        with self._lock:
            if self._left:
                self._left, self._until, self.settings = False, None, settings
                self._facts = ProcessFacts(settings)
                self._deliveries.clear()
            self._users.add(user)

    def deliver_to(self, destination: Destination) -> Delivery:
        """Hand what is written from now on to a destination, too."""
        with self._lock:
            if destination.name not in self._deliveries:
                quiet = _JUDGED_SECONDS if destination.judgements_alone else QUIET_SECONDS
                self._deliveries[destination.name] = Delivery(self.store, destination, quiet)
            return self._deliveries[destination.name]

    def write(self, spans: Sequence[ReadableSpan]) -> bool:
        """Keep those spans that belong to traces with models in them.

        Returns:
            Whether they are on disk. If not they are in memory, until the store can be written again.
        """
        with self._lock:
            records: list[SpanRecord] = []
            for span in self._new(spans):
                with shielded:
                    records.append(cleaned(to_record(span), self.settings))
            records = [self._facts.completed(record) for record in self._calls.owned(records)]
            if not records and self._fallback is None:
                return True
            on_disk = self._keep(records)
        if on_disk:
            for delivery in self._deliveries.values():
                delivery.notify()
        return on_disk

    def judge(self, scores: Sequence[Score]) -> None:
        """Keep judgements, and hand them on.

        Raises:
            StoreError: the store cannot be written.
        """
        self.store.write_scores(scores, self._names(judgements_alone=True))
        self._upkeep.wrote(len(scores), self.settings)
        for delivery in self._deliveries.values():
            delivery.notify()

    @property
    def is_used(self) -> bool:
        """Whether exporters write here, of which the last hands on what is left when the process ends."""
        return bool(self._users)

    def _names(self, *, judgements_alone: bool) -> list[str]:
        """The destinations that get traces, or those that get judgements alone."""
        return [each.name for each in self._destinations(judgements_alone=judgements_alone)]

    def _destinations(self, *, judgements_alone: bool) -> list[Destination]:
        found = [delivery.destination for delivery in self._deliveries.values()]
        return [each for each in found if each.judgements_alone is judgements_alone]

    def _keep(self, records: list[SpanRecord]) -> bool:
        """On disk if it can be, else in memory."""
        try:
            if time.monotonic() >= self._retry_at:
                self.store.write(records, self._names(judgements_alone=False))
                self._recover()
                self._upkeep.wrote(len(records), self.settings)
                return True
        except StoreError as error:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            if self._fallback is None:
                self._fallback = Fallback(self._destinations(judgements_alone=False))
                logger.warning(
                    "otel-prompt: %s. Your application is unaffected; spans are held in memory until it can be "
                    "written. Make room, or name another file in OTEL_PROMPT_STORE.",
                    error,
                )
        if self._fallback is not None:
            self._fallback.write(records)
        return False

    def _recover(self) -> None:
        """The store can be written: what was held meanwhile goes there, too."""
        if self._fallback is not None:
            self._fallback.move_to(self.store)
            self._fallback = None
            logger.warning("otel-prompt: the store %s can be written again; nothing is lost.", self.store.path)

    def flush(self, seconds: float) -> bool:
        """Wait until what was written is delivered, or the time is up. Returns whether it is."""
        until = time.monotonic() + seconds
        with self._lock:
            if self._fallback is not None:
                self._retry_at = 0.0
                self._keep([])
        for delivery in self._deliveries.values():
            delivery.hurry()
        done = [delivery.drain(max(until - time.monotonic(), 0.0)) for delivery in self._deliveries.values()]
        return all(done)

    def close(self, user: object = None) -> None:
        """Hand on what is left, to all destinations at once, within the seconds that the end of a process may take.

        Each exporter of the process says so at its end; they share the seconds. ``user`` is None where there is none.
        """
        if user is not None:
            self._users.discard(user)
        self._left = not self._users
        now = time.monotonic()
        if self._until is None or now > self._until + _ANOTHER_END:
            self._until = now + self.settings.exit_seconds
        for delivery in self._deliveries.values():
            delivery.hurry()
        for delivery in self._deliveries.values():
            delivery.close(max(self._until - time.monotonic(), 0.0))
        if self._fallback is not None:
            self._retry_at = 0.0
            if not self._keep([]):
                self._give_up(max(self._until - time.monotonic(), 0.0))

    def _give_up(self, seconds: float) -> None:
        """The process ends and the store cannot be written: what is in memory goes out now or never."""
        if self._fallback is not None and (lost := self._fallback.close(seconds)):
            logger.warning("otel-prompt: %d spans could neither be written to the store nor handed on.", lost)
        self._fallback = None

    def _new(self, spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
        """What is to be kept and is not yet. A step ends after the calls in it, so by then its trace is known."""
        for span in spans:
            if about_models(span):
                _remember(self._traces, ids(span)[0])
        found: list[ReadableSpan] = []
        for span in spans:
            key = ids(span)
            if key[0] in self._traces and key not in self._written:
                _remember(self._written, key)
                found.append(span)
        return found

    def unlock(self) -> None:
        """In a forked child: no thread of the parent's holds anything here, and what is in memory is the parent's."""
        self._lock, self._fallback = RLock(), None


def recording(settings: Settings) -> Recording:
    """The recording of the store that the settings name: one in a process, however many ask."""
    store = Store(settings.store)
    with _lock:
        return _recordings.setdefault(store.path.absolute(), Recording(store, settings))


def flush_recordings(seconds: float) -> bool:
    """Wait until what this process has written is delivered, or the time is up. Returns whether it is."""
    until = time.monotonic() + seconds
    return all([each.flush(max(until - time.monotonic(), 0.0)) for each in list(_recordings.values())])  # noqa: C419 - all of them


_recordings: dict[Path, Recording] = {}
_lock = RLock()


def _after_fork() -> None:
    global _lock
    _lock = RLock()
    for each in _recordings.values():
        each.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _remember(known: OrderedDict[Any, None], key: Any) -> None:
    known[key] = None
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
