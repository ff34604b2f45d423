"""A finished span as data: what the store keeps and what every destination is given."""

from __future__ import annotations

from typing import Any

import msgspec

from . import semconv


class SpanEvent(msgspec.Struct, omit_defaults=True):
    """A point in a span's life. ``time`` is in nanoseconds since the epoch."""

    name: str
    time: int
    attributes: dict[str, Any] = {}


class SpanRecord(msgspec.Struct, omit_defaults=True):
    """One finished span. Ids are lower-case hex; times are nanoseconds since the epoch.

    Attributes:
        parent_id: None for a root.
        remote_parent: the parent is in another process.
        kind: ``internal``, ``client``, ``server``, ``producer``, ``consumer``.
        status: ``unset``, ``ok``, ``error``.
        scope: the name of the instrumentation that made it.
    """

    trace_id: str
    span_id: str
    name: str
    start: int
    end: int
    parent_id: str | None = None
    remote_parent: bool = False
    kind: str = "internal"
    status: str = "unset"
    status_message: str | None = None
    scope: str = ""
    attributes: dict[str, Any] = {}
    events: list[SpanEvent] = []
    resource: dict[str, Any] = {}

    @property
    def operation(self) -> str | None:
        """The conventions' operation name; None for a span that is no GenAI's, or that has no word there."""
        found = self.attributes.get(semconv.OPERATION)
        return found if isinstance(found, str) else None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end - self.start) / 1e9
