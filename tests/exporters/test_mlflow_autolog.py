"""MLflow's own automatic tracing beside ours, in a whole program: no call is in MLflow twice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from openai_server import openai_server

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore:::alembic"),
    pytest.mark.filterwarnings("ignore:::sqlalchemy"),
]

HEAD = """
import warnings
warnings.simplefilter("ignore")
import mlflow, openai, otel_prompt
from mlflow.utils.autologging_utils.config import AutoLoggingConfig
before = vars(AutoLoggingConfig)["init"]
mlflow.set_experiment("beside")
client = openai.OpenAI(api_key="k", max_retries=0)

def ask(stream=False):
    messages = [{"role": "user", "content": "Where?"}]
    got = client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=stream)
    return [chunk for chunk in got] if stream else got
"""
TAIL = """
otel_prompt.uninstrument()
assert vars(AutoLoggingConfig)["init"] is before
mlflow.flush_trace_async_logging()
"""
FIRST = "mlflow.openai.autolog()\notel_prompt.instrument(exporters=['mlflow'])\n"
AFTER = "otel_prompt.instrument(exporters=['mlflow'])\nmlflow.openai.autolog()\n"


@pytest.fixture
def traces(new_mlflow_database, mlflow_module, tmp_path):
    """Run a program; what is in MLflow then: the spans of each trace, and the runs' tables."""

    def run(program, **environment):
        with openai_server() as address:
            given = {"MLFLOW_TRACKING_URI": new_mlflow_database, "OTEL_PROMPT_STORE": str(tmp_path / "spans.db")}
            given |= {"MLFLOW_EXPERIMENT_NAME": "beside", "OPENAI_BASE_URL": address, **environment}
            done = subprocess.run(
                [sys.executable, "-c", HEAD + program + TAIL],
                env={**os.environ, **given},
                capture_output=True,
                text=True,
                cwd=tmp_path,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        assert "otel-prompt" not in done.stderr
        client = mlflow_module.MlflowClient(tracking_uri=new_mlflow_database)
        experiment = client.get_experiment_by_name("beside").experiment_id
        found = client.search_traces(locations=[experiment])
        runs = client.search_runs([experiment])
        return found, runs

    return run


@pytest.mark.parametrize("order", [FIRST, AFTER], ids=["autolog-first", "ours-first"])
@pytest.mark.parametrize("call", ["ask()", "ask(stream=True)"], ids=["plain", "streamed"])
def test_a_call_is_one_trace_and_it_is_ours(order, call, traces):
    """Ours knows the prompt, the cost and the run; autolog would know the messages a second time."""
    found, runs = traces(f"{order}{call}\n")
    assert [[span.name for span in trace.data.spans] for trace in found] == [["chat gpt-4o-mini"]]
    assert [run.data.metrics["error"] for run in runs] == [0.0]


def test_in_a_trace_of_the_applications_own_the_call_is_a_step_of_it(traces, mlflow_at, new_mlflow_database):
    """That trace stays whole; the call's run has its figures, and its table the id of that trace."""
    found, runs = traces(FIRST + "mlflow.trace(ask)()\n")
    (trace,) = found
    assert [span.name for span in trace.data.spans] == ["ask", "Completions"]
    (run,) = runs
    assert run.data.metrics["tokens.input"] == 11
    mlflow = mlflow_at(new_mlflow_database)
    assert [row["trace_id"] for row in mlflow.table(run)] == [trace.info.trace_id]


def test_without_autolog_a_call_in_such_a_trace_has_one_of_its_own(traces):
    """Nothing else of MLflow's knows of the call."""
    found, _ = traces("otel_prompt.instrument(exporters=['mlflow'])\nmlflow.trace(ask)()\n")
    assert sorted(span.name for trace in found for span in trace.data.spans) == ["ask", "chat gpt-4o-mini"]


def test_where_our_spans_do_not_go_to_mlflow_autolog_is_left_alone(traces):
    """Its trace is then the only one."""
    found, runs = traces(FIRST.replace("'mlflow'", "'store'") + "ask()\n")
    assert [[span.name for span in trace.data.spans] for trace in found] == [["Completions"]]
    assert list(runs) == []
