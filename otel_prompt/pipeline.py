"""``instrument()`` and ``uninstrument()``: settings become patched clients, a tracer provider and exporters."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry import trace
from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider

from . import attachment, child_process, config, context, semconv, telemetry
from .config import Capture, Settings
from .errors import logger
from .links import Linking
from .patching import Patch
from .providers import REGISTRY, provider

if TYPE_CHECKING:
    from .linker import Linker

_WITHOUT_PAGES: Final = frozenset({"store", "otlp", "console", "none"})
_lock = RLock()
_patches: list[Patch] = []
_linking: Linking | None = None


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
        exporters: ``"store"``, ``"mlflow"``, ``"wandb"``, ``"weave"``, ``"otlp"``, ``"console"``, ``"none"``; None
            for ``OTEL_TRACES_EXPORTER`` or, without it, the local store.
        capture_content: whether prompts and answers are recorded, and where.
        tracer_provider: used as it is, with the exporters it has. None for the application's own, to which our
            exporters are added; where the application has set none, one of ours stands in until it does.
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
            attachment.attach(chosen, partial(_hand_over, chosen))
        elif exporters is not None:
            logger.error(
                "otel-prompt: exporters=%r has no effect where tracer_provider is given: that one is used as it is.",
                chosen.exporters,
            )
        child_process.flush_children(chosen)
        signals = telemetry.Telemetry(chosen, tracer_provider, meter_provider, logger_provider)
        signals.linker = _linker(chosen, owns_exporters=tracer_provider is None)
        telemetry.use(signals)
        _surround(chosen, signals)
        for name in _clients(chosen):
            wrapt.register_post_import_hook(partial(_patch, name, signals), REGISTRY[name].package)
        _linking = Linking()


def uninstrument() -> None:
    """Everything as it was: the clients' classes, and a provider that we no longer write to. Exporters are flushed."""
    global _linking
    with _lock:
        signals = telemetry.Telemetry(Settings())
        telemetry.use(signals)
        while _patches:
            _patches.pop().remove()
        if _linking is not None:
            _linking.remove()
            _linking = None
        attachment.detach()
        _surround(Settings(), signals)


def _surround(settings: Settings, signals: telemetry.Telemetry) -> None:
    """What every span carries, and what ``attributes(...)`` may put on one."""
    defaults = {semconv.EXPERIMENT: settings.experiment, semconv.EXPERIMENTER: settings.experimenter}
    given = {name: value for name, value in defaults.items() if value is not None}
    links = signals.linker.links if signals.linker is not None else None
    context.configure(given, signals.clean, content=settings.capture_content.on_spans, links=links)


def _linker(settings: Settings, *, owns_exporters: bool) -> Linker | None:
    """What knows the pages of spans; None where none can have one."""
    to = (settings.exporters or config.traces_exporters() or ()) if owns_exporters else ("otlp",)
    if settings.jaeger_ui is None and settings.mlflow_ui is None and _WITHOUT_PAGES.issuperset(to):
        return None
    from .linker import Linker

    return Linker(settings, to)


def _clients(settings: Settings) -> list[str]:
    """The clients to patch: those asked for that exist, or all; one that is not installed is never imported."""
    if settings.clients is None:
        return list(REGISTRY)
    if unknown := [name for name in settings.clients if name not in REGISTRY]:
        logger.error(
            "otel-prompt: there is no client %s; there are: %s.",
            ", ".join(map(repr, unknown)),
            ", ".join(sorted(REGISTRY)),
        )
    return [name for name in dict.fromkeys(settings.clients) if name in REGISTRY]


def _patch(name: str, signals: telemetry.Telemetry, _: object) -> None:
    """Patch a client that has been imported, unless ``uninstrument`` was called since.

    Whoever imports holds the lock of an import, for which ``instrument`` may be waiting: so this takes no other.
    """
    patch = Patch(provider(name), signals)
    _patches.append(patch)
    if telemetry.current() is not signals:
        patch.remove()


def _hand_over(settings: Settings, provider: trace.TracerProvider) -> None:
    """The application has set a provider of its own after us: that is where we write from now on."""
    with _lock:
        if _linking is not None:
            attachment.attach_to(provider, settings)


def _after_fork() -> None:
    """Another thread of the parent may hold the lock."""
    global _lock
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
