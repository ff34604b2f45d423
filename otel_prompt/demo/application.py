"""Run an application as its user would, under ``opentelemetry-instrument``, and tell what it prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import config
from ..errors import OtelPromptError
from .model import Model

FILE = Path(__file__).with_name("story_experiment.py")
EXPERIMENT = "story-experiment"
TITLE = 28
"""How many characters of each line are its title."""


def run(model: Model, store: Path, log: Path, otlp: str | None = None) -> Iterator[str]:
    """Run the experiment, and give its lines as it prints them.

    Args:
        model: what it talks to.
        store: where its spans go.
        log: where its warnings and errors go.
        otlp: the address of a collector that its spans go to as well.

    Raises:
        OtelPromptError: it failed.
    """
    start = "from opentelemetry.instrumentation.auto_instrumentation import run; run()"
    command = [sys.executable, "-c", start, sys.executable, str(FILE), model.name]
    with log.open("w") as messages:
        child = subprocess.Popen(  # noqa: S603 - our own file
            command, stdout=subprocess.PIPE, stderr=messages, text=True, env=_environment(model, store, otlp)
        )
        try:
            yield from (line.rstrip("\n") for line in child.stdout or ())
            failed = child.wait() != 0
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
    if failed:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        raise OtelPromptError(f"the application failed: {lines[-1] if lines else 'it says nothing'} ({log} has it all)")


def _environment(model: Model, store: Path, otlp: str | None) -> dict[str, str]:
    """What the application is told from outside; nothing of it stands in its file."""
    service = {"OPENAI_BASE_URL": model.address} if model.address else {}
    pages = config.load(strict=False)
    collector = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp,
        "OTEL_PROMPT_JAEGER_UI": otlp and pages.jaeger_ui,
        "OTEL_PROMPT_MLFLOW_UI": otlp and pages.mlflow_ui,
    }
    return config.environment_of_child(
        {
            **service,
            **{name: value for name, value in collector.items() if value},
            "OPENAI_API_KEY": model.key,
            "OTEL_SERVICE_NAME": EXPERIMENT,
            "OTEL_PYTHON_DISTRO": "otel_prompt",
            "OTEL_PYTHON_CONFIGURATOR": "otel_prompt",
            "OTEL_TRACES_EXPORTER": "otel_prompt,otlp" if otlp else "otel_prompt",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_PROMPT_STORE": str(store),
            "OTEL_PROMPT_EXPERIMENT": EXPERIMENT,
        }
    )
