"""From the store to where else traces are to go: in a thread of the application, or by ``otel-prompt sync``.

A destination that is down costs nothing and loses nothing: what it has not taken stays in the store. All that
destinations write can be written again without a trace of it, so a delivery that was cut off is simply made again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol
from weakref import WeakSet

import msgspec
from opentelemetry.instrumentation.utils import suppress_instrumentation

from .. import semconv
from ..errors import OtelPromptError, logger, shielded
from ..runs import is_call
from ..span_record import SpanRecord
from ._outbox import LEASE_SECONDS
from .store import Store

QUIET_SECONDS: Final = 30.0
"""A trace whose root has not ended goes out when nothing has come for so long."""

_BATCH: Final = 50
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 120.0
_OPENING_SECONDS: Final = 90.0
"""How long the end of a process waits for a destination that is being opened. To cut that off could leave, say, a
database half made."""


class DeliveryError(OtelPromptError):
    """A destination has not taken some traces.

    Args:
        message: one sentence.
        failed: by trace id, why; None where none of the traces was taken.
    """

    def __init__(self, message: str, failed: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.failed = failed


class Destination(Protocol):
    """Where traces can be handed on to."""

    @property
    def name(self) -> str:
        """Its kind and address, ``mlflow http://host:5000``: what was meant for one address never goes to another."""
        ...

    def open(self) -> None:
        """Get ready, if it is not. Raises DeliveryError: it does not answer."""
        ...

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Take traces; those it has taken before change nothing. Raises DeliveryError: it has not taken all."""
        ...


class Delivered(msgspec.Struct):
    """What came of handing on to one destination."""

    destination: str
    traces: int = 0
    failed: int = 0
    left: int = 0
    error: str | None = None


def sync(
    store: Store,
    destinations: Sequence[Destination],
    *,
    everything: bool = False,
    on_progress: Callable[[Delivered], None] | None = None,
) -> list[Delivered]:
    """Hand on all that waits in a store, now.

    Args:
        store: where from.
        destinations: where to.
        everything: also the traces that were never meant for a destination.
        on_progress: is told after each batch.
    """
    return [_sync(store, destination, everything, on_progress) for destination in destinations]


def _sync(
    store: Store, destination: Destination, everything: bool, on_progress: Callable[[Delivered], None] | None
) -> Delivered:
    name, outbox, result = destination.name, store.outbox, Delivered(destination.name)
    try:
        if everything:
            outbox.add_all(name)
        outbox.hurry(name)
        _wait_for_lease(store, name)
        try:
            with suppress_instrumentation():
                while deliver_batch(store, destination, 0.0, result):
                    if on_progress is not None:
                        on_progress(result)
        finally:
            result.left = store.backlog(name)
            outbox.release(name, _owner())
    except OtelPromptError as error:
        result.error = str(error)
    return result


def deliver_batch(store: Store, destination: Destination, quiet_seconds: float, result: Delivered) -> bool:
    """Hand on the next traces that are ready.

    Returns:
        False where there is nothing to do: no trace is ready, or another process is at it.

    Raises:
        DeliveryError: the destination takes nothing at the moment.
        StoreError: the store cannot be used.
    """
    outbox = store.outbox
    waiting = outbox.due(destination.name, quiet_seconds, _BATCH)
    if not waiting or not outbox.lease(destination.name, _owner()):
        return False
    destination.open()
    traces = store.traces([w.trace_id for w in waiting])
    _number(store, traces)
    failed: Mapping[str, str] = {}
    try:
        destination.deliver(traces)
    except DeliveryError as error:
        if error.failed is None:
            raise
        failed = error.failed
        result.error = str(error)
    outbox.settle(destination.name, waiting, failed)
    result.traces += len(waiting) - len(failed)
    result.failed += len(failed)
    return True


def _number(store: Store, traces: list[list[SpanRecord]]) -> None:
    """Give each call its place in its run, the step of its metrics."""
    steps = store.run_steps([spans[0].trace_id for spans in traces])
    for record in (record for spans in traces for record in spans if is_call(record)):
        record.attributes[semconv.RUN_STEP] = steps.get((record.trace_id, record.span_id), 0)


def _wait_for_lease(store: Store, destination: str) -> None:
    """Let another process finish its batch. The lease of one that has died runs out."""
    until = time.monotonic() + LEASE_SECONDS + 1
    while not store.outbox.lease(destination, _owner()):
        if time.monotonic() > until:
            raise DeliveryError(f"another process is delivering to {destination}")
        time.sleep(0.2)


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class Delivery:
    """A thread that hands a store's traces on to one destination. It starts when there is something to hand on.

    Each ask is numbered, and a round of deliveries answers all that were asked before it began.
    """

    def __init__(self, store: Store, destination: Destination, quiet_seconds: float = QUIET_SECONDS) -> None:
        self.store, self.destination, self.quiet_seconds = store, destination, quiet_seconds
        self.reset()
        _deliveries.add(self)

    def reset(self) -> None:
        """As at first: also in a forked child, which has no thread of its parent's."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked = self._urgent = self._answered = 0
        self._opening = self._closing = self._left = self._warned = False
        self._taken = True

    def notify(self) -> None:
        """Something was written."""
        with self._changed:
            self._ask()

    def drain(self, seconds: float) -> bool:
        """Wait until the destination has taken all there is, or has refused, or the time is up.

        Returns:
            Whether it has taken it.
        """
        with self._changed:
            if self._thread is None:
                return True
            asked = self._urgent = self._ask()
            until, last = time.monotonic() + seconds, time.monotonic() + _OPENING_SECONDS
            while self._answered < asked and time.monotonic() < until:
                if self._opening and time.monotonic() < last:
                    until = time.monotonic() + seconds
                self._changed.wait(0.1)
            return self._answered >= asked and self._taken

    def close(self, seconds: float) -> None:
        """Hand on what is left, within the time, and end the thread. What does not go out now stays in the store."""
        with self._changed:
            self._closing = True
        done = self.drain(seconds)
        if not done and not self._warned and (left := self.store.backlog(self.destination.name)):
            logger.warning(
                "otel-prompt: %d traces are not yet in %s. They are kept in %s; `otel-prompt sync` hands them on.",
                left,
                self.destination.name,
                self.store.path,
            )

    def _ask(self) -> int:
        self._asked += 1
        if self._thread is None:
            name = f"otel-prompt to {self.destination.name}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()
        self._changed.notify_all()
        return self._asked

    def _run(self) -> None:
        # What we send is not the application's doing, and its instrumentation shall not trace it.
        with suppress_instrumentation():
            self._deliver_for_good()

    def _deliver_for_good(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._wait_for_work(pause)
                asked, urgent = self._asked, self._urgent > self._answered
            taken = self._round(0.0 if urgent else self.quiet_seconds)
            pause = 0.0 if taken else min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            with self._changed:
                self._answered, self._taken = asked, taken
                self._changed.notify_all()
                if self._closing and asked == self._asked:
                    self._thread, self._closing = None, False
                    return

    def _wait_for_work(self, pause: float) -> None:
        if pause:
            # The destination is down: new work does not shorten the pause, only the end of the process does.
            self._changed.wait_for(lambda: self._urgent > self._answered, pause)
        else:
            self._changed.wait_for(lambda: self._asked > self._answered, self.quiet_seconds if self._left else None)

    def _round(self, quiet_seconds: float) -> bool:
        """Hand on all that is ready."""
        name, outbox = self.destination.name, self.store.outbox
        with shielded:
            try:
                if outbox.due(name, quiet_seconds, 1) and outbox.lease(name, _owner()):
                    self._deliver(quiet_seconds)
                self._left = self.store.backlog(name) > 0
                return True
            except OtelPromptError as error:
                self._warn(error)
        return False

    def _deliver(self, quiet_seconds: float) -> None:
        """While this process has the right to."""
        try:
            self._opening = True
            self.destination.open()
            self._opening = False
            result = Delivered(self.destination.name)
            while deliver_batch(self.store, self.destination, quiet_seconds, result):
                pass
            if result.error is not None:
                self._warn(DeliveryError(result.error))
        finally:
            self._opening = False
            self.store.outbox.release(self.destination.name, _owner())

    def _warn(self, error: OtelPromptError) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "otel-prompt: %s. Traces are kept in %s and go out when it is back, or with `otel-prompt sync`.",
                error,
                self.store.path,
            )


_deliveries: WeakSet[Delivery] = WeakSet()


def _after_fork() -> None:
    for delivery in list(_deliveries):
        delivery.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
