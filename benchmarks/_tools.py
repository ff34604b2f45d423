"""The tools that are compared: how each is installed, and how its own documentation says to start it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Inactive = Callable[[Callable[[], Any]], Callable[[], Any]]
"""Makes a call that finds the tool's wrapper switched off, where it has a switch."""

ENVIRONMENT = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental", "TRACELOOP_TELEMETRY": "false"}


@dataclass(frozen=True)
class Tool:
    """One row of the table.

    Attributes:
        distribution: its name on PyPI.
        requirement: what pip installs.
        start: import and start it in a mode: "on", "metrics", "off" (without content), "unsampled", "start".
        modes: those that it has a switch for.
    """

    distribution: str
    start: Callable[[str], Inactive | None]
    requirement: str | None = None
    modes: tuple[str, ...] = ("on", "off", "unsampled")


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="otel-prompt-benchmark-"))


def _none(_: str) -> None:
    return None


def _otel_prompt(mode: str) -> Inactive:
    os.environ["OTEL_PROMPT_STORE"] = str(_folder() / "spans.db")
    from opentelemetry import trace

    import otel_prompt

    if mode == "start":  # as most programs do it, with the default exporter
        otel_prompt.instrument()
    else:
        otel_prompt.instrument(tracer_provider=trace.get_tracer_provider(), capture_content=mode != "off")
    patch = otel_prompt.pipeline._patches[0]

    def inactive(call: Callable[[], Any]) -> Callable[[], Any]:
        def switched_off() -> Any:
            patch.active = False
            try:
                return call()
            finally:
                patch.active = True

        return switched_off

    return inactive


def _openinference(mode: str) -> None:
    from openinference.instrumentation import TraceConfig
    from openinference.instrumentation.openai import OpenAIInstrumentor

    hidden = mode == "off"
    OpenAIInstrumentor().instrument(config=TraceConfig(hide_inputs=hidden, hide_outputs=hidden))


def _genai(mode: str) -> None:
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "no_content" if mode == "off" else "span_only"
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def _traceloop(mode: str) -> None:
    os.environ["TRACELOOP_TRACE_CONTENT"] = str(mode != "off").lower()
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def _mlflow(mode: str) -> None:
    # MLflow has a tracer provider of its own, which writes in the background to its tracking store.
    os.environ["MLFLOW_TRACE_SAMPLING_RATIO"] = "0" if mode == "unsampled" else "1"
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "true"
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{_folder()}/mlflow.db")
    mlflow.openai.autolog()


TOOLS = {
    "none": Tool("opentelemetry-sdk", _none),
    "otel-prompt": Tool("otel-prompt", _otel_prompt, modes=("on", "metrics", "off", "unsampled")),
    "openinference": Tool(
        "openinference-instrumentation-openai", _openinference, "openinference-instrumentation-openai"
    ),
    "genai": Tool(
        "opentelemetry-instrumentation-genai-openai",
        _genai,
        "opentelemetry-instrumentation-genai-openai",
        ("on", "metrics", "off", "unsampled"),
    ),
    "traceloop": Tool(
        "opentelemetry-instrumentation-openai",
        _traceloop,
        "opentelemetry-instrumentation-openai",
        ("on", "metrics", "off", "unsampled"),
    ),
    # 3.18.0 is listed, but the mlflow-skinny 3.18.0 that it needs is not there.
    "mlflow": Tool("mlflow", _mlflow, "mlflow!=3.18.0", ("on", "unsampled")),
}
