"""Our place in the application's tracer provider: marks spans with what surrounds them, hands them to exporters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from . import semconv
from .context import surroundings
from .errors import shielded
from .exporters.recording import flush_recordings
from .same_call import begun_inside


class PromptSpanProcessor(SpanProcessor):
    """Reaches every span of a provider, also those of other instrumentations.

    A provider cannot let go of a processor: once stopped, this one does nothing, until it is started again.
    """

    def __init__(self) -> None:
        self._next: Sequence[SpanProcessor] = ()
        self._running = False

    def start(self, processors: Sequence[SpanProcessor]) -> None:
        """Mark spans, and hand them to these processors."""
        self._next, self._running = tuple(processors), True

    def stop(self) -> None:
        """Flush, and do nothing any more."""
        self._running = False
        self.shutdown()
        self._next = ()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Give a span what ``attributes(...)`` says around it; our own have it already."""
        if not self._running:
            return
        with shielded:
            scope = span.instrumentation_scope
            if scope is None or scope.name != semconv.SCOPE:
                if around := surroundings(parent_context):
                    span.set_attributes(around)
                _note_call_around(span, parent_context)
        for processor in self._next:
            processor.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand a span on."""
        for processor in self._next:
            processor.on_end(span)

    def shutdown(self) -> None:
        """Hand on what is left, and shut the exporters down."""
        for processor in self._next:
            processor.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Hand on what is left, from the store too: a function that is frozen after its answer has nothing later."""
        done = [processor.force_flush(timeout_millis) for processor in self._next]
        return all(done) and flush_recordings(timeout_millis / 1000)


def _note_call_around(span: Span, parent_context: Context | None) -> None:
    """Whether another instrumentation's span begins directly inside a call of ours: it may be of the same call."""
    outer: Any = trace.get_current_span(parent_context)
    scope = getattr(outer, "instrumentation_scope", None)
    if scope is None or scope.name != semconv.SCOPE:
        return
    if outer.attributes.get(semconv.OPERATION) not in semconv.MODEL_CALLS:
        return
    inner, around = span.get_span_context(), outer.get_span_context()
    begun_inside(f"{inner.trace_id:032x}", f"{inner.span_id:016x}", f"{around.span_id:016x}")
