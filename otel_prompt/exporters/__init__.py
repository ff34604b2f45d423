"""Where spans go: the local store always first, and from it, or beside it, to what the user has configured.

The names ``store_exporter`` and ``mlflow_exporter`` are what ``OTEL_TRACES_EXPORTER=otel_prompt,mlflow`` finds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from opentelemetry.sdk.trace.export import SpanExporter

from ..config import Settings, load
from ..errors import ConfigurationError
from .delivery import Delivered, Destination, sync
from .span_exporters import MlflowExporter, StoreExporter

__all__ = ["Delivered", "Destination", "destination", "mlflow_exporter", "span_exporter", "store_exporter", "sync"]

store_exporter = StoreExporter
mlflow_exporter = MlflowExporter


def span_exporter(name: str, settings: Settings | None = None) -> SpanExporter:
    """The exporter of a name: ``store``, ``mlflow``, ``otlp``, ``console``.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if name not in _EXPORTERS:
        raise ConfigurationError(f"there is no exporter {name!r}; there are: {', '.join(sorted(_EXPORTERS))}")
    return _EXPORTERS[name](settings if settings is not None else load(strict=False))


def destination(name: str, settings: Settings | None = None) -> Destination:
    """The destination of a name, for ``sync``: ``mlflow``, or one of those that ``Store.outbox.waiting()`` lists.

    Raises:
        ConfigurationError: there is none of that name.
    """
    kind, _, address = name.partition(" ")
    if kind != "mlflow":
        raise ConfigurationError(f"there is no destination {name!r}; there is: mlflow")
    from .mlflow import MlflowDestination

    settings = settings if settings is not None else load(strict=False)
    configured = MlflowDestination(settings)
    return configured if not address or configured.name == name else MlflowDestination(settings, address)


def _otlp(_: Settings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _console(_: Settings) -> SpanExporter:
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    return ConsoleSpanExporter()


_EXPORTERS: Final[dict[str, Callable[[Settings], SpanExporter]]] = {
    "store": StoreExporter,
    "mlflow": MlflowExporter,
    "otlp": _otlp,
    "console": _console,
}
