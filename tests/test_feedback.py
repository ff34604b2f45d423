"""Judgements: of what, by whom, where they are kept, and what becomes of them."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from span_records import call, step

import otel_prompt
from otel_prompt import FeedbackError, Score, ScoreSource, semconv
from otel_prompt.exporters import recording
from otel_prompt.exporters.store import Store
from otel_prompt.score import scores, to_event


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of this process."""
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(tmp_path / "spans.db"))
    it = Store(tmp_path / "spans.db")
    yield it
    it.close()
    for kept in list(recording._recordings.values()):
        kept.store.close()
    recording._recordings.clear()


def judged(store, record):
    """The judgements of a span, as whoever reads the store sees them."""
    return [s for found in store.trace(record.trace_id) if found.span_id == record.span_id for s in scores(found)]


def test_a_judgement_is_kept_with_the_call(store):
    """By a span's ids, a trace's, a response's, or what has one; each leads to the call."""
    root = step()
    record = call(parent=root, RESPONSE_ID="chatcmpl-7")
    store.write([record, root])
    ids = trace.SpanContext(int(record.trace_id, 16), int(record.span_id, 16), is_remote=False)

    class Answer:
        id = "chatcmpl-7"

    targets = [
        "chatcmpl-7", Answer(), ids, trace.NonRecordingSpan(ids), f"{record.trace_id}:{record.span_id}",
        otel_prompt.Current(record.trace_id, record.span_id, None),
    ]  # fmt: skip
    for n, target in enumerate(targets):
        otel_prompt.feedback(target, f"helpful-{n}", True)
    assert [s.name for s in judged(store, record)] == [f"helpful-{n}" for n in range(len(targets))]
    for target in (root.trace_id, f"tr-{root.trace_id}"):
        otel_prompt.feedback(target, "whole", 0.5)
    assert [(s.name, s.value) for s in judged(store, root)] == [("whole", 0.5)]


def test_a_judgement_comes_back_as_it_was(store):
    """Number, truth and word; who, why and what else is known."""
    record = call()
    store.write([record])
    target = f"{record.trace_id}:{record.span_id}"
    for name, value in {"stars": 4, "helpful": False, "tone": "rude", "share": 0.25, "one": 1}.items():
        otel_prompt.feedback(target, name, value, comment="why", user="ada", metadata={"page": "3"})
    found = {s.name: s for s in judged(store, record)}
    assert {name: s.value for name, s in found.items()} == {
        "stars": 4.0, "helpful": False, "tone": "rude", "share": 0.25, "one": 1.0,
    }  # fmt: skip
    assert found["helpful"].value is False
    assert found["one"].value is not True
    one = found["tone"]
    assert (one.source, one.judge, one.comment, one.metadata) == (ScoreSource.HUMAN, "ada", "why", {"page": "3"})


def test_who_judges_again_changes_their_mind(store):
    """The same judge and name is one judgement; another judge's is another."""
    record = call()
    store.write([record])
    target = f"{record.trace_id}:{record.span_id}"
    first = otel_prompt.feedback(target, "helpful", True, user="ada")
    again = otel_prompt.feedback(target, "helpful", False, user="ada")
    otel_prompt.feedback(target, "helpful", 1, user="gpt-5", source="llm_judge")
    assert first.id == again.id
    assert [(s.judge, s.value) for s in judged(store, record)] == [("ada", False), ("gpt-5", 1.0)]


def test_a_judgement_goes_where_its_call_goes(store):
    """A call that was delivered is delivered again, with what was said of it."""
    record = call()
    store.write([record], ["tracker http://here"])
    store.outbox.settle("tracker http://here", store.outbox.due("tracker http://here", 0, 9), {})
    assert store.outbox.waiting() == {}
    otel_prompt.feedback(f"{record.trace_id}:{record.span_id}", "helpful", True)
    assert store.outbox.waiting() == {"tracker http://here": 1}


def test_a_judgement_may_come_before_its_call(store):
    """Ids are enough; the call is judged when it comes."""
    record = call()
    otel_prompt.feedback(f"{record.trace_id}:{record.span_id}", "helpful", True)
    store.write([record])
    assert [s.name for s in judged(store, record)] == ["helpful"]


def test_what_another_instrumentation_says_is_a_judgement_too():
    """The conventions' event on a span is read, ours or not; what is none is passed over."""
    record = call()
    given = Score(record.trace_id, record.span_id, "tone", "rude", ScoreSource.CODE, 7)
    record.events = [
        to_event(given),
        otel_event(7, name="x"),
        otel_event(7, value=1.0),
        otel_event(8, name="grounded", value=0.9, label="pass"),
    ]
    assert scores(record) == [given, Score(record.trace_id, record.span_id, "grounded", 0.9, ScoreSource.CODE, 8)]


def otel_event(time, **facts):
    """An event as another instrumentation writes it."""
    from otel_prompt.span_record import SpanEvent

    keys = {"name": semconv.EVALUATION_NAME, "value": semconv.EVALUATION_VALUE, "label": semconv.EVALUATION_LABEL}
    return SpanEvent(semconv.EVALUATION_EVENT, time, {keys[name]: value for name, value in facts.items()})


@pytest.mark.parametrize(
    ("target", "name", "value", "more", "says"),
    [
        (3, "helpful", True, {}, "a int cannot be judged"),
        ("chatcmpl-0", "helpful", True, {}, "has no call 'chatcmpl-0'"),
        ("0" * 31 + "1", "helpful", True, {}, "has no call"),
        (trace.INVALID_SPAN, "helpful", True, {}, "is anything instrumented"),
        ("0" * 31 + "1:" + "1" * 16, " ", True, {}, "says what is judged"),
        ("0" * 31 + "1:" + "1" * 16, "helpful", None, {}, "not a NoneType"),
        ("0" * 31 + "1:" + "1" * 16, "helpful", 1, {"source": "cat"}, "there are: human, llm_judge, code"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(store, target, name, value, more, says):
    """It says what is wrong, and what to give."""
    with pytest.raises(FeedbackError, match=says):
        otel_prompt.feedback(target, name, value, **more)
