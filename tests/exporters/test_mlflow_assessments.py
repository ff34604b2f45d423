"""Judgements in MLflow: assessments of the trace, figures of the run, columns of its table."""

from __future__ import annotations

import json

import pytest
from span_records import call, judge, step

from otel_prompt.score import ScoreSource

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def seen(mlflow, record):
    """The assessments of a trace by name, each with its value, its source and who judged."""
    found = mlflow.trace(record).info.assessments
    return sorted((a.name, a.value, str(a.source.source_type), a.source.source_id) for a in found)


def test_a_judgement_is_an_assessment(mlflow):
    """Of its span, with our own id, its judge, its reason, its time; a person's, a program's and a model's."""
    record = call(RUN_STEP=0)
    helpful = judge(record, "helpful", True, comment="short and right", metadata={"page": "2"})
    judge(record, "exact_match", 0.5, source=ScoreSource.CODE, judge="exact_match")
    judge(record, "tone", "friendly", source=ScoreSource.LLM_JUDGE, judge="gpt-5")
    mlflow.deliver([record])
    assert seen(mlflow, record) == [
        ("exact_match", 0.5, "CODE", "exact_match"),
        ("helpful", True, "HUMAN", "ada"),
        ("tone", "friendly", "LLM_JUDGE", "gpt-5"),
    ]
    (found,) = (a for a in mlflow.trace(record).info.assessments if a.name == "helpful")
    assert (found.assessment_id, found.span_id) == (f"a-{helpful.id}", record.span_id)
    assert (found.rationale, found.create_time_ms) == ("short and right", helpful.time // 10**6)
    (run,) = mlflow.runs()
    assert found.metadata == {"page": "2", "mlflow.assessment.sourceRunId": run.info.run_id}
    assert run.data.metrics["feedback.helpful"] == run.data.metrics["feedback.helpful.mean"] == 1
    assert run.data.metrics["eval.exact_match"] == 0.5
    assert not [name for name in run.data.metrics if "tone" in name]
    (row,) = mlflow.table(run)
    assert (row["feedback.helpful"], row["eval.exact_match"], row["eval.tone"]) == (1, 0.5, "friendly")
    assert len(mlflow.traces("feedback.helpful = 'true'")) == 1


def test_a_late_judgement_is_added_and_a_changed_mind_replaces(mlflow):
    """The trace comes again: nothing is there twice, and the newest counts, in the run and its mean too."""
    first, second = call(RUN_STEP=0), call(RUN_STEP=1)
    judge(first, "helpful", False)
    mlflow.deliver([first], [second])
    (run,) = mlflow.runs()
    assert run.data.metrics["feedback.helpful.mean"] == 0
    judge(second, "helpful", True)
    mlflow.deliver([second])
    assert seen(mlflow, second) == [("helpful", True, "HUMAN", "ada")]
    assert mlflow.runs()[0].data.metrics["feedback.helpful.mean"] == 0.5
    judge(first, "helpful", True, later=60)
    again = type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment)
    again.deliver([first])
    again.deliver([first], [second])
    assert seen(mlflow, first) == [("helpful", True, "HUMAN", "ada")]
    (run,) = mlflow.runs()
    assert run.data.metrics["feedback.helpful.mean"] == 1
    assert [row["feedback.helpful"] for row in mlflow.table(run)] == [1, 1]


def test_two_judges_are_two_assessments_and_one_figure(mlflow):
    """Nobody's word is lost; the run has their mean."""
    record = call(RUN_STEP=0)
    judge(record, "helpful", True)
    judge(record, "helpful", False, later=1, judge="grace")
    mlflow.deliver([record])
    assert len(seen(mlflow, record)) == 2
    assert mlflow.runs()[0].data.metrics["feedback.helpful"] == 0.5


def test_what_is_said_of_a_workflow_counts_for_its_one_call(mlflow):
    """Evaluators judge what a task returns; with two calls nobody knows whose merit that is."""
    one, two = step(), step()
    for root in (one, two):
        judge(root, "right", 1.0, source=ScoreSource.CODE, judge="right")
    mlflow.deliver([one, call(parent=one, RUN_STEP=0)], [two, call(parent=two), call(parent=two, RUN_STEP=1)])
    assert [a.span_id for a in mlflow.trace(one).info.assessments] == [one.span_id]
    (run,) = mlflow.runs()
    (point,) = mlflow.client.get_metric_history(run.info.run_id, "eval.right")
    assert (point.step, point.value) == (0, 1)


def test_the_expected_answer_is_an_expectation(mlflow):
    """A dataset item's own answer stands beside what the model said."""
    record = call(DATASET_ITEM_EXPECTED=json.dumps({"capital": "Rome"}))
    mlflow.deliver([record])
    mlflow.deliver([record])
    (found,) = mlflow.trace(record).info.assessments
    assert (found.name, found.value) == ("expected", {"capital": "Rome"})


def test_a_part_of_a_trace_that_is_described_elsewhere_is_judged_all_the_same(mlflow):
    """The judgement arrives, and the description stays that of the root."""
    root = step()
    inner = call(parent=root)
    mlflow.deliver([root])
    inner.remote_parent = True
    judge(inner, "helpful", True)
    mlflow.deliver([inner])
    assert seen(mlflow, root) == [("helpful", True, "HUMAN", "ada")]
    info = mlflow.trace(root).info
    assert (info.request_preview, info.tags["mlflow.traceName"]) == ("Rome", root.name)
