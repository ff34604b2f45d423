"""The real instrumentations of others beside ours: each call is counted once, and knows its prompt."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from cached_environment import python_with

import otel_prompt

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
HERE = Path(__file__).parent
PACKAGES = (
    *("openai>=2", "openinference-instrumentation-openai", "opentelemetry-instrumentation-openai"),
    *("opentelemetry-exporter-otlp-proto-http", "genai-prices", "msgspec", "platformdirs", "wrapt"),
)


@pytest.mark.parametrize("order", ["ours-last", "ours-first"])
@pytest.mark.parametrize("other", ["openinference", "openllmetry"])
def test_a_call_is_counted_once(other, order, tmp_path):
    """Whichever of the two is around the other."""
    python = python_with("instrumentations", *PACKAGES)
    environment = {**os.environ, "PYTHONPATH": str(Path(otel_prompt.__file__).parents[1]), "HOME": str(tmp_path)}
    done = subprocess.run(
        [str(python), "-W", "ignore", str(HERE / "instrumented_twice.py"), other, order],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    calls = [span for span in found["together"] if span["call"]]
    assert sorted(span["operation"] for span in calls) == ["chat", "chat", "embeddings"], found
    assert [span["prompt"] for span in calls if span["operation"] == "chat"] == ["greet", "greet"], found
    for spans in found.values():
        assert sum(span["input"] or 0 for span in spans) == 33, spans
        assert sum(span["output"] or 0 for span in spans) == 14, spans
