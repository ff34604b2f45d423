"""Filters of what is fed from the store: whole traces, the same ones everywhere, and one sentence for a wrong one."""

from __future__ import annotations

import logging

import pytest
from span_records import call, judge, step
from tracker import NAME, Tracker

from otel_prompt import attachment, semconv
from otel_prompt.config import Settings, load
from otel_prompt.exporters import DESTINATIONS, OTLP_TOOLS, destination, filters, sync
from otel_prompt.exporters.delivery import Delivered
from otel_prompt.exporters.selection import Filter, parse
from otel_prompt.exporters.store import Store


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    it = Store(tmp_path / "spans.db")
    yield it
    it.close()


@pytest.fixture
def tracker():
    """A destination; ``tracker.wanted`` is its filter."""
    return Tracker()


@pytest.mark.parametrize("name", sorted(DESTINATIONS))
def test_each_native_destination_has_a_filter(name, monkeypatch, tmp_path):
    """From the environment, by its name; without one it gets all that the store has."""
    settings = {"store": tmp_path / "spans.db"}
    assert destination(name, load(settings)).wanted == Filter()
    monkeypatch.setenv(f"OTEL_PROMPT_{name.upper()}_FILTER", "prompt=summ*,ratio=0.25")
    assert destination(name, load(settings)).wanted == parse("prompt=summ*,ratio=0.25", Filter())


def test_every_exporter_with_a_filter_is_known():
    """Those that are fed from the store, and the tools that take OTLP."""
    assert sorted(filters.FILTERED) == sorted([*DESTINATIONS, *OTLP_TOOLS])


def test_a_trace_goes_whole_or_not_at_all(store, tracker):
    """One span that fits takes its trace with it; of another trace nothing goes, and nothing waits."""
    tracker.wanted = parse("prompt=summ*,tag=canary", Filter())
    root = step(TAGS=["canary"])
    fits = [root, call(parent=root), call(parent=root, PROMPT_NAME="tone")]
    plain, other = step(), step(TAGS=["canary"])
    store.write([*fits, plain, call(parent=plain), other, call(parent=other, PROMPT_NAME="tone")], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]
    assert tracker.spans == {root.trace_id: {span.span_id for span in fits}}
    assert store.outbox.waiting() == {}
    assert store.outbox.taken(plain.trace_id) == {}


def test_a_late_span_makes_its_trace_fit(store, tracker):
    """Then it goes whole, with what was there before."""
    tracker.wanted = parse("prompt=summ*", Filter())
    root = step()
    store.write([root], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME)]
    late = call(parent=root)
    store.write([late], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]
    assert tracker.spans == {root.trace_id: {root.span_id, late.span_id}}


def test_what_comes_while_a_trace_is_looked_at_is_looked_at(store, tracker):
    """A span that comes between the look and the note of it is not forgotten."""
    root = step()
    store.write([root], [NAME])
    (looked_at,) = store.outbox.due(NAME, 0, 10)
    store.write([call(parent=root)], [NAME])
    store.outbox.leave_out(NAME, [looked_at])
    assert store.outbox.waiting() == {NAME: 1}


def test_a_share_is_the_same_traces_everywhere(store, tracker):
    """By the trace's id: what one destination gets, another with the same share gets too, also with ``--all``."""
    tracker.wanted = parse("ratio=0.5", Filter())
    another = Tracker("tracker http://elsewhere")
    another.wanted = parse("ratio=0.5", Filter())
    for n in range(40):
        record = call()
        record.trace_id = f"{n:016x}{n * (2**64 // 40 + 1):016x}"
        store.write([record], [NAME, another.name])
    sync(store, [tracker, another])
    assert len(tracker.spans) == 20
    assert tracker.spans == another.spans
    sync(store, [tracker], everything=True)
    assert len(tracker.spans) == 20


def test_judgements_of_what_is_left_out_stay_here(store, tracker):
    """They make no trace go out that does not fit."""
    tracker.wanted = parse("tag=canary", Filter())
    record = call()
    store.write([record], [NAME])
    sync(store, [tracker])
    store.write_scores([judge(record, "helpful", True)])
    assert sync(store, [tracker]) == [Delivered(NAME)]
    assert tracker.spans == {}
    assert semconv.EVALUATION_NAME in store.trace(record.trace_id)[0].events[0].attributes


def test_a_destination_that_is_down_is_not_asked_for_what_it_does_not_want(store, tracker):
    """Nothing is opened for nothing."""
    tracker.down, tracker.wanted = True, parse("tag=canary", Filter())
    store.write([call()], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME)]
    assert tracker.opened == 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("mlflow", "shape=round", "'shape=round' is no term; say prompt=, tag=, kind= or ratio="),
        ("wandb", "ratio=7", "ratio=7 is no share; say a number from 0 to 1"),
        ("otlp", "prompt=a", "has no effect: filters are for jaeger, langfuse"),
        ("mlfow", "prompt=a", "the filter of 'mlfow' has no effect"),
    ],
)
def test_a_wrong_filter_is_one_sentence(name, text, words, caplog, tmp_path):
    """Said once in a process, however many ask; the exporter gets what it would without."""
    settings = Settings(store=tmp_path / "spans.db", filters={name: text})
    attachment._check_filters(settings)
    if name in DESTINATIONS:
        assert destination(name, settings).wanted == destination(name, settings).wanted == Filter()
    (said,) = caplog.records
    assert said.levelno == logging.ERROR
    assert words in said.getMessage()
    assert "\n" not in said.getMessage()
