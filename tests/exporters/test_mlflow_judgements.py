"""Judgements in MLflow: assessments of traces, figures of runs, columns of the table; and the two ways to write."""

from __future__ import annotations

import pytest
from span_records import call, step

from otel_prompt import semconv
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.mlflow_database import TraceTables, tables_of
from otel_prompt.score import Score, ScoreSource, to_event

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore:::alembic"),
    pytest.mark.filterwarnings("ignore:::sqlalchemy"),
]
LOCAL = pytest.mark.parametrize("mlflow", ["database"], indirect=True)


def judge(record, name, value, *, source=ScoreSource.HUMAN, judge=None, comment=None, late=0):
    """Say something of a span, some seconds after it."""
    when = record.end + late * 1_000_000_000
    score = Score(record.trace_id, record.span_id, name, value, source, when, judge, comment)
    record.events = [*record.events, to_event(score)]
    return score


def test_judgements_are_assessments(mlflow):
    """Number, truth and word, of whom and why, with our ids, on the trace of the call."""
    record = call()
    given = [
        judge(record, "helpful", True, judge="ada", comment="to the point"),
        judge(record, "stars", 4.0, judge="bob"),
        judge(record, "tone", "rude", source=ScoreSource.LLM_JUDGE, judge="gpt-5"),
        judge(record, "exact_match", 0.0, source=ScoreSource.CODE),
    ]
    mlflow.deliver([record])
    found = {a.name: a for a in mlflow.trace(record).info.assessments}
    assert {name: a.feedback.value for name, a in found.items()} == {
        "helpful": True, "stars": 4.0, "tone": "rude", "exact_match": 0.0,
    }  # fmt: skip
    assert {a.assessment_id for a in found.values()} == {f"a-{score.id}" for score in given}
    helpful = found["helpful"]
    assert (helpful.source.source_type, helpful.source.source_id) == ("HUMAN", "ada")
    assert (helpful.rationale, helpful.span_id) == ("to the point", record.span_id)
    assert found["tone"].source.source_type == "LLM_JUDGE"


def test_a_late_judgement_and_a_changed_mind(mlflow):
    """A trace that was delivered is delivered again with what was said since; the same judge's newest word counts."""
    record = call(RUN_STEP=0)
    mlflow.deliver([record])
    assert mlflow.trace(record).info.assessments == []
    judge(record, "helpful", True, judge="ada", late=3)
    mlflow.deliver([record])
    record.events = []
    judge(record, "helpful", False, judge="ada", late=9)
    mlflow.deliver([record])
    before = mlflow.everything()
    mlflow.deliver([record])
    assert mlflow.everything() == before
    [assessment] = mlflow.trace(record).info.assessments
    assert assessment.feedback.value is False
    [run] = mlflow.runs()
    assert run.data.metrics["feedback.helpful"] == 0.0
    assert run.data.metrics["feedback.helpful.mean"] == 0.0


def test_judgements_are_metrics_of_their_run(mlflow):
    """A figure at the call's step, a mean over all calls, a column of the table; words are in the table alone."""
    first, second = call(RUN_STEP=0), call(RUN_STEP=1)
    judge(first, "helpful", True, judge="ada")
    judge(second, "helpful", False, judge="ada")
    judge(second, "exact_match", 0.5, source=ScoreSource.CODE)
    judge(second, "tone", "rude", source=ScoreSource.LLM_JUDGE)
    mlflow.deliver([first])
    mlflow.deliver([second])
    [run] = mlflow.runs()
    history = mlflow.client.get_metric_history(run.info.run_id, "feedback.helpful")
    assert sorted((m.step, m.value) for m in history) == [(0, 1.0), (1, 0.0)]
    assert run.data.metrics["feedback.helpful.mean"] == 0.5
    assert run.data.metrics["eval.exact_match"] == 0.5
    assert "eval.tone" not in run.data.metrics
    rows = mlflow.table(run)
    assert [row["feedback.helpful"] for row in rows] == [1.0, 0.0]
    assert [row["eval.tone"] for row in rows] == [None, "rude"]


def test_what_was_expected_is_an_expectation(mlflow):
    """The dataset's answer stands beside the judgements."""
    record = call(DATASET_NAME="cities", DATASET_ITEM_EXPECTED="Rome")
    mlflow.deliver([record])
    [expected] = mlflow.trace(record).info.assessments
    assert (expected.name, expected.expectation.value) == ("expected", "Rome")


def test_the_variants_of_an_experiment_stand_under_one_run(mlflow):
    """With an experiment and a dataset there is a run above those of the variants, made once."""
    facts = {"EXPERIMENT": mlflow.experiment, "DATASET_NAME": "cities", "DATASET_VERSION": "1"}
    mlflow.deliver([call(PROMPT_VERSION="1", **facts)], [call(PROMPT_VERSION="2", **facts)])
    mlflow.deliver([call(PROMPT_VERSION="3", **facts)])
    runs = mlflow.runs()
    above = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    below = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert (len(above), len(below)) == (1, 3)
    assert {run.data.tags["mlflow.parentRunId"] for run in below} == {above[0].info.run_id}
    assert [each.dataset.name for each in above[0].inputs.dataset_inputs] == ["cities"]


@LOCAL
def test_the_way_of_the_tables_gives_what_the_api_gives(mlflow):
    """A local database is written at once; MLflow shows the same of a trace and a run as if written by its API."""
    by_tables = mlflow
    by_api = type(mlflow)(mlflow.module, mlflow.uri, f"{mlflow.experiment}-api")
    opened = by_api.destination._open()
    opened.traces._tables = opened.runs._tables = None
    assert isinstance(by_tables.destination._open().traces._tables, TraceTables)
    seen = []
    for each in (by_tables, by_api):
        root = step(SESSION_ID="s-1", USER_ID="ada", TAGS=["eu"])
        inner, lone = call(parent=root, RUN_STEP=0), call(RUN_STEP=1, failed=True)
        judge(inner, "helpful", True, judge="ada")
        each.deliver([inner, root], [lone])
        each.deliver([inner, root])
        seen.append([shape(each.trace(record)) for record in (inner, lone)])
        seen[-1].append(sorted((m, v) for run in each.runs() for m, v in run.data.metrics.items()))
        prompts = f"prompt = 'summarize/{each.versions('summarize')[0].version}'"
        seen[-1].append(len(each.traces(prompts)))
    assert seen[0] == seen[1]
    assert seen[0][-1] == 2


def shape(trace):
    """What is the same of two traces that say the same."""
    info = trace.info
    changing = ("mlflow.sourceRun", "otel_prompt.root", "mlflow.artifactLocation")
    return {
        "state": info.state,
        "duration": info.execution_duration,
        "previews": (info.request_preview, info.response_preview),
        "metadata": {k: v for k, v in info.trace_metadata.items() if k not in changing},
        "source run": "mlflow.sourceRun" in info.trace_metadata,
        "tags": {k: v for k, v in info.tags.items() if k not in changing},
        "assessments": [(a.name, a.feedback.value) for a in info.assessments],
        "spans": sorted((s.name, s.span_type, s.status.status_code) for s in trace.data.spans),
    }


@LOCAL
def test_tables_that_are_not_as_expected_are_left_alone(mlflow, monkeypatch):
    """An MLflow whose tables are others is written by its API: slower, and the same."""
    opened = mlflow.destination._open()
    monkeypatch.delattr(opened.traces._tables._models, "SqlTraceTag")
    record = call()
    mlflow.deliver([record])
    assert opened.traces._tables is None
    assert mlflow.trace(record).info.tags["prompt.name"] == "summarize"
    assert tables_of(object()) is None


def test_an_experiment_that_was_deleted_is_one_sentence(mlflow):
    """It says which, and what to do; the trace waits."""
    record = call(EXPERIMENT=f"{mlflow.experiment}-gone")
    made = mlflow.client.create_experiment(f"{mlflow.experiment}-gone")
    mlflow.client.delete_experiment(made)
    with pytest.raises(DeliveryError, match=r"was deleted: restore it, or give another in MLFLOW_EXPERIMENT_NAME"):
        mlflow.deliver([record])


def test_links_to_other_tools_are_tags(mlflow):
    """What a span or its resource says of where else it is seen stands on the trace, its ids filled in."""
    record = call()
    record.resource[f"{semconv.LINK_PREFIX}jaeger"] = "http://jaeger/trace/{trace_id}"
    mlflow.deliver([record])
    assert mlflow.trace(record).info.tags["otel_prompt.link.jaeger"] == f"http://jaeger/trace/{record.trace_id}"
