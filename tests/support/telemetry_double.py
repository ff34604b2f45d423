"""Telemetry that is held in memory, and that complains about a span left open or ended twice."""

from __future__ import annotations

import json
import logging
import sys
from itertools import count
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import INVALID_SPAN, get_current_span

from otel_prompt.config import Settings
from otel_prompt.context import open_call
from otel_prompt.patching import Patch
from otel_prompt.providers import REGISTRY, provider
from otel_prompt.telemetry import Telemetry

try:
    from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter
except ImportError:
    from opentelemetry.sdk._logs.export import InMemoryLogExporter as InMemoryLogRecordExporter


class Ids(IdGenerator):
    """Ids that count: 1, 2, 3."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def generate_span_id(self) -> int:
        """The next number."""
        return next(self._numbers)

    def generate_trace_id(self) -> int:
        """The next number."""
        return next(self._numbers)


class Spans(SpanProcessor):
    """Every span that was started and every one that was ended."""

    def __init__(self) -> None:
        self.started: list[ReadableSpan] = []
        self.ended: list[ReadableSpan] = []

    def on_start(self, span, parent_context=None) -> None:
        """Keep it."""
        self.started.append(span)

    def on_end(self, span) -> None:
        """Keep it."""
        self.ended.append(span)


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.name}: {record.getMessage()}")


class Traced:
    """The clients that are imported, traced, and all that was recorded of them."""

    def __init__(self, *, sampler=ALWAYS_ON, meters=True, **settings: Any) -> None:
        self.processor = Spans()
        self.tracer_provider = TracerProvider(sampler=sampler, id_generator=Ids(), shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(self.processor)
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False) if meters else None
        self._logs = InMemoryLogRecordExporter()
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self._complaints = _Complaints()
        for name in ("opentelemetry", "otel_prompt"):
            logging.getLogger(name).addHandler(self._complaints)
        self.telemetry = Telemetry(
            Settings(**settings), self.tracer_provider, self.meter_provider, self.logger_provider
        )
        known = [provider(name) for name in REGISTRY]
        self._patches = [Patch(each, self.telemetry) for each in known if each.module in sys.modules]
        self.tracer = self.tracer_provider.get_tracer("the caller's own")

    @property
    def spans(self) -> list[ReadableSpan]:
        """The calls' spans that have ended, without those of the caller's own tracer."""
        return [s for s in self.processor.ended if s.instrumentation_scope.name == "otel_prompt"]

    @property
    def span(self) -> ReadableSpan:
        """The one call's span: started once, ended once."""
        started = [s for s in self.processor.started if s.instrumentation_scope.name == "otel_prompt"]
        assert len(started) == 1, f"{len(started)} spans were started"
        assert len(self.spans) == 1, f"of 1 span, {len(self.spans)} were ended"
        return self.spans[0]

    @property
    def attributes(self) -> dict[str, Any]:
        """The one call's attributes."""
        return dict(self.span.attributes or {})

    def content(self, name: str) -> Any:
        """A content attribute of the one call, as JSON: ``content("output.messages")``."""
        text = self.attributes.get(f"gen_ai.{name}")
        return None if text is None else json.loads(text)

    @property
    def output(self) -> list[list[str]]:
        """The texts of each answer of the one call."""
        return [
            [p["content"] for p in m["parts"] if p["type"] == "text"] for m in self.content("output.messages") or []
        ]

    @property
    def events(self) -> list[Any]:
        """The log records."""
        return [data.log_record for data in self._logs.get_finished_logs()]

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The data points by the name of the metric."""
        data = self._reader.get_metrics_data() if self.meter_provider else None
        found: dict[str, list[Any]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = list(metric.data.data_points)
        return found

    def everything(self) -> str:
        """All that was recorded anywhere, as one text to search."""
        spans = [s.to_json() for s in self.processor.ended]
        events = [repr((e.body, e.attributes, e.event_name)) for e in self.events]
        points = [repr([p.attributes for p in points]) for points in self.metrics.values()]
        return "\n".join([*spans, *events, *points, *self._complaints.heard])

    def remove(self) -> None:
        """Take the instrumentation off."""
        for patch in self._patches:
            patch.remove()

    def stop(self) -> None:
        """Take the instrumentation off, and hear nothing any more."""
        self.remove()
        for name in ("opentelemetry", "otel_prompt"):
            logging.getLogger(name).removeHandler(self._complaints)

    def check(self) -> None:
        """Nothing was left open, ended twice or left attached, and OpenTelemetry had nothing to complain about."""
        ended = [s.context.span_id for s in self.processor.ended]
        assert len(ended) == len(set(ended)), "a span was ended twice"
        assert len(self.processor.started) == len(ended), "a span was left open"
        assert self._complaints.heard == []
        assert open_call.get() is None
        assert get_current_span() is INVALID_SPAN
