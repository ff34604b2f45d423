"""The examples of prompts: short, and each call knows its prompt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_prompt import semconv
from otel_prompt.exporters.store import Store

pytest.importorskip("openai")
from openai_server import openai_server

EXAMPLES = Path(__file__).parents[2] / "examples"
LAUNCHER = [sys.executable, "-c", "from opentelemetry.instrumentation.auto_instrumentation import run; run()"]
EXPECTED = {
    "prompt_library": ("explain", "2", "file", "yaml"),
    "prompt_ab": ("greet", "3", "file", "yaml"),
    "prompt_mlflow": ("explain", "1", "mlflow", "mlflow"),
    "prompt_langchain": ("explain", "3", "langchain", "langchain_core"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name, tmp_path):
    """It runs, is short, and its span has name, version and source."""
    prompt, version, source, needs = EXPECTED[name]
    pytest.importorskip(needs)
    file = EXAMPLES / f"{name}.py"
    assert len(file.read_text().splitlines()) < 40
    store = tmp_path / "spans.db"
    with openai_server() as address:
        environment = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "k", "OTEL_PROMPT_STORE": str(store)}
        done = subprocess.run(
            [*LAUNCHER, sys.executable, str(file)], env={**os.environ, **environment}, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    (call,) = Store(store).spans(calls_only=True)
    held = call.attributes
    assert (held[semconv.PROMPT_NAME], held[semconv.PROMPT_VERSION]) == (prompt, version)
    assert held[semconv.PROMPT_SOURCE] == source
    assert len(held[semconv.PROMPT_TEMPLATE_HASH]) == 64
