"""Content within its limit is still JSON, and the newest message is the last to go."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_prompt.encoding import encode
from otel_prompt.processors.truncate import shorten

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=300),
    lambda v: st.lists(v, max_size=5) | st.dictionaries(st.text(max_size=10), v, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(_json, st.integers(2, 3000))
def test_it_is_json_within_the_limit(value, limit):
    """Any value, any limit that holds an empty list."""
    text = shorten(value, limit)
    assert len(text) <= limit
    json.loads(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=2000), min_size=1, max_size=30), st.integers(400, 5000))
def test_messages_stay_messages(texts, limit):
    """What is left of a conversation has its shape, and its last message is among it."""
    messages = [{"role": "user", "parts": [{"type": "text", "content": t}]} for t in texts]
    found = json.loads(shorten(messages, limit))
    assert found
    assert all(m.keys() == {"role", "parts"} for m in found)
    assert texts[-1].startswith(found[-1]["parts"][0]["content"][:4])


def test_a_cut_says_how_much_is_missing():
    """The reader sees that, and how much, is not there."""
    [text] = json.loads(shorten(["x" * 1000], 200))
    kept, _, said = text.partition("…[")
    assert said == f"{1000 - len(kept)} more]"


def test_the_first_message_and_the_last_ones_are_kept():
    """The system's message sets the scene; the middle of a long history goes first."""
    found = json.loads(shorten([f"message {n:03}" for n in range(500)], 400))
    assert found[0].startswith("message 000")
    assert found[-1].startswith("message 499")
    assert len(encode(found)) <= 400


@pytest.mark.parametrize(("value", "empty"), [(["x" * 100], "[]"), ("x" * 100, '""'), ({"a": "x" * 100}, '""')])
def test_a_limit_that_holds_nothing(value, empty):
    """The smallest JSON there is."""
    assert shorten(value, 2) == empty


@settings(deadline=None)
@given(st.lists(st.integers(1000, 9999), min_size=3, max_size=60), st.integers(11, 300))
def test_as_much_as_there_is_room_for(items, limit):
    """The first, and of the others the newest that fit."""
    found = json.loads(shorten(items, limit))
    count = min(len(items), (limit - 1) // 5)
    assert found == [items[0], *items[len(items) - count + 1 :]]


def test_a_long_list_of_numbers_takes_no_time():
    """A vector is cut in one pass: twice as long takes twice the time, and not four times."""
    seconds = []
    for count in (20_000, 80_000):
        vector = [n / 7 for n in range(count)]
        began = time.process_time()
        found = json.loads(shorten(vector, 1000))
        seconds.append(time.process_time() - began)
        assert (found[0], found[-1]) == (vector[0], vector[-1])
    assert seconds[1] < 1
