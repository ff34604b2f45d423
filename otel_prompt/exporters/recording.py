"""What a process puts into a store: each span of a trace that has to do with models, once, however many exporters ask.

The exporters of one process share the recording of a store. So ``store`` and ``mlflow`` together write a span once, and
each destination gets it, whichever exporter was given it first.
"""

from __future__ import annotations

import getpass
import os
from collections import OrderedDict, deque
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan

from .. import pricing, semconv
from ..config import Settings
from ..errors import StoreError, logger
from ..mapping import from_attributes
from ..runs import is_call, run_key
from ..span_record import SpanRecord
from .delivery import Destination
from .delivery_thread import Delivery
from .revision import revision
from .sdk_spans import about_models, ids, to_record
from .store import Store

_REMEMBERED: Final = 10_000
"""How many traces and spans a process remembers; of older ones the late spans are left out."""

_HELD: Final = 2_000
"""How many spans wait in memory for a store that cannot be written at the moment."""


class Recording:
    """One store, as this process writes it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._deliveries: dict[str, Delivery] = {}
        self._lock = RLock()
        self._revision = revision(Path.cwd())
        self._traces: OrderedDict[int, None] = OrderedDict()
        self._written: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._held: deque[SpanRecord] = deque(maxlen=_HELD)
        self._warned = False
        self._experimenter = settings.experimenter or _login()

    def deliver_to(self, destination: Destination) -> Delivery:
        """Hand what is written from now on to a destination, too."""
        with self._lock:
            if destination.name not in self._deliveries:
                self._deliveries[destination.name] = Delivery(self.store, destination)
            return self._deliveries[destination.name]

    def write(self, spans: Sequence[ReadableSpan]) -> bool:
        """Keep those spans that belong to traces with models in them.

        Returns:
            Whether they are on disk. If not they are held, the newest ones, until the store can be written again.
        """
        with self._lock:
            records = [self._completed(to_record(span)) for span in self._new(spans)]
            if not records and not self._held:
                return True
            self._held.extend(records)
            try:
                self.store.write(list(self._held), list(self._deliveries))
            except StoreError as error:
                self._warn(error)
                return False
            self._held.clear()
        for delivery in self._deliveries.values():
            delivery.notify()
        return True

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

    def _completed(self, record: SpanRecord) -> SpanRecord:
        """With what the process knows and the span does not say: the cost, the run, who experiments."""
        held = record.attributes
        if is_call(record):
            if semconv.COST_TOTAL not in held:
                held.update(_cost(held))
            held[semconv.RUN_KEY] = run_key(record, self.settings)
        if self._revision is not None:
            record.resource.setdefault(semconv.VCS_REVISION, self._revision)
        if self._experimenter:
            held.setdefault(semconv.EXPERIMENTER, self._experimenter)
        return record

    def unlock(self) -> None:
        """In a forked child: no thread of the parent's holds anything here."""
        self._lock = RLock()

    def _warn(self, error: StoreError) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "otel-prompt: %s. Your application is unaffected; the last %d spans are held in memory "
                "until the store can be written. Name another file in OTEL_PROMPT_STORE.",
                error,
                _HELD,
            )


def recording(settings: Settings) -> Recording:
    """The recording of the store that the settings name: one in a process, however many ask."""
    store = Store(settings.store)
    with _lock:
        return _recordings.setdefault(store.path.absolute(), Recording(store, settings))


_recordings: dict[Path, Recording] = {}
_lock = RLock()


def _after_fork() -> None:
    global _lock
    _lock = RLock()
    for each in _recordings.values():
        each.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _cost(held: dict[str, Any]) -> dict[str, float]:
    inv = from_attributes(held)
    model = inv.response_model or inv.request_model
    if not model:
        return {}
    found = pricing.price(inv.provider, model, inv.usage, held.get(semconv.OPENAI_RESPONSE_SERVICE_TIER))
    if found is None:
        return {}
    return {
        semconv.COST_INPUT: found.input_usd,
        semconv.COST_OUTPUT: found.output_usd,
        semconv.COST_TOTAL: found.total_usd,
    }


def _remember(known: OrderedDict[Any, None], key: Any) -> None:
    known[key] = None
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that has no name.
        return None
