"""A store that is too big or too old: what goes, in which order, and what stays."""

from __future__ import annotations

import itertools
import sqlite3
import threading

import pytest
from span_records import call, step

from otel_prompt import semconv
from otel_prompt.exporters import _retention
from otel_prompt.exporters._outbox import Waiting
from otel_prompt.exporters.store import Store

TO = "tracker http://here"
TEXT = "word " * 400
_numbers = itertools.count()
DAY = 86_400 * 1_000_000_000


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    it = Store(tmp_path / "spans.db")
    yield it
    it.close()


def calls(number, **more):
    """Calls, each with a text of its own."""
    return [call(INPUT_MESSAGES=f"{next(_numbers)} {TEXT}", **more) for _ in range(number)]


def taken(store, spans):
    """Note that the destination has got these."""
    store.outbox.settle(TO, [Waiting(s.trace_id, 1) for s in spans], {})


def texts(store):
    """How many long texts are kept."""
    with sqlite3.connect(store.path) as db:
        count = db.execute("SELECT count(*) FROM content").fetchone()[0]
    db.close()
    return count


def test_what_is_delivered_goes_first(store):
    """The oldest traces that every destination has go whole, with their texts and tags; what waits stays whole."""
    old, waiting, new = calls(150, TAGS=["a"]), calls(100), calls(150)
    store.write([*old, *waiting, *new], [TO])
    taken(store, [*old, *new])
    before = store.used_bytes()
    assert store.trim(int(before * 0.8))
    assert store.used_bytes() <= before * 0.8
    left = {s.span_id: s for s in store.spans(limit=None)}
    assert all(left[s.span_id] == s for s in waiting)
    gone = [s for s in [*old, *new] if s.span_id not in left]
    assert 50 < len(gone) < 200
    assert gone == [*old, *new][: len(gone)]
    assert len(store.spans(tag="a", limit=None)) == len([s for s in old if s.span_id in left])
    assert texts(store) == len(left) + 1  # and what the process says of itself


def test_texts_go_before_figures(store):
    """Where nothing is delivered, the oldest calls keep their figures and lose their texts."""
    spans = calls(400)
    store.write(spans)
    before = store.used_bytes()
    store.trim(int(before * 0.7))
    assert store.used_bytes() <= before * 0.7
    left = list(reversed(store.spans(limit=None)))
    assert [s.span_id for s in left] == [s.span_id for s in spans]
    shed = [s for s in left if semconv.INPUT_MESSAGES not in s.attributes]
    assert 100 < len(shed) < 400
    assert shed == left[: len(shed)]
    for s in shed:
        assert s.attributes[semconv.INPUT_TOKENS] == 21
        assert s.attributes[semconv.PROMPT_VERSION] == "1"
        assert not [v for v in s.attributes.values() if "Rome" in str(v) or "city" in str(v)]


def test_what_waits_goes_last(store):
    """When there is nothing else to take, the oldest of what waits is taken, and no longer waits."""
    spans = calls(400)
    store.write(spans, [TO])
    store.trim(200_000)
    left = list(reversed(store.spans(limit=None)))
    assert 0 < len(left) < 400
    assert [s.span_id for s in left] == [s.span_id for s in spans[-len(left) :]]
    assert store.backlog(TO) == len(left)


def test_a_store_within_its_size_is_left_alone(store):
    """Nothing is taken."""
    spans = calls(20)
    store.write(spans)
    assert not store.trim(store.used_bytes())
    assert not store.trim(None)
    assert store.count() == 20


def test_what_is_old_goes_unless_it_waits(store):
    """With an age, whole traces go by it; a trace is as old as its newest span."""
    old, waiting, root = call(), call(), step()
    late = call(parent=root)
    for each in (old, waiting, root):
        each.start -= 9 * DAY
        each.end -= 9 * DAY
    store.write([old, root, late])
    store.write([waiting], [TO])
    assert store.trim(None, days=7)
    assert {s.span_id for s in store.spans()} == {waiting.span_id, root.span_id, late.span_id}
    assert not store.trim(None, days=7)


def test_a_text_that_is_written_meanwhile_is_kept(store, monkeypatch):
    """A span that comes while texts are looked through keeps its own, also one that an older span had."""
    spans = calls(50)
    store.write(spans)
    look, more = _retention._references, call(INPUT_MESSAGES=spans[0].attributes[semconv.INPUT_MESSAGES])

    def meanwhile(db, last, seen):
        if last == 0:
            writer = threading.Thread(target=Store(store.path).write, args=([more],))
            writer.start()
            writer.join()
        return look(db, last, seen)

    monkeypatch.setattr(_retention, "_references", meanwhile)
    store.trim(int(store.used_bytes() * 0.5))
    (found,) = store.trace(more.trace_id)
    assert found == more


def test_a_file_does_not_grow_beyond_its_size(tmp_path):
    """Written without end, the file stays about as big as it may be."""
    store, most = Store(tmp_path / "spans.db"), 600_000
    for _ in range(30):
        store.write(calls(100))
        store.trim(most)
    assert store.path.stat().st_size < 2 * most
    assert store.count() > 100
    store.close()
