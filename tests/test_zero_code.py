"""``opentelemetry-instrument python app.py``: no line of the application's, whatever else is set or installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from openai_server import WORDS, openai_server

from otel_prompt.exporters.store import Store

LAUNCHER = [sys.executable, "-c", "from opentelemetry.instrumentation.auto_instrumentation import run; run()"]
APPLICATION = """
from openai import OpenAI
answer = OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hello"}])
print(answer.choices[0].message.content)
"""


@pytest.fixture(scope="module")
def address():
    """The address of a service that answers."""
    with openai_server() as address:
        yield address


@pytest.fixture
def run(address, tmp_path):
    """Run the application; gives what it said on standard error, what it printed beside the answer, and the store."""
    (tmp_path / "app.py").write_text(APPLICATION)

    def run(**environment):
        store = tmp_path / "spans.db"
        given = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "k", "OTEL_PROMPT_STORE": str(store), **environment}
        done = subprocess.run(
            [*LAUNCHER, sys.executable, "app.py"],
            env={**os.environ, **given},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        answer = "".join(WORDS)
        assert done.returncode == 0, done.stderr
        assert answer in done.stdout
        return done.stderr, done.stdout.replace(answer, "", 1).strip(), Store(store).spans() if store.exists() else []

    return run


def test_nothing_set(run):
    """The call is in the store, and nothing is said."""
    said, printed, spans = run()
    assert (said, printed, [span.name for span in spans]) == ("", "", ["chat gpt-4o-mini"])


@pytest.mark.parametrize("variable", ["OTEL_TRACES_EXPORTER", "OTEL_PROMPT_EXPORTERS"])
def test_console(run, variable):
    """The span is printed, and only that."""
    said, printed, spans = run(**{variable: "console"})
    assert (said, spans) == ("", [])
    assert '"name": "chat gpt-4o-mini"' in printed


@pytest.mark.parametrize("environment", [{"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_nowhere(run, environment):
    """Nothing is recorded, nothing is said."""
    assert run(**environment) == ("", "", [])


def test_otlp(run):
    """Spans go where the endpoint is, over HTTP; a collector that is down does not harm the call."""
    said, printed, spans = run(
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )
    assert "Failed to export" in said or "127.0.0.1" in said
    assert (printed, spans) == ("", [])


@pytest.mark.parametrize("name", ["jager", "store", "jager, store, none"])
def test_no_such_exporter(run, name):
    """A sentence that names those there are, and where spans go now; ``store`` is as good as ``otel_prompt``."""
    said, _, spans = run(OTEL_TRACES_EXPORTER=name)
    assert [span.name for span in spans] == ["chat gpt-4o-mini"]
    if "jager" in name:
        assert "there is no exporter 'jager', which OTEL_TRACES_EXPORTER names; there are: " in said
        assert "otel_prompt (or store)" in said
        assert said.count("\n") == 1
    else:
        assert said == ""
    if name == "jager":
        assert "Spans go to the local store instead, /" in said


@pytest.mark.filterwarnings("ignore")  # what MLflow and its libraries say of each other
@pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed")
def test_several(run, tmp_path):
    """``otlp,mlflow``: both, the store between; MLflow holds the trace when the program has ended."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    _, _, spans = run(
        OTEL_TRACES_EXPORTER="otlp,mlflow",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
        MLFLOW_TRACKING_URI=uri,
    )
    [span] = spans
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("otel-prompt")
    [found] = client.search_traces(locations=[experiment.experiment_id])
    assert found.info.trace_id == f"tr-{span.trace_id}"


@pytest.mark.skipif(find_spec("opentelemetry.distro") is None, reason="opentelemetry-distro is not installed")
def test_beside_another_distro(run):
    """Where opentelemetry-distro was loaded in our place, the instrumentor alone brings the call to the store."""
    said, _, spans = run(
        OTEL_PYTHON_DISTRO="distro",
        OTEL_PYTHON_CONFIGURATOR="configurator",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )
    assert [span.name for span in spans] == ["chat gpt-4o-mini"]
    assert "Traceback" not in said
