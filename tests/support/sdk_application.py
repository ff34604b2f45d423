"""A program that makes spans with the SDK, as an instrumentation does, and has our exporters."""

from __future__ import annotations

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_prompt import semconv
from otel_prompt.config import Settings
from otel_prompt.exporters import span_exporter
from otel_prompt.exporters.store import Store

CALL = {
    semconv.OPERATION: "chat",
    semconv.PROVIDER: "openai",
    semconv.REQUEST_MODEL: "gpt-4o-mini",
    semconv.INPUT_TOKENS: 1000,
    semconv.OUTPUT_TOKENS: 1000,
}


class Application:
    """A program that makes spans, and the store they go to."""

    def __init__(self, path, names=("store",), **settings):
        self.settings = Settings(store=path, **settings)
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        self.exporters = [span_exporter(name, self.settings) for name in names]
        for exporter in self.exporters:
            self.provider.add_span_processor(SimpleSpanProcessor(exporter))
        self.tracer = self.provider.get_tracer("shop")
        self.store = Store(path)

    def span(self, name, **attributes):
        """A span of the application's."""
        return self.tracer.start_as_current_span(name, attributes=attributes)

    def call(self, **attributes):
        """A call to a model, as an instrumentation records it."""
        with self.tracer.start_as_current_span("chat", attributes={**CALL, **attributes}):
            pass

    def flush(self):
        """As at the end of a request."""
        return all(exporter.force_flush(5_000) for exporter in self.exporters)
