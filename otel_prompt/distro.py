"""Zero code: what ``opentelemetry-instrument`` loads; the one module that needs opentelemetry-instrumentation."""

from __future__ import annotations

import logging
from collections.abc import Collection
from importlib.util import find_spec
from typing import Any

from opentelemetry.instrumentation.distro import BaseDistro  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
from opentelemetry.sdk._configuration import _OTelSDKConfigurator

from . import config, pipeline
from .config import set_default
from .errors import logger
from .exporters import DESTINATIONS, known


class Distro(BaseDistro):
    """Defaults for the SDK: spans go to the local store; metrics and logs nowhere unless the user says where."""

    def _configure(self, **kwargs: Any) -> None:  # noqa: ARG002 - the distro interface
        chosen = config.load(strict=False).exporters
        # Those of the setting are added when the clients are instrumented, to the provider that is set up here.
        set_default("OTEL_TRACES_EXPORTER", "otel_prompt" if chosen is None else "none")
        set_default("OTEL_METRICS_EXPORTER", "none")
        set_default("OTEL_LOGS_EXPORTER", "none")
        set_default("OTEL_PYTHON_CONFIGURATOR", "otel_prompt")
        if set(config.traces_exporters() or ()) <= {"store", *DESTINATIONS}:
            # Into the store soon: what is there survives the process, however it ends.
            set_default("OTEL_BSP_SCHEDULE_DELAY", "500")
        logging.getLogger("opentelemetry.instrumentation.auto_instrumentation._load").addFilter(_is_news)
        if not _is_for_grpc(config.otlp_endpoint()):
            set_default("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")


def _is_for_grpc(endpoint: str | None) -> bool:
    """Whether spans are to go over gRPC: to its port, and with its exporter.

    The exporter alone says nothing: it comes with Chroma's client, say, and to an address of HTTP it sends in vain.
    """
    if endpoint is None or not endpoint.rstrip("/").endswith(":4317"):
        return False
    return find_spec("opentelemetry.exporter.otlp.proto.grpc") is not None


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the loader's says more than that one configurator was chosen where two are installed."""
    return not str(record.msg).startswith("Configuration of %s not loaded")


class Configurator(_OTelSDKConfigurator):
    """The SDK's own configurator; an exporter that cannot be is one sentence, and the application runs."""

    def _configure(self, **kwargs: Any) -> None:
        if (named := config.traces_exporters()) is not None:
            # The SDK sets up nothing at all where it does not know a name.
            config.use_traces_exporters(known(named, "OTEL_TRACES_EXPORTER", config.load(strict=False)))
        try:
            super()._configure(**kwargs)
        except (RuntimeError, ValueError, ImportError) as error:
            logger.error(
                "otel-prompt: the OpenTelemetry SDK could not be set up from the environment: %s. "
                "Spans go where OTEL_TRACES_EXPORTER says all the same.",
                error,
            )


class Instrumentor(BaseInstrumentor):
    """``Instrumentor().instrument()``: the same as ``otel_prompt.instrument()``, as OpenTelemetry spells it."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """None: each client is looked for by itself, and instrumented when it is imported."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        names = ("clients", "exporters", "capture_content", "tracer_provider", "meter_provider", "logger_provider")
        pipeline.instrument(**{name: kwargs[name] for name in names if name in kwargs})

    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ARG002 - the instrumentor interface
        pipeline.uninstrument()
