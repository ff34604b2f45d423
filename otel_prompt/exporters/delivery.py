"""From the store to where else traces are to go, a batch at a time.

A destination that is down costs nothing and loses nothing: what it has not taken stays in the store. All that
destinations write can be written again without a trace of it, so a delivery that was cut off is simply made again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Protocol
from weakref import WeakKeyDictionary

import msgspec
from opentelemetry.instrumentation.utils import suppress_instrumentation

from ..errors import OtelPromptError, shielded
from ..span_record import SpanRecord
from ._batch import load
from ._destinations import LEASE_SECONDS
from ._outbox import Waiting
from .selection import Filter
from .store import Store


class DeliveryError(OtelPromptError):
    """A destination has not taken some traces.

    Args:
        message: one sentence.
        failed: by trace id, why; None where none of the traces was taken.
        retry_seconds: how long the destination asks to be left alone.
    """

    def __init__(
        self, message: str, failed: Mapping[str, str] | None = None, retry_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.failed, self.retry_seconds = failed, retry_seconds


class Destination(Protocol):
    """Where traces can be handed on to."""

    @property
    def name(self) -> str:
        """Its kind and address, ``mlflow http://host:5000``: what was meant for one address never goes to another."""
        ...

    @property
    def batch(self) -> int:
        """How many traces it takes best at once."""
        ...

    @property
    def gather_seconds(self) -> float:
        """How long it is given nothing after a delivery, so that what comes meanwhile goes together."""
        ...

    @property
    def wanted(self) -> Filter:
        """Which traces it gets."""
        ...

    @property
    def judgements_alone(self) -> bool:
        """Whether it is given no more than what is judged, with its judgements: spans reach it by another way."""
        ...

    @property
    def busy(self) -> bool:
        """Whether it does what must not be cut off, such as making a database: the end of a process waits for that."""
        ...

    def open(self) -> None:
        """Get ready, if it is not. Raises DeliveryError: it does not answer."""
        ...

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Take traces; those it has taken before change nothing. Raises DeliveryError: it has not taken all."""
        ...

    def close(self) -> None:
        """Let go of what it holds, until it is opened again."""
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
    quiet_seconds: float = 0.0,
    on_progress: Callable[[Delivered], None] | None = None,
) -> list[Delivered]:
    """Hand on all that waits in a store, now.

    Args:
        store: where from.
        destinations: where to.
        everything: also the traces that were never meant for a destination.
        quiet_seconds: a trace whose root has not ended goes when nothing has come for so long. 0 for now, and for
            another try of what was refused.
        on_progress: is told after each batch.
    """
    return [_sync(store, destination, everything, quiet_seconds, on_progress) for destination in destinations]


def _sync(
    store: Store,
    destination: Destination,
    everything: bool,
    quiet_seconds: float,
    on_progress: Callable[[Delivered], None] | None,
) -> Delivered:
    name, outbox, result = destination.name, store.outbox, Delivered(destination.name)
    try:
        if everything:
            outbox.add_all(name, judged=destination.judgements_alone)
        if not quiet_seconds:
            outbox.hurry(name)
        _wait_for_lease(store, name)
        try:
            with suppress_instrumentation():
                while deliver_batch(store, destination, quiet_seconds, result):
                    if on_progress is not None:
                        on_progress(result)
        finally:
            result.left = store.backlog(name)
            store.destinations.release(name)
    except OtelPromptError as error:
        result.error = str(error)
    return result


def deliver_batch(store: Store, destination: Destination, quiet_seconds: float, result: Delivered) -> bool:
    """Hand on the next traces that are ready.

    Returns:
        False where there is nothing to do: no trace is ready, or another process is at it.

    Raises:
        DeliveryError: the destination takes nothing at the moment. The store knows, and when to try again.
        StoreError: the store cannot be used.
    """
    name = destination.name
    # The right to deliver comes first: what another process has handed over meanwhile is not due any more.
    if not store.destinations.lease(name):
        return False
    if not (waiting := store.outbox.due(name, quiet_seconds, destination.batch)):
        return False
    with _turn(destination):
        _deliver(store, destination, waiting, result)
    return True


def _deliver(store: Store, destination: Destination, waiting: list[Waiting], result: Delivered) -> None:
    name = destination.name
    batch = load(store, waiting, destination.wanted, judgements_alone=destination.judgements_alone)
    store.outbox.leave_out(name, batch.left_out)
    waiting, failed = batch.waiting, batch.failed
    try:
        if batch.traces:
            destination.open()
        failed.update(_hand_over(destination, batch.traces))
    except OtelPromptError as error:
        store.destinations.failed(name, str(error), getattr(error, "retry_seconds", None))
        raise
    store.outbox.settle(name, waiting, failed)
    error = next(iter(failed.values()), None)
    store.destinations.took(name, len(waiting) - len(failed), error)
    result.traces += len(waiting) - len(failed)
    result.failed += len(failed)
    result.error = error or result.error


def _turn(destination: Destination) -> Lock:
    """Threads of one process that deliver to one destination take turns: it need not know of threads."""
    with _lock:
        return _turns.setdefault(destination, Lock())


def _hand_over(destination: Destination, traces: list[list[SpanRecord]]) -> Mapping[str, str]:
    """Give traces to a destination.

    Returns:
        Why some were refused, by trace id.

    Raises:
        DeliveryError: it has taken none.
    """
    if not traces:
        return {}
    came: Mapping[str, str] | DeliveryError | None = None
    with shielded:
        try:
            destination.deliver(traces)
            came = {}
        except DeliveryError as error:
            came = error if error.failed is None else error.failed
    if isinstance(came, DeliveryError):
        raise came
    if came is not None:
        return came
    # It stumbled over something that it does not know of: find the trace that it is, and let the others by.
    if len(traces) == 1:
        return {traces[0][0].trace_id: "it cannot be put into the form that the destination takes"}
    return {trace_id: reason for trace in traces for trace_id, reason in _hand_over(destination, [trace]).items()}


def _wait_for_lease(store: Store, destination: str) -> None:
    """Let another process finish its batch. The lease of one that has died runs out."""
    until = time.monotonic() + LEASE_SECONDS + 1
    while not store.destinations.lease(destination):
        if time.monotonic() > until:
            raise DeliveryError(f"another process is delivering to {destination}")
        time.sleep(0.2)


_turns: WeakKeyDictionary[Destination, Lock] = WeakKeyDictionary()
_lock = Lock()


def _after_fork() -> None:
    global _lock
    _lock = Lock()
    _turns.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
