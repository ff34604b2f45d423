"""A span of the OpenTelemetry SDK as a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan

from .. import semconv
from ..foreign import canonical_record
from ..span_record import SpanEvent, SpanRecord

_OURS: Final = f"{semconv.SCOPE}."
_MARKS: Final = (semconv.OPERATION, "openinference.span.kind", "traceloop.span.kind")
_PREFIXES: Final = (_OURS, "llm.")


def about_models(span: ReadableSpan) -> bool:
    """Whether a span is ours or a GenAI instrumentation's, whichever names it uses."""
    held = span.attributes or {}
    return any(mark in held for mark in _MARKS) or any(key.startswith(_PREFIXES) for key in held)


def ids(span: ReadableSpan) -> tuple[int, int]:
    """The ids of the trace and the span."""
    context = span.get_span_context()
    return (context.trace_id, context.span_id) if context is not None else (0, 0)


def to_record(span: ReadableSpan) -> SpanRecord:
    """All that a finished span holds, under the conventions' names of today."""
    trace_id, span_id = ids(span)
    parent, scope = span.parent, span.instrumentation_scope
    record = SpanRecord(
        trace_id=f"{trace_id:032x}",
        span_id=f"{span_id:016x}",
        name=span.name,
        start=span.start_time or 0,
        end=span.end_time or span.start_time or 0,
        parent_id=f"{parent.span_id:016x}" if parent is not None else None,
        remote_parent=parent is not None and parent.is_remote,
        kind=span.kind.name.lower(),
        status=span.status.status_code.name.lower(),
        status_message=span.status.description,
        scope=scope.name if scope is not None else "",
        attributes=_plain(span.attributes or {}),
        events=[SpanEvent(e.name, e.timestamp, _plain(e.attributes or {})) for e in span.events],
        resource=_plain(span.resource.attributes),
    )
    return canonical_record(record)


def _plain(held: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in held.items()}
