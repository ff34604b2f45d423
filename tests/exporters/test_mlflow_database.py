"""Writing to a local database at once: the same as by MLflow's API, and the API where that cannot be done."""

from __future__ import annotations

import json

import pytest
from span_records import call, judge, step

from otel_prompt.exporters import mlflow as destination
from otel_prompt.exporters import mlflow_database as mlflow_database_module
from otel_prompt.span_record import SpanEvent

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def traces():
    """Some of each kind: plain, failed, judged, of several steps and prompts, in parts, without content."""
    root, parts = step(), step()
    plain = call(RUN_STEP=0, SESSION_ID="s", USER_ID="ada", TAGS=["x"], DATASET_NAME="d")
    judge(plain, "helpful", True)
    failed = call(RUN_STEP=1, failed=True, OUTPUT_MESSAGES=None)
    failed.events.append(SpanEvent("exception", failed.end, {"exception.type": "E"}))
    bare = call(RUN_STEP=2, INPUT_MESSAGES=None, OUTPUT_MESSAGES=None, SYSTEM_INSTRUCTIONS=None)
    late = call(parent=parts, RUN_STEP=3, REQUEST_MODEL="gpt-5")
    chain = [root, call(parent=root, RUN_STEP=4), call(parent=root, PROMPT_NAME="other", REQUEST_MODEL="gpt-5")]
    return [[[plain], [failed], [bare], chain, [late]], [[parts, late], [plain]]]


def shape(mlflow):
    """All that MLflow shows, with the ids that it gives by itself made alike."""
    runs, found = mlflow.everything()
    for held in found.values():
        held["info"]["assessments"] = sorted(held["info"].get("assessments", ()), key=lambda a: a["assessment_id"])
    text = json.dumps([sorted((held["info"]["run_name"], m) for held, m in runs.values()), found], default=str)
    for run, (held, _) in runs.items():
        text = text.replace(run, held["info"]["run_name"])
    folder = mlflow.client.get_experiment(mlflow.experiment_id).artifact_location
    found = json.loads(text.replace(folder, "folder"))
    for held in found[1].values():
        held["info"]["trace_location"] = None
    linked = sorted(t.info.trace_id for t in mlflow.traces("prompt = 'summarize/1'"))
    return found, linked, [mlflow.table(run) for run in sorted(mlflow.runs(), key=lambda r: r.info.run_name)]


def test_both_ways_give_the_same(mlflow_at, mlflow_database, new_mlflow_database, monkeypatch):
    """Traces, tags, metadata, assessments, links, metric histories: compared through MLflow's own API."""
    batches, quick = traces(), mlflow_at(mlflow_database)
    for batch in batches:
        quick.deliver(*batch)
    assert quick.destination._opened.traces._tables is not None
    monkeypatch.setattr(destination, "tables_of", lambda _: None)
    slow = mlflow_at(new_mlflow_database)
    for batch in batches:
        slow.deliver(*batch)
    assert shape(slow) == shape(quick)


@pytest.mark.parametrize("gone", ["SqlTraceMetadata", "SqlMetric", "validate_trace_name", "SqlEntityAssociation"])
def test_tables_that_have_moved_are_left_to_the_api(gone, mlflow_at, mlflow_database, monkeypatch):
    """An MLflow with other internals gets everything all the same, by its API."""
    models = mlflow_database_module._models()
    delattr(models, gone)
    monkeypatch.setattr(mlflow_database_module, "_models", lambda: models)
    mlflow, record = mlflow_at(mlflow_database), call(RUN_STEP=0)
    mlflow.deliver([record])
    info = mlflow.trace(record).info
    assert (info.request_preview, info.tags["prompt.name"]) == ("Summarize Rome", "summarize")
    assert [t.info.trace_id for t in mlflow.traces("prompt = 'summarize/1'")] == [info.trace_id]
    assert mlflow.runs()[0].data.metrics["error"] == 0
