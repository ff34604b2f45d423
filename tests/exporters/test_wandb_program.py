"""A whole program with Weights & Biases as its exporter: the example, as its first lines say."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from otel_prompt.exporters.store import Store

pytest.importorskip("openai")
from openai_server import openai_server

pytestmark = pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")

EXAMPLE = Path(__file__).parents[2] / "examples" / "wandb_offline.py"
CHECK = """
import sys
exec(compile(open({example!r}).read(), {example!r}, "exec"))
assert "wandb" not in sys.modules
"""


def run(folder, **more):
    """The example, in a folder; what it has written to its standard error."""
    environment = {**os.environ, "OPENAI_API_KEY": "k", "OTEL_PROMPT_STORE": str(folder / "spans.db"), **more}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    program = CHECK.format(example=str(EXAMPLE))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_example(tmp_path):
    """Two runs in files, with two calls each; nothing is said, and the program has not imported wandb."""
    from otel_prompt.exporters.wandb_log import history

    with openai_server() as address:
        assert run(tmp_path, OPENAI_BASE_URL=address) == ""
    rows = [row for file in (tmp_path / "wandb").glob("offline-run-*/run-*.wandb") for row in history(file)]
    assert len(rows) == 4
    assert sorted(row["call"] for row in rows) == [0, 0, 1, 1]
    assert len({file.name for file in (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")}) == 2
    store = Store(tmp_path / "spans.db")
    assert store.outbox.waiting() == {}
    store.close()


def test_the_example_with_nobody_at_the_other_end(tmp_path):
    """It ends well with one warning, and all is kept."""
    more = {"WANDB_MODE": "online", "WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "f" * 40}
    with openai_server() as address:
        log = run(tmp_path, OPENAI_BASE_URL=address, **more)
    assert log.count("\n") == 1
    assert "wandb http://127.0.0.1:9" in log or "W&B at http://127.0.0.1:9 does not answer" in log
    assert "otel-prompt sync" in log
    store = Store(tmp_path / "spans.db")
    assert sum(store.outbox.waiting().values()) == 4
    store.close()
