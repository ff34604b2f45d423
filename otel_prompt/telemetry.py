"""What a recorder writes to: a tracer, the instruments of the metrics, a logger for events, and how content is kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, SeverityNumber, get_logger_provider
from opentelemetry.metrics import MeterProvider, NoOpMeterProvider

from . import semconv
from .config import Settings, attribute_count_limit, attribute_length_limit
from .context import MOST_SURROUNDINGS
from .encoding import decode, encode, printable
from .instruments import Instruments, instruments_of
from .processors.redact import redact
from .processors.truncate import shorten

if TYPE_CHECKING:
    from .linker import Linker

_STRUCTURED = frozenset({*semconv.CONTENT, semconv.RETRIEVAL_DOCUMENTS})
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
        self.ends_at_exit = False
        self.linker: Linker | None = None
        # With what surrounds a call at most, so many fit on a span.
        self.few_attributes = attribute_count_limit() - MOST_SURROUNDINGS
        limit = attribute_length_limit()
        self._limit = min(settings.content_limit, limit) if limit else settings.content_limit

    def instruments(self) -> Instruments | None:
        """The instruments, or None while nobody reads metrics; whether somebody does is looked at once a second."""
        if self._instruments is None and (now := monotonic()) >= self._next_look:
            provider = self._meter_provider or metrics.get_meter_provider()
            if not isinstance(provider, _NO_METERS):
                self._instruments = instruments_of(provider)
            # Last: until then other threads look for themselves, and count their calls, too.
            self._next_look = now + 1
        return self._instruments

    def write(self, value: Any) -> str:
        """Content as it is recorded: JSON without secrets, within the limit."""
        text = encode(value)
        if self.settings.redact:
            text = redact(text)
        return text if len(text) <= self._limit else shorten(decode(text), self._limit)

    def clean(self, text: str) -> str:
        """A text without secrets and lone surrogates."""
        if not self.settings.redact:
            return printable(text)
        return _clean_short(text) if len(text) <= 256 else printable(redact(text))

    def emit_details(self, attributes: Mapping[str, Any], span: trace.Span) -> None:
        """The event that carries a call's details, content in structured form."""
        held = {k: decode(v) if k in _STRUCTURED else v for k, v in attributes.items()}
        self._emit(semconv.INFERENCE_DETAILS_EVENT, SeverityNumber.DEBUG, held, span)

    def emit_evaluation(self, attributes: Mapping[str, Any], judged: trace.SpanContext) -> None:
        """The event that carries a judgement, on the context of the judged span."""
        self._emit(semconv.EVALUATION_EVENT, SeverityNumber.INFO, attributes, trace.NonRecordingSpan(judged))

    def _emit(self, name: str, severity: SeverityNumber, attributes: Mapping[str, Any], span: trace.Span) -> None:
        logger = (self._logger_provider or get_logger_provider()).get_logger(semconv.SCOPE)
        context = trace.set_span_in_context(span)
        logger.emit(event_name=name, severity_number=severity, context=context, attributes=attributes)


@lru_cache(maxsize=4096)
def _clean_short(text: str) -> str:
    return printable(redact(text))


_current = Telemetry(Settings())


def use(telemetry: Telemetry) -> None:
    """Make these the signals of steps, which belong to no client."""
    global _current
    _current = telemetry


def current() -> Telemetry:
    """The signals of steps."""
    return _current
