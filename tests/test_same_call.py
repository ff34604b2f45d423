"""A call that two instrumentations saw is counted once."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from span_records import call, new_trace

from otel_prompt import semconv
from otel_prompt.runs import is_call
from otel_prompt.same_call import Calls, begun_inside

_ids = itertools.count(1)
BARE = {"PROMPT_NAME": None, "PROMPT_VERSION": None, "PROMPT_TEMPLATE": None}


def ours(trace_id, start=100, end=200, **attributes):
    """A call as we saw it."""
    return _placed(call(trace_id, **attributes), start, end)


def theirs(trace_id, start=110, end=190, parent=None, scope="theirs", **attributes):
    """A call as another instrumentation saw it."""
    record = _placed(call(trace_id, **{**BARE, **attributes}), start, end)
    return msgspec.structs.replace(record, scope=scope, parent_id=parent.span_id if parent else None)


def _placed(record, start, end):
    return msgspec.structs.replace(record, span_id=f"{next(_ids):016x}", start=start, end=end)


def counted(*records):
    """The tokens that are counted of some spans."""
    return sum(r.attributes.get(semconv.INPUT_TOKENS, 0) for r in records)


@pytest.mark.parametrize("backwards", [True, False])
def test_a_span_inside_ours_counts_nothing(backwards):
    """Whichever comes first among those that come together; it says whose call it is."""
    trace_id = new_trace()
    outer = ours(trace_id)
    both = [outer, theirs(trace_id, parent=outer)]
    found = Calls().owned(both[::-1] if backwards else both)
    inner = next(r for r in found if r.scope == "theirs")
    assert counted(*found) == 21
    assert inner.attributes[semconv.SAME_CALL] == outer.span_id
    assert not is_call(inner)
    assert semconv.COST_TOTAL not in inner.attributes


def test_a_span_around_ours_counts_nothing():
    """Ours knows the prompt, so it owns the call."""
    trace_id = new_trace()
    outer = theirs(trace_id, 90, 210)
    inner = msgspec.structs.replace(ours(trace_id), parent_id=outer.span_id)
    found = Calls().owned([inner, outer])
    assert is_call(found[0])
    assert not is_call(found[1])


def test_another_name_for_what_is_done_is_no_other_call():
    """A chat to us, a completion of text to the other: both say the model."""
    trace_id = new_trace()
    outer = ours(trace_id)
    other = theirs(trace_id, parent=outer, OPERATION="text_completion")
    assert counted(*Calls().owned([outer, other])) == 21


@pytest.mark.parametrize("apart", [True, False])
def test_a_service_s_answer_has_one_owner(apart):
    """LiteLLM's span stands beside ours; its times are its own."""
    trace_id = new_trace()
    calls = Calls()
    pair = [ours(trace_id, RESPONSE_ID="r1"), theirs(trace_id, 95, 300, RESPONSE_ID="r1")]
    found = calls.owned(pair[:1]) + calls.owned(pair[1:]) if apart else calls.owned(pair)
    assert counted(*found) == 21


def test_two_calls_are_two():
    """Other answers; other models; other times; other traces; the same instrumentation twice."""
    trace_id = new_trace()
    first = ours(trace_id, RESPONSE_ID="r1")
    others = [
        theirs(trace_id, RESPONSE_ID="r2"),
        theirs(trace_id, REQUEST_MODEL="other", RESPONSE_MODEL="other"),
        theirs(trace_id, 150, 400),
        theirs(new_trace(), RESPONSE_ID="r1"),
        theirs(trace_id, OPERATION="embeddings"),
        ours(trace_id, 120, 130),
    ]
    for other in others:
        assert counted(*Calls().owned([first, other])) == 42


def test_calls_at_the_same_time_are_told_apart_one_to_one():
    """Two calls, each seen twice: two are counted, whichever is taken for which."""
    trace_id = new_trace()
    every = [ours(trace_id), ours(trace_id), theirs(trace_id), theirs(trace_id)]
    assert counted(*Calls().owned(every)) == 42


def test_the_owner_gets_what_only_the_other_one_says():
    """One record of one call."""
    trace_id = new_trace()
    outer = ours(trace_id, SYSTEM_INSTRUCTIONS=None)
    inner = theirs(trace_id, parent=outer, CACHE_READ_TOKENS=5, OUTPUT_TOKENS=99)
    (owner, _) = Calls().owned([outer, inner])
    assert owner.attributes[semconv.CACHE_READ_TOKENS] == 5
    assert semconv.SYSTEM_INSTRUCTIONS in owner.attributes
    assert owner.attributes[semconv.OUTPUT_TOKENS] == 12
    assert semconv.SAME_CALL not in owner.attributes


def test_a_span_begun_inside_a_call_of_ours_waits_for_nobody():
    """It ends, and may be handed on, before ours does."""
    trace_id = new_trace()
    outer = ours(trace_id)
    inner = theirs(trace_id, parent=outer)
    begun_inside(trace_id, inner.span_id, outer.span_id)
    calls = Calls()
    assert counted(*calls.owned([inner]), *calls.owned([outer])) == 21
    assert semconv.INPUT_TOKENS in outer.attributes


def test_a_span_that_comes_again_is_the_same_span():
    """Handed on twice, it owns its call twice."""
    record = ours(new_trace())
    calls = Calls()
    assert calls.owned([record]) == calls.owned([record]) == [record]


def test_tokens_that_the_owner_lost_are_counted_all_the_same():
    """A stream that another instrumentation has wrapped may be seen to its end by that one alone."""
    for together in (True, False):
        trace_id = new_trace()
        outer = ours(trace_id, INPUT_TOKENS=None, OUTPUT_TOKENS=None)
        inner = theirs(trace_id, parent=outer)
        begun_inside(trace_id, inner.span_id, outer.span_id)
        calls = Calls()
        found = calls.owned([outer, inner]) if together else calls.owned([outer]) + calls.owned([inner])
        assert counted(*found) == 21
