"""The README's program runs as it stands there, and its settings are all that there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from otel_prompt import semconv
from otel_prompt.config import Settings
from otel_prompt.exporters.store import Store
from otel_prompt.score import scores

pytest.importorskip("openai")
pytest.importorskip("yaml")
from openai_server import WORDS, openai_server

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_programs(tmp_path):
    """Its blocks of Python, one after the other; the call of each has its prompt, its step and its surroundings."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    program = "\n".join(line for line in "".join(blocks).splitlines() if "mlflow:" not in line)
    (tmp_path / "app.py").write_text(program)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "summarize.md").write_text("---\nversion: 4\n---\nIn {{n}} words: {{text}}")
    path = tmp_path / "spans.db"
    with openai_server() as address:
        given = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "k", "OTEL_PROMPT_STORE": str(path)}
        done = subprocess.run(
            [sys.executable, "app.py"],
            env={**os.environ, **given},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "".join(WORDS) + "\n")
    store = Store(path)
    second, first = store.spans(calls_only=True)
    [judgement] = [score for span in store.spans() for score in scores(span)]
    store.close()
    assert (judgement.name, judgement.value, judgement.judge) == ("helpful", True, "ada")
    assert [s.attributes[semconv.PROMPT_VERSION] for s in (first, second)] == ["3", "4"]
    assert second.attributes[semconv.SESSION_ID] == "s-17"
    assert all(s.parent_id for s in (first, second))


def test_the_settings():
    """Every setting is in the table, and the table has no other."""
    table = README[README.index("| in pyproject.toml and in code |") :].split("\n\n", 1)[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {field.name for field in fields(Settings)}
