"""Our processor, with its exporters, in a tracer provider: the application's own, or one that stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, Final
from weakref import WeakKeyDictionary

from opentelemetry import trace

from . import config
from .config import Settings
from .errors import OtelPromptError, logger
from .span_processor import PromptSpanProcessor
from .stand_in import HandedOver, StandIn, stand_in

_processors: WeakKeyDictionary[Any, PromptSpanProcessor] = WeakKeyDictionary()
"""One processor of ours for each provider that we were ever added to."""

_SOON_MILLIS: Final = 500
_SDK_DEFAULTS: Final[Mapping[str, Any]] = {
    "max_queue_size": 2048,
    "schedule_delay_millis": 5000,
    "max_export_batch_size": 512,
    "export_timeout_millis": 30000,
}


def attach(settings: Settings, handed_over: HandedOver) -> None:
    """Put our processor, with its exporters, into the application's provider; into a new one, if it has none.

    Args:
        settings: which exporters.
        handed_over: called with the application's provider, if it sets one after all: it is to be attached to.
    """
    found: Any = trace.get_tracer_provider()
    if isinstance(found, trace.ProxyTracerProvider):
        found = stand_in(handed_over)
    if isinstance(found, StandIn):
        found.handed_over = handed_over
    attach_to(found, settings)


def attach_to(provider: Any, settings: Settings) -> None:
    """Put our processor, with its exporters, into a provider that is set."""
    if not hasattr(provider, "add_span_processor"):
        # A provider of another kind, or one that does nothing on purpose.
        logger.error(
            "otel-prompt: the tracer provider that is set (%s) takes no span processor, so spans go only where it "
            "sends them.",
            type(provider).__name__,
        )
        return
    processor = _processors.get(provider)
    if processor is None:
        processor = _processors[provider] = PromptSpanProcessor()
        provider.add_span_processor(processor)
    _check_filters(settings)
    names = _exporter_names(settings, theirs=not isinstance(provider, StandIn))
    batches = [_batch(name, settings) for name in names if name != "none"]
    beside = [_autolog_aside(settings)] if "mlflow" in names else []
    processor.start([*beside, *(batch for batch in batches if batch is not None)])


def flush(seconds: float) -> None:
    """Have every provider that we are in export what it holds, and hand it on, within the time."""
    for provider in list(_processors):
        provider.force_flush(int(seconds * 1000))


def detach() -> None:
    """Write to no provider any more. Exporters are flushed."""
    for processor in _processors.values():
        processor.stop()


def installed(name: str) -> bool:
    """Whether a distribution is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _exporter_names(settings: Settings, *, theirs: bool) -> tuple[str, ...]:
    """Where spans go. A provider that the environment has set up already has the exporters that it names."""
    from .exporters import known

    if settings.exporters is not None:
        return known(settings.exporters, "the setting exporters", settings)
    named = config.traces_exporters()
    if named is None or (theirs and _is_default_of_another_distro(named)):
        return ("store",)
    return () if theirs else known(named, "OTEL_TRACES_EXPORTER", settings)


def _check_filters(settings: Settings) -> None:
    if settings.filters:
        from .exporters import filters

        filters.check(settings)


def _is_default_of_another_distro(named: tuple[str, ...]) -> bool:
    """Whether ``otlp`` is opentelemetry-distro's default rather than the user's word: there is no endpoint for it."""
    return named == ("otlp",) and config.otlp_endpoint() is None and installed("opentelemetry-distro")


def _autolog_aside(settings: Settings) -> Any:
    from .exporters.mlflow_autolog import AutologAside

    return AutologAside(settings)


def _batch(name: str, settings: Settings) -> Any:
    """An exporter's processor. What the environment sets wrongly is said in a sentence; None if it cannot be."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from .exporters import span_exporter, store_exporter

    try:
        exporter = span_exporter(name, settings)
    except OtelPromptError as error:
        logger.error("otel-prompt: %s", error)
        return None
    except (ImportError, OSError, ValueError) as error:
        logger.error("otel-prompt: the exporter %r cannot be set up, so nothing is sent there: %s", name, error)
        return None
    # Into the store soon: what is there survives the process, however it ends.
    soon = isinstance(exporter, store_exporter) and config.variable("OTEL_BSP_SCHEDULE_DELAY") is None
    try:
        return BatchSpanProcessor(exporter, schedule_delay_millis=_SOON_MILLIS if soon else None)
    except ValueError as error:
        logger.error(
            "otel-prompt: the OTEL_BSP_* variables in the environment cannot be used: %s The defaults are.", error
        )
        return BatchSpanProcessor(exporter, **_SDK_DEFAULTS)
