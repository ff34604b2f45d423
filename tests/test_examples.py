"""Every example runs as its first lines say, prints its answer and nothing else, and is recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_prompt import semconv
from otel_prompt.exporters.store import Store

pytest.importorskip("openai")
from openai_server import WORDS, openai_server

FOLDER = Path(__file__).parents[1] / "examples"
# The others are run by prompts/test_prompt_examples.py and exporters/test_wandb_program.py.
EXAMPLES = sorted(set(FOLDER.glob("*.py")) - set(FOLDER.glob("prompt_*.py")) - set(FOLDER.glob("wandb_*.py")))
CALLS = {"prompts": 2, "chain": 2, "async_stream": 3, "own_provider": 0}
LAUNCHER = [sys.executable, "-c", "from opentelemetry.instrumentation.auto_instrumentation import run; run()"]


@pytest.fixture(scope="module")
def address():
    """The address of a service that answers."""
    with openai_server() as address:
        yield address


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example, address, tmp_path):
    """It ends well, says nothing on standard error, and its calls are in the store."""
    store = tmp_path / "spans.db"
    launcher = [] if "instrument(" in example.read_text() else LAUNCHER
    done = subprocess.run(
        [*launcher, sys.executable, str(example)],
        env={**os.environ, "OPENAI_BASE_URL": address, "OPENAI_API_KEY": "k", "OTEL_PROMPT_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert WORDS[0] in done.stdout
    calls = Store(store).spans(calls_only=True) if store.exists() else []
    assert len(calls) == CALLS.get(example.stem, 1)
    assert all(span.status != "error" for span in calls)
    check = globals().get(f"recorded_by_{example.stem}")
    if check is not None:
        check(calls)


def recorded_by_prompts(calls):
    """Each call knows which version made it."""
    assert {c.attributes[semconv.PROMPT_VERSION] for c in calls} == {"1", "2"}
    assert {c.attributes[semconv.PROMPT_NAME] for c in calls} == {"explain"}


def recorded_by_chain(calls):
    """Both calls are in one trace, and the streamed one has a first chunk."""
    assert len({c.trace_id for c in calls}) == 1
    assert any(semconv.TIME_TO_FIRST_CHUNK in c.attributes for c in calls)


def recorded_by_async_stream(calls):
    """A stream that was left early has what was said until then."""
    assert all("".join(WORDS[:8]) in c.attributes[semconv.OUTPUT_MESSAGES] for c in calls)


def recorded_by_raw_response(calls):
    """A raw response has its tokens and its output."""
    assert calls[0].attributes[semconv.OUTPUT_TOKENS] == len(WORDS)
    assert "Paris" in calls[0].attributes[semconv.OUTPUT_MESSAGES]


def recorded_by_surroundings(calls):
    """What surrounds the call is on it."""
    assert calls[0].attributes[semconv.SESSION_ID] == "s-17"
    assert list(calls[0].attributes[semconv.TAGS]) == ["canary"]


def recorded_by_no_content(calls):
    """No text, but the figures."""
    assert semconv.INPUT_MESSAGES not in calls[0].attributes
    assert calls[0].attributes[semconv.OUTPUT_TOKENS] == len(WORDS)
