"""``instrument()`` and ``uninstrument()``: settings become patched clients, a tracer provider and exporters."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider

from . import config, context, semconv, telemetry
from .config import Capture, Settings
from .errors import OtelPromptError, logger
from .links import Linking
from .patching import Patch
from .providers import REGISTRY, provider
from .span_processor import PromptSpanProcessor

_lock = Lock()
_patches: list[Patch] = []
_linking: Linking | None = None
_processors: WeakKeyDictionary[Any, PromptSpanProcessor] = WeakKeyDictionary()
"""One processor of ours for each provider that we were ever added to."""


def instrument(
    *,
    clients: Iterable[str] | None = None,
    exporters: Iterable[str] | None = None,
    capture_content: Capture | bool | str | None = None,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    **settings: Any,
) -> None:
    """Trace every call of the clients from now on. Called again, it changes nothing.

    A client that is not imported yet is instrumented when it is. What cannot be done (a client or an exporter of an
    unknown name, a store that cannot be written) is logged in a sentence, and the rest is done: the application runs.

    Args:
        clients: names such as ``"openai"``; None for every supported client that is installed.
        exporters: ``"store"``, ``"mlflow"``, ``"otlp"``, ``"console"``, ``"none"``; None for
            ``OTEL_TRACES_EXPORTER`` or, without it, the local store.
        capture_content: whether prompts and answers are recorded, and where.
        tracer_provider: used as it is, with the exporters it has. None for the application's own, to which our
            exporters are added; where the application has set none, one is made and set.
        meter_provider: where metrics go; None for the application's own.
        logger_provider: where events go; None for the application's own.
        **settings: any field of ``Settings``.
    """
    if config.sdk_disabled():
        return
    global _linking
    with _lock:
        if _linking is not None:
            return
        given = {"clients": clients, "exporters": exporters, "capture_content": capture_content, **settings}
        chosen = config.load(given, strict=False)
        if tracer_provider is None:
            _attach(chosen)
        elif exporters is not None:
            logger.error(
                "otel-prompt: exporters=%r has no effect where tracer_provider is given: that one is used as it is.",
                chosen.exporters,
            )
        signals = telemetry.Telemetry(chosen, tracer_provider, meter_provider, logger_provider)
        telemetry.use(signals)
        _surround(chosen, signals)
        _patches.extend(Patch(provider(name), signals) for name in _clients(chosen))
        _linking = Linking()


def uninstrument() -> None:
    """Everything as it was: the clients' classes, and a provider that we no longer write to. Exporters are flushed."""
    global _linking
    with _lock:
        for patch in _patches:
            patch.remove()
        _patches.clear()
        if _linking is not None:
            _linking.remove()
            _linking = None
        for processor in _processors.values():
            processor.stop()
        signals = telemetry.Telemetry(Settings())
        telemetry.use(signals)
        _surround(Settings(), signals)


def _surround(settings: Settings, signals: telemetry.Telemetry) -> None:
    """What every span carries, and what ``attributes(...)`` may put on one."""
    defaults = {semconv.EXPERIMENT: settings.experiment, semconv.EXPERIMENTER: settings.experimenter}
    given = {name: value for name, value in defaults.items() if value is not None}
    context.configure(given, signals.clean, content=settings.capture_content.on_spans)


def _clients(settings: Settings) -> list[str]:
    """The clients to patch: those asked for that exist, or all that are installed."""
    if settings.clients is None:
        return [name for name in REGISTRY if _installed(provider(name).distribution)]
    if unknown := [name for name in settings.clients if name not in REGISTRY]:
        logger.error(
            "otel-prompt: there is no client %s; there are: %s.",
            ", ".join(map(repr, unknown)),
            ", ".join(sorted(REGISTRY)),
        )
    return [name for name in dict.fromkeys(settings.clients) if name in REGISTRY]


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _attach(settings: Settings) -> None:
    """Put our processor, with its exporters, into the application's provider; into a new one, if it has none."""
    from opentelemetry.sdk.trace import TracerProvider

    found: Any = trace.get_tracer_provider()
    theirs = hasattr(found, "add_span_processor")
    names = _exporter_names(settings, theirs=theirs)
    if not theirs:
        if not isinstance(found, trace.ProxyTracerProvider):
            # A provider of another kind, or one that does nothing on purpose.
            logger.error(
                "otel-prompt: the tracer provider that is set (%s) takes no span processor, so spans go only where it "
                "sends them.",
                type(found).__name__,
            )
            return
        found = TracerProvider()
        trace.set_tracer_provider(found)
    processor = _processors.get(found)
    if processor is None:
        processor = _processors[found] = PromptSpanProcessor()
        found.add_span_processor(processor)
    processor.start(_batches(names, settings))


def _exporter_names(settings: Settings, *, theirs: bool) -> tuple[str, ...]:
    """Where spans go. A provider that the environment has set up already has the exporters that it names."""
    from .exporters import known

    if settings.exporters is not None:
        return known(settings.exporters, "the setting exporters", settings)
    named = config.traces_exporters()
    if named is None or (theirs and _is_default_of_another_distro(named)):
        return ("store",)
    return () if theirs else known(named, "OTEL_TRACES_EXPORTER", settings)


def _is_default_of_another_distro(named: tuple[str, ...]) -> bool:
    """Whether ``otlp`` is opentelemetry-distro's default rather than the user's word: there is no endpoint for it."""
    return named == ("otlp",) and config.otlp_endpoint() is None and _installed("opentelemetry-distro")


def _batches(names: tuple[str, ...], settings: Settings) -> list[Any]:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from .exporters import span_exporter

    found: list[Any] = []
    for name in names:
        if name == "none":
            continue
        try:
            found.append(BatchSpanProcessor(span_exporter(name, settings)))
        except OtelPromptError as error:
            logger.error("otel-prompt: %s", error)
    return found


def _after_fork() -> None:
    """Another thread of the parent may hold the lock."""
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
