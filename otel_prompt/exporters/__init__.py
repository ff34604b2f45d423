"""Where spans go: to the local store, from it to MLflow, and to whatever else the user has configured.

The names ``store_exporter`` and ``mlflow_exporter`` are what ``OTEL_TRACES_EXPORTER=otel_prompt,mlflow`` finds; the
tools that take OTLP have theirs in ``otlp_tools``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from opentelemetry.sdk.trace.export import SpanExporter

from ..config import Settings, load
from ..errors import ConfigurationError, logger
from .delivery import Delivered, Destination, sync
from .span_exporters import MlflowExporter, StoreExporter, WandbExporter, WeaveExporter

__all__ = [
    "DESTINATIONS",
    "JUDGED",
    "Delivered",
    "Destination",
    "destination",
    "known",
    "mlflow_exporter",
    "span_exporter",
    "store_exporter",
    "sync",
    "wandb_exporter",
    "weave_exporter",
]

store_exporter = StoreExporter
mlflow_exporter = MlflowExporter
wandb_exporter = WandbExporter
weave_exporter = WeaveExporter

OTLP_TOOLS: Final = ("jaeger", "langfuse", "langsmith", "mlflow-otlp", "phoenix", "weave-otlp")
"""What takes OTLP in a dialect of its own; ``otlp_presets`` says how, and is imported when one is asked for."""


def known(names: Sequence[str], where: str, settings: Settings) -> tuple[str, ...]:
    """The names that exporters have. Of others one sentence is said; if nothing else is left, spans go to the store.

    Args:
        names: what was asked for.
        where: what names them.
        settings: where the store is.
    """
    there = {*_EXPORTERS, "none"}
    ours = there | {name.replace("-", "_") for name in OTLP_TOOLS}
    if unknown := [name for name in dict.fromkeys(names) if name not in ours and _plugged(name) is None]:
        from .store import Store

        names = tuple(name for name in names if name not in unknown)
        logger.error(
            "otel-prompt: there is no exporter %s, which %s names; there are: %s. Spans go to %s.",
            ", ".join(map(repr, unknown)),
            where,
            ", ".join(sorted({"otel_prompt (or store)", *there} - {"store"})),
            ", ".join(names) if names else f"the local store instead, {Store(settings.store).path}",
        )
    return tuple(name for name in names if name != "none") or (("none",) if names else ("store",))


def _plugged(name: str) -> EntryPoint | None:
    """The exporter that another package brings, as the OpenTelemetry SDK finds it."""
    return next(iter(entry_points(group="opentelemetry_traces_exporter", name=name)), None)


def span_exporter(name: str, settings: Settings | None = None) -> SpanExporter:
    """The exporter of a name: the store, what is fed from it, a tool that takes OTLP, ``otlp``, ``console``, a plugin.

    Raises:
        ConfigurationError: there is none of that name, or it cannot be imported.
    """
    name = name.replace("_", "-") if name.replace("_", "-") in OTLP_TOOLS else name
    if name not in _EXPORTERS:
        if (point := _plugged(name)) is None:
            raise ConfigurationError(f"there is no exporter {name!r}; there are: {', '.join(sorted(_EXPORTERS))}")
        try:
            return point.load()()
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(f"the exporter {name!r} cannot be imported: {error}") from None
    return _EXPORTERS[name](settings if settings is not None else load(strict=False))


def destination(name: str, settings: Settings | None = None) -> Destination:
    """The destination of a name, for ``sync``: of ``DESTINATIONS``, of ``JUDGED``, or what the outbox has waiting.

    Raises:
        ConfigurationError: there is none of that name.
    """
    kind, _, address = name.partition(" ")
    every = {**DESTINATIONS, **JUDGED}
    if kind not in every:
        raise ConfigurationError(f"there is no destination {name!r}; there are: {', '.join(sorted(every))}")
    settings = settings if settings is not None else load(strict=False)
    configured = every[kind](settings, None)
    return configured if not address or configured.name == name else every[kind](settings, address)


def _mlflow(settings: Settings, address: str | None) -> Destination:
    from .mlflow import MlflowDestination

    return MlflowDestination(settings, address)


def _wandb(settings: Settings, address: str | None) -> Destination:
    from .wandb import WandbDestination

    return WandbDestination(settings, address)


def _weave(settings: Settings, address: str | None) -> Destination:
    from .weave import WeaveDestination

    return WeaveDestination(settings, address)


DESTINATIONS: Final[dict[str, Callable[[Settings, str | None], Destination]]] = {
    "mlflow": _mlflow,
    "wandb": _wandb,
    "weave": _weave,
}
"""What is fed from the store, by kind: made from the settings, or for an address that they do not name."""


def _scores(tool: str) -> Callable[[Settings, str | None], Destination]:
    def make(settings: Settings, address: str | None) -> Destination:
        from .score_destination import ScoreDestination

        return ScoreDestination(tool, settings, address)

    return make


JUDGED: Final[dict[str, Callable[[Settings, str | None], Destination]]] = {
    f"{tool}-scores": _scores(tool) for tool in ("langfuse", "langsmith", "phoenix")
}
"""What is told of judgements from the store, and gets its spans over OTLP."""


def _otlp(_: Settings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _console(_: Settings) -> SpanExporter:
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    return ConsoleSpanExporter()


def _preset(name: str) -> Callable[[Settings], SpanExporter]:
    def make(settings: Settings) -> SpanExporter:
        from .otlp import OtlpExporter

        return OtlpExporter(name, settings)

    return make


_EXPORTERS: Final[dict[str, Callable[[Settings], SpanExporter]]] = {
    "store": StoreExporter,
    "mlflow": MlflowExporter,
    "wandb": WandbExporter,
    "weave": WeaveExporter,
    "otlp": _otlp,
    "console": _console,
    **{name: _preset(name) for name in OTLP_TOOLS},
}
