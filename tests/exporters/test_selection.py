"""Which traces a destination gets."""

from __future__ import annotations

import pytest
from span_records import call, new_trace, step

from otel_prompt import semconv
from otel_prompt.errors import ConfigurationError
from otel_prompt.exporters.selection import ALL, MODEL, Filter, Selection, parse
from otel_prompt.span_record import SpanRecord

MODELS = Filter(kind=(MODEL,))


def http(parent=None, trace_id=None):
    """A span that has nothing to do with models."""
    trace_id = parent.trace_id if parent else trace_id or new_trace()
    return SpanRecord(trace_id, f"{id(object()):016x}"[-16:], "GET", 0, 1, parent.span_id if parent else None)


def selected(wanted, *batches):
    """What goes out, batch by batch."""
    selection = Selection(wanted)
    return [selection.select([(record, record) for record in batch]) for batch in batches]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", MODELS),
        ("prompt=a*|b", Filter(("a*", "b"), kind=(MODEL,))),
        ("tag=x, kind=all", Filter(tag=("x",), kind=(ALL,))),
        (" ratio = 0.25 ,kind=chat|embeddings", Filter(kind=("chat", "embeddings"), ratio=0.25)),
    ],
)
def test_how_a_filter_is_written(text, expected):
    """Terms with commas between them, words with strokes."""
    assert parse(text, MODELS) == expected


@pytest.mark.parametrize("text", ["colour=red", "prompt", "prompt=", "ratio=2", "ratio=many", "ratio=nan"])
def test_a_filter_that_cannot_be(text):
    """A sentence that says what to write."""
    with pytest.raises(ConfigurationError, match="say"):
        parse(text, MODELS)


def test_all_terms_must_be_satisfied_by_any_spans():
    """The prompt's name is on the call, the tag on the root."""
    root = step(TAGS=["canary"])
    inner = call(parent=root)
    assert selected(Filter(("summarize",), ("canary",)), [inner, root]) == [[inner, root]]
    assert selected(Filter(("summarize",), ("other",)), [inner, root]) == [[]]


def test_a_trace_that_fits_late_goes_out_whole():
    """What ended before is held; what ends after follows."""
    root, tail = step(), step()
    early, late = http(root), http(root)
    fits = call(parent=root)
    found = selected(Filter(("summarize",)), [early], [fits], [late, root], [tail])
    assert found == [[], [early, fits], [late, root], []]


def test_a_trace_that_never_fits_is_forgotten():
    """When its root ends, nothing of it is kept."""
    selection = Selection(MODELS)
    root = http()
    assert selection.select([(http(root), 1), (root, 2)]) == []
    assert selection._held == 0
    assert not selection._waiting


def test_what_waits_is_bounded():
    """Of a process whose roots never end the oldest traces are given up."""
    selection = Selection(MODELS)
    parent = step()
    for _ in range(6_000):
        selection.select([(http(SpanRecord(new_trace(), parent.span_id, "x", 0, 1)), 1)])
    assert selection._held <= 5_000


def test_operations_are_kinds():
    """Only traces with embeddings in them."""
    embedding = call(OPERATION="embeddings")
    assert selected(Filter(kind=("embeddings",)), [call(), embedding]) == [[embedding]]


def test_a_share_of_traces_is_whole_traces():
    """The same ones everywhere, in about that number."""
    low, high = call("0" * 32), call("0" * 16 + "f" * 16)
    assert selected(Filter(ratio=0.5), [low, high]) == [[low]]
    assert selected(Filter(ratio=0), [low, high]) == [[]]
    assert selected(Filter(ratio=1), [low, high]) == [[low, high]]
    assert selected(Filter(("summarize",), ratio=0.5), [low, high]) == [[low]]


def test_an_operation_that_is_no_models_word():
    """The word model stands for every span that has to do with models."""
    root = step()
    assert selected(MODELS, [root]) == [[root]]
    assert semconv.OPERATION in root.attributes
