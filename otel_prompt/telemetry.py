"""What a recorder writes to: a tracer, the instruments of the metrics, a logger for events, and how content is kept."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, SeverityNumber, get_logger_provider
from opentelemetry.metrics import MeterProvider, NoOpMeterProvider

from . import semconv
from .config import Settings, attribute_length_limit
from .encoding import decode, encode, printable
from .invocation import Invocation
from .processors.redact import redact
from .processors.truncate import shorten

_NO_METERS = (NoOpMeterProvider, metrics._internal._ProxyMeterProvider)  # pyright: ignore - no public test for "none set"


class Telemetry:
    """The signals of one instrumentation.

    Args:
        settings: what is captured, and how.
        tracer_provider: None for the application's global one, whenever it is set.
        meter_provider: likewise.
        logger_provider: likewise.
    """

    def __init__(
        self,
        settings: Settings,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        self.settings = settings
        self.on_spans = settings.capture_content.on_spans
        self.on_events = settings.capture_content.on_events
        self.tracer = trace.get_tracer(semconv.SCOPE, tracer_provider=tracer_provider, schema_url=semconv.SCHEMA_URL)
        self._meter_provider = meter_provider
        self._logger_provider = logger_provider
        self._instruments: Instruments | None = None
        self._next_look = 0.0
        limit = attribute_length_limit()
        self._limit = min(settings.content_limit, limit) if limit else settings.content_limit

    def instruments(self) -> Instruments | None:
        """The instruments, or None while nobody reads metrics; whether somebody does is looked at once a second."""
        if self._instruments is None and (now := monotonic()) >= self._next_look:
            self._next_look = now + 1
            provider = self._meter_provider or metrics.get_meter_provider()
            if not isinstance(provider, _NO_METERS):
                self._instruments = Instruments(provider)
        return self._instruments

    def write(self, value: Any) -> str:
        """Content as it is recorded: JSON without secrets, within the limit."""
        text = encode(value)
        if self.settings.redact:
            text = redact(text)
        return text if len(text) <= self._limit else shorten(decode(text), self._limit)

    def clean(self, text: str) -> str:
        """A text without secrets and lone surrogates."""
        return printable(redact(text) if self.settings.redact else text)

    def emit_details(self, attributes: Mapping[str, Any], span: trace.Span) -> None:
        """The event that carries a call's details, content in structured form."""
        logger = (self._logger_provider or get_logger_provider()).get_logger(semconv.SCOPE)
        logger.emit(
            event_name=semconv.INFERENCE_DETAILS_EVENT,
            severity_number=SeverityNumber.DEBUG,
            context=trace.set_span_in_context(span),
            attributes={k: decode(v) if k in semconv.CONTENT else v for k, v in attributes.items()},
        )


class Instruments:
    """The conventions' histograms and counters of a client."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter(semconv.SCOPE, schema_url=semconv.SCHEMA_URL)

        def seconds(name: str, text: str) -> metrics.Histogram:
            return meter.create_histogram(
                name, "s", text, explicit_bucket_boundaries_advisory=list(semconv.DURATION_BUCKETS)
            )

        def tokens(name: str, text: str) -> metrics.Histogram:
            return meter.create_histogram(
                name, "{token}", text, explicit_bucket_boundaries_advisory=list(semconv.TOKEN_BUCKETS)
            )

        self.inference_duration = seconds(semconv.INFERENCE_DURATION, "Duration of an inference")
        self.operation_duration = seconds(semconv.OPERATION_DURATION, "Duration of a call that is no inference")
        self.first_chunk = seconds(semconv.METRIC_TIME_TO_FIRST_CHUNK, "Time from the request to the first chunk")
        self.per_chunk = seconds(
            semconv.METRIC_TIME_PER_OUTPUT_CHUNK, "Time per chunk after the first: the mean of a stream"
        )
        self.input_tokens = tokens(semconv.METRIC_INPUT_TOKENS, "Input tokens of an inference")
        self.output_tokens = tokens(semconv.METRIC_OUTPUT_TOKENS, "Output tokens of an inference")
        self._usage = [
            (field, meter.create_counter(semconv.METRIC_USAGE_PREFIX + name, "{token}", f"Tokens: {name}"))
            for field, name in (
                ("input_tokens", "input_tokens"),
                ("output_tokens", "output_tokens"),
                ("cache_read_input_tokens", "cache_read.input_tokens"),
                ("cache_write_input_tokens", "cache_write.input_tokens"),
                ("reasoning_output_tokens", "reasoning.output_tokens"),
            )
        ]

    def record(self, inv: Invocation, seconds: float, per_chunk: float | None, error: str | None) -> None:
        """Count one call: its duration, its tokens if it said them, and the pace of its stream."""
        labels: dict[str, Any] = {semconv.OPERATION: inv.operation, semconv.PROVIDER: inv.provider}
        for name, value in (
            (semconv.REQUEST_MODEL, inv.request_model),
            (semconv.RESPONSE_MODEL, inv.response_model),
            (semconv.SERVER_ADDRESS, inv.server_address),
            (semconv.SERVER_PORT, inv.server_port),
            (semconv.ERROR_TYPE, error),
        ):
            if value is not None:
                labels[name] = value
        if inv.prompts:
            labels[semconv.PROMPT_NAME] = inv.prompts[0].name
            if inv.prompts[0].version is not None:
                labels[semconv.PROMPT_VERSION] = inv.prompts[0].version
        inference = inv.operation in semconv.INFERENCE
        (self.inference_duration if inference else self.operation_duration).record(seconds, labels)
        if inv.time_to_first_chunk is not None:
            self.first_chunk.record(inv.time_to_first_chunk, labels)
        if per_chunk is not None:
            self.per_chunk.record(per_chunk, labels)
        usage = inv.usage
        if inference and usage.input_tokens is not None:
            self.input_tokens.record(usage.input_tokens, labels)
        if inference and usage.output_tokens is not None:
            self.output_tokens.record(usage.output_tokens, labels)
        labels = {**labels, semconv.TOKEN_MODALITY: "unknown"}
        for field, counter in self._usage:
            if count := getattr(usage, field):
                counter.add(count, labels)


_current = Telemetry(Settings())


def use(telemetry: Telemetry) -> None:
    """Make these the signals of steps, which belong to no client."""
    global _current
    _current = telemetry


def current() -> Telemetry:
    """The signals of steps."""
    return _current
