"""A whole program with MLflow as its exporter: while the server is down, and when it is back."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from otel_prompt.config import Settings
from otel_prompt.exporters import destination, sync
from otel_prompt.exporters.store import Store

PROGRAM = """
import time
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
_OTelSDKConfigurator().configure()
from opentelemetry import trace
tracer = trace.get_tracer("app")
call = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m"}
with tracer.start_as_current_span("answer"), tracer.start_as_current_span("chat m", attributes=call):
    pass
"""


def run(path, uri):
    """The program, configured by the environment alone; its log, and how long it took."""
    ours = {"OTEL_TRACES_EXPORTER": "mlflow", "OTEL_PROMPT_STORE": str(path), "MLFLOW_TRACKING_URI": uri}
    others = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "MLFLOW_EXPERIMENT_NAME": "outage"}
    environment = {**os.environ, **ours, **others}
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr, time.monotonic() - began


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:::mlflow")
def test_a_server_that_is_down_costs_nothing_and_loses_nothing(mlflow_module, new_mlflow_server, tmp_path):
    """The program ends at once with one warning; when the server is back the trace goes out, once."""
    path, server = tmp_path / "spans.db", new_mlflow_server
    log, seconds = run(path, server.uri)
    assert log.count("\n") == 1
    assert f"{server.uri} does not answer" in log
    assert "otel-prompt sync" in log
    assert seconds < 15
    store, settings = Store(path), Settings(mlflow_tracking_uri=server.uri, mlflow_experiment="outage")
    (name,) = store.outbox.waiting()
    assert "does not answer" in (sync(store, [destination(name, settings)])[0].error or "")
    server.start()
    result = sync(store, [destination(name, settings)])[0]
    assert (result.traces, result.left, result.error) == (1, 0, None)
    log, _ = run(path, server.uri)
    assert log == ""
    assert store.outbox.waiting() == {}
    client = mlflow_module.MlflowClient(tracking_uri=server.uri)
    experiment = client.get_experiment_by_name("outage").experiment_id
    traces = client.search_traces(locations=[experiment])
    assert [len(t.data.spans) for t in traces] == [2, 2]
    (variant,) = client.search_runs([experiment])
    assert [m.step for m in client.get_metric_history(variant.info.run_id, "error")] == [0, 1]
    store.close()
