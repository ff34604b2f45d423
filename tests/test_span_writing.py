"""Attributes that are written at once are those that the SDK would have written."""

from __future__ import annotations

import logging

import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan

from otel_prompt.span_writing import write_on

EACH = pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"text": "a", "count": 1, "share": 0.5, "flag": True},
        {"texts": ["a", "b"], "none": [], "tuple": ("c",)},
        {"there": "anew"},
        {"numbers": [1, 2]},
        {"mixed": ["a", 1], "text": "b"},
        {"object": object, "text": "b"},
        {"bytes": b"b", "text": "b"},
        {"nothing": None, "text": "b"},
        {"long": "x" * 100},
        {f"n{n}": n for n in range(200)},
    ],
    ids=lambda attributes: "+".join(list(attributes)[:3]) or "nothing",
)
LIMITS = pytest.mark.parametrize(
    "limits",
    [
        {},
        {"max_span_attributes": 3},
        {"max_span_attributes": 0},
        {"max_span_attribute_length": 10},
    ],
    ids=str,
)


def begun(**limits):
    """A span of the SDK with an attribute."""
    return TracerProvider(span_limits=SpanLimits(**limits)).get_tracer("here").start_span("s", attributes={"there": 1})


@EACH
@LIMITS
@pytest.mark.filterwarnings("ignore:Invalid type")
def test_as_the_sdk_writes_them(attributes, limits):
    """Each kind of value, with and without limits; what is dropped is counted."""
    by_hand, at_once = begun(**limits), begun(**limits)
    by_hand.set_attributes(dict(attributes))
    write_on(at_once, dict(attributes))
    assert dict(at_once.attributes) == dict(by_hand.attributes)
    assert [type(v) for v in at_once.attributes.values()] == [type(v) for v in by_hand.attributes.values()]
    assert at_once.dropped_attributes == by_hand.dropped_attributes


def test_it_is_done_at_once(monkeypatch):
    """With this version of the SDK the quick way is the one that is taken."""
    span = begun()
    monkeypatch.setattr(type(span), "set_attributes", None)
    write_on(span, {"text": "a", "texts": ["b"]})
    assert dict(span.attributes) == {"there": 1, "text": "a", "texts": ("b",)}


def test_a_span_that_has_ended(caplog):
    """Nothing is written, and the SDK says so."""
    span = begun()
    span.end()
    with caplog.at_level(logging.WARNING):
        write_on(span, {"text": "a"})
    assert dict(span.attributes) == {"there": 1}
    assert "Setting attribute on ended span" in caplog.text


@pytest.mark.parametrize("span", [INVALID_SPAN, NonRecordingSpan(INVALID_SPAN.get_span_context())])
def test_a_span_that_holds_nothing(span):
    """It is as it was."""
    write_on(span, {"text": "a"})
    assert not span.is_recording()


def test_an_sdk_that_keeps_them_elsewhere(monkeypatch):
    """They are written the SDK's way."""
    span = begun()
    monkeypatch.delattr(span, "_lock")
    written = {}
    monkeypatch.setattr(span, "set_attributes", written.update)
    write_on(span, {"text": "a"})
    assert written == {"text": "a"}
