"""Spans in memory while the store cannot be written: a disk that is full, a container that may only read.

They are handed on from there, and go into the store as soon as it can be written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..span_record import SpanRecord
from ._database import MEMORY
from .delivery import Destination
from .delivery_thread import Delivery
from .store import Store

_MOST_BYTES: Final = 64 * 1024 * 1024


class Fallback:
    """A store in memory, and the deliveries from it.

    Args:
        destinations: where spans are handed on to.
    """

    def __init__(self, destinations: Iterable[Destination]) -> None:
        self.store = Store(MEMORY)
        self._deliveries = [Delivery(self.store, destination) for destination in destinations]

    def write(self, spans: Sequence[SpanRecord]) -> None:
        """Hold spans, the newest ones if there are too many."""
        self.store.write(spans, [delivery.destination.name for delivery in self._deliveries])
        self.store.trim(_MOST_BYTES)
        for delivery in self._deliveries:
            delivery.notify()

    def move_to(self, store: Store) -> None:
        """Put everything into a store. What a destination has got already is not meant for it any more.

        Raises:
            StoreError: it cannot be written; nothing is lost.
        """
        names = [delivery.destination.name for delivery in self._deliveries]
        waiting: dict[str, set[str]] = {}
        for name in names:
            self.store.outbox.hurry(name)
            waiting[name] = {each.trace_id for each in self.store.outbox.due(name, 0.0, -1)}
        traces: dict[str, list[SpanRecord]] = {}
        for record in reversed(self.store.spans(limit=None)):
            traces.setdefault(record.trace_id, []).append(record)
        for trace_id, spans in traces.items():
            store.write(spans, [name for name in names if trace_id in waiting[name]])
        self._end()

    def close(self, seconds: float) -> int:
        """Hand on what is left, within the time, and forget the rest. Returns how many spans no destination has got."""
        for delivery in self._deliveries:
            delivery.drain(seconds)
        undelivered = set(self.store.outbox.undelivered())
        lost = sum(1 for span in self.store.spans(limit=None) if span.trace_id in undelivered)
        self._end()
        return lost

    def _end(self) -> None:
        for delivery in self._deliveries:
            delivery.stop()
        self.store.close()
