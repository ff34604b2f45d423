"""From the store to where else traces are to go, a batch at a time.

A destination that is down costs nothing and loses nothing: what it has not taken stays in the store. All that
destinations write can be written again without a trace of it, so a delivery that was cut off is simply made again.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
from opentelemetry.instrumentation.utils import suppress_instrumentation

from .. import semconv
from ..errors import OtelPromptError
from ..runs import is_call
from ..span_record import SpanRecord
from ._outbox import LEASE_SECONDS
from .store import Store

_BATCH: Final = 50


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
            outbox.release(name, owner())
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
    if not waiting or not outbox.lease(destination.name, owner()):
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
    while not store.outbox.lease(destination, owner()):
        if time.monotonic() > until:
            raise DeliveryError(f"another process is delivering to {destination}")
        time.sleep(0.2)


def owner() -> str:
    """Who holds a lease: this process."""
    return f"{socket.gethostname()}:{os.getpid()}"
