"""A record as a span of the OpenTelemetry SDK: the one place where what a dialect says becomes OTLP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from ..encoding import encode, printable
from ..span_record import SpanRecord

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


def to_sdk(record: SpanRecord, resource: Mapping[str, Any], original: ReadableSpan | None = None) -> ReadableSpan:
    """A span with what a record says.

    Args:
        record: of a dialect.
        resource: attributes for the resource, beside the record's own.
        original: the span that the record was made from; it gives its context, its links and its scope's version, and
            is not changed. None for a record from the store.
    """
    context = original.get_span_context() if original is not None else None
    parent = original.parent if original is not None else _parent(record)
    scope = original.instrumentation_scope if original is not None else InstrumentationScope(record.scope)
    schema = original.resource.schema_url if original is not None else ""
    return ReadableSpan(
        name=record.name,
        context=context or _context(record.trace_id, record.span_id),
        parent=parent,
        resource=Resource({**_values(record.resource), **resource}, schema),
        attributes=_values(record.attributes),
        events=[Event(event.name, _values(event.attributes), event.time) for event in record.events],
        links=original.links if original is not None else (),
        kind=SpanKind[record.kind.upper()],
        status=_status(record),
        start_time=record.start,
        end_time=record.end,
        instrumentation_scope=scope,
    )


def _status(record: SpanRecord) -> Status:
    code = StatusCode[record.status.upper()]
    return Status(
        code, printable(record.status_message) if record.status_message and code is StatusCode.ERROR else None
    )


def _parent(record: SpanRecord) -> SpanContext | None:
    if record.parent_id is None:
        return None
    return _context(record.trace_id, record.parent_id, remote=record.remote_parent)


def _context(trace_id: str, span_id: str, *, remote: bool = False) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=remote, trace_flags=_SAMPLED)


def _values(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in held.items() if value is not None}


def _value(value: Any) -> Any:
    """What OTLP has a form for: scalars, and lists of one kind of them."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(v, (str, bool, int, float)) for v in value):
        return [printable(v) if isinstance(v, str) else v for v in value]
    return encode(value)
