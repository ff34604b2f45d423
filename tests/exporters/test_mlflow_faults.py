"""MLflow that misbehaves, and processes that are killed: afterwards it holds each call exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from misbehaving_proxy import CUT, LOST, proxy_of
from span_records import call, judge, step

from otel_prompt.config import Settings
from otel_prompt.exporters.delivery import DeliveryError, sync
from otel_prompt.exporters.mlflow import MlflowDestination
from otel_prompt.exporters.store import Store

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]
PROGRAM = """
import os, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from otel_prompt.config import Settings
from otel_prompt.exporters.delivery import sync
from otel_prompt.exporters.mlflow import MlflowDestination
from otel_prompt.exporters.store import Store
destination = MlflowDestination(Settings(mlflow_tracking_uri=sys.argv[2], mlflow_experiment=sys.argv[3]))
destination.batch = 20
destination.open()
print("ready", flush=True)
(result,) = sync(Store(Path(sys.argv[1])), [destination], on_progress=lambda _: print("some", flush=True))
print(result.error, result.left, flush=True)
"""


def made(count, run_step=0):
    """Traces of two spans, every third of them judged."""
    found = []
    for number in range(count):
        root = step()
        inner = call(parent=root, RUN_STEP=run_step + number)
        if number % 3 == 0:
            judge(inner, "helpful", number % 2 == 0)
        found.append([root, inner])
    return found


def check(mlflow, traces):
    """Each trace, span, link, judgement, point of a metric and row of the table is there once."""
    found = {t.info.trace_id: t for t in mlflow.client.search_traces(locations=[mlflow.experiment_id], max_results=500)}
    assert set(found) == {f"tr-{spans[0].trace_id}" for spans in traces}
    for spans in traces:
        there = found[f"tr-{spans[0].trace_id}"]
        assert sorted(s.span_id for s in there.data.spans) == sorted(s.span_id for s in spans)
        assert there.info.token_usage["total_tokens"] == 33
        assert len(there.info.assessments) == len(spans[1].events)
    (run,) = mlflow.runs()
    of_run = mlflow.client.search_traces(locations=[mlflow.experiment_id], run_id=run.info.run_id, max_results=500)
    of_prompt = mlflow.client.search_traces(
        locations=[mlflow.experiment_id], filter_string="prompt = 'summarize/1'", max_results=500
    )
    assert len(of_run) == len(of_prompt) == len(traces)
    for name in ("latency_ms", "tokens.total", "cost.usd"):
        history = mlflow.client.get_metric_history(run.info.run_id, name)
        assert sorted(m.step for m in history) == list(range(len(traces)))
    judged = [spans for spans in traces if spans[1].events]
    assert len(mlflow.client.get_metric_history(run.info.run_id, "feedback.helpful")) == len(judged)
    rows = mlflow.table(run)
    assert sorted(row["trace_id"] for row in rows) == sorted(found)


def deliver(destination, traces):
    """Hand traces over once; what came of it."""
    try:
        destination.deliver(traces)
    except DeliveryError as error:
        return error
    return None


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("times", "how", "path"),
    [
        (8, 429, ""),
        (8, 500, ""),
        (12, 503, ""),
        (8, CUT, ""),
        (8, LOST, ""),
        (2, LOST, "runs/create"),
        (3, LOST, "v1/traces"),
        (1, 10.0, "v1/traces"),
    ],
    ids=str,
)
def test_a_server_that_misbehaves(times, how, path, mlflow_server, mlflow_at, monkeypatch):
    """Storms of errors, cut connections, lost answers, slowness: it is tried again, and nothing is there twice."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    mlflow, traces = mlflow_at(mlflow_server.uri), made(12)
    with proxy_of(mlflow_server.uri) as proxy:
        proxy.fail(times, how, path)
        destination = MlflowDestination(Settings(mlflow_tracking_uri=proxy.uri, mlflow_experiment=mlflow.experiment))
        refused = [deliver(destination, traces)]
        while refused[-1] is not None and len(refused) < 60:
            refused.append(deliver(destination, traces))
        # It was no trace's fault.
        assert [error.failed for error in refused[:-1]] == [None] * (len(refused) - 1), refused
        assert refused[-1] is None
        assert proxy.went_wrong == times
    check(mlflow, traces)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_that_is_killed_in_the_middle(mlflow_at, new_mlflow_database, tmp_path):
    """By SIGKILL, at any moment of its deliveries, several times: MLflow holds each call once."""
    mlflow, traces, path = mlflow_at(new_mlflow_database), made(240), tmp_path / "spans.db"
    store = Store(path)
    store.write([span for spans in traces for span in spans], [mlflow.destination.name])
    mlflow.client.search_experiments()
    command = [sys.executable, "-c", PROGRAM, str(path), new_mlflow_database, mlflow.experiment]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = 0
    while killed < 5:
        program = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert program.stdout.readline() == "ready\n"
        for _ in range(killed % 2):
            program.stdout.readline()
        time.sleep(random.uniform(0, 0.25))
        program.kill()
        program.communicate()
        killed += program.returncode == -signal.SIGKILL
        if not store.backlog(mlflow.destination.name):
            break
    assert killed >= 3
    (result,) = sync(store, [mlflow.destination])
    assert (result.failed, result.left, result.error) == (0, 0, None)
    steps = store.run_steps([spans[0].trace_id for spans in traces])
    assert len(steps) == 240
    store.close()
    check(mlflow, traces)
