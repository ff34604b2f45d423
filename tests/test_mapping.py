"""Attributes and invocations tell the same."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from otel_prompt.encoding import encode
from otel_prompt.invocation import Cost, Invocation, Message, PromptIdentity, Usage
from otel_prompt.mapping import from_attributes, text, to_attributes

_word = st.text("abcdefghijklmnopqrstuvwxyz_0123456789é", min_size=1, max_size=12)
_count = st.none() | st.integers(0, 2**40)
_part = st.builds(lambda t: {"type": "text", "content": t}, st.text(max_size=30))
_message = st.builds(Message, _word, st.lists(_part, max_size=3), st.none() | _word, st.none() | _word)
_price = st.floats(0, 100)
_prompt = st.builds(
    PromptIdentity,
    name=_word,
    version=st.none() | _word,
    template=st.none() | st.text(max_size=30),
    template_hash=st.none() | _word,
    variables=st.dictionaries(_word, st.text(max_size=20), max_size=3),
    label=st.none() | _word,
)
_parameters = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "max_tokens": st.integers(1, 99),
        "seed": st.integers(0, 9),
        "stop_sequences": st.lists(_word, min_size=1, max_size=3),
        "choice.count": st.integers(2, 5),
        "reasoning.level": _word,
        "verbosity": _word,
        "store": st.booleans(),
    },
)
_invocations = st.builds(
    Invocation,
    operation=_word,
    provider=_word,
    request_model=st.none() | _word,
    server_address=st.none() | _word,
    server_port=_count,
    stream=st.booleans(),
    parameters=_parameters,
    output_type=st.none() | _word,
    conversation_id=st.none() | _word,
    system_instructions=st.lists(_part, max_size=2),
    input_messages=st.lists(_message, max_size=3),
    tool_definitions=st.lists(st.builds(lambda n: {"type": "function", "name": n}, _word), max_size=2),
    response_id=st.none() | _word,
    response_model=st.none() | _word,
    response_status=st.none() | _word,
    finish_reasons=st.lists(_word, max_size=3),
    output_messages=st.lists(_message, max_size=2),
    usage=st.builds(Usage, *[_count] * 9),
    embedding_dimensions=_count,
    time_to_first_chunk=st.none() | st.floats(0, 10),
    attempts=st.integers(1, 5),
    http_status=st.none() | st.integers(400, 599),
    cost=st.none() | st.builds(Cost, _price, _price, _price),
    prompts=st.lists(_prompt, max_size=1),
    attributes=st.dictionaries(_word.map("openai.x.".__add__), _word, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(_invocations)
def test_attributes_and_back(inv):
    """The two functions are inverse to each other: nothing of a record is lost on a span."""
    assert msgspec.to_builtins(from_attributes(to_attributes(inv))) == msgspec.to_builtins(inv)


@settings(max_examples=100, deadline=None)
@given(_invocations)
def test_every_attribute_is_one_that_a_span_can_hold(inv):
    """Texts, numbers, truths, and lists of texts."""
    for name, value in to_attributes(inv).items():
        assert isinstance(name, str)
        assert isinstance(value, (str, bool, int, float)) or all(isinstance(v, str) for v in value)


def test_a_whole_span():
    """The names, as they are written."""
    inv = Invocation(
        "chat",
        provider="openai",
        request_model="gpt-4o",
        parameters={"temperature": 0.2, "tool_choice": {"type": "function"}, "stop_sequences": ["."]},
        input_messages=[Message("user", [{"type": "text", "content": "Hi"}])],
        output_messages=[Message("assistant", [{"type": "text", "content": "Ho"}], finish_reason="stop")],
        finish_reasons=["stop"],
        usage=Usage(11, 7, cache_write_input_tokens=3),
        attempts=2,
        cost=Cost(0.1, 0.2, 0.3),
        prompts=[PromptIdentity("p", "3", "T {{x}}", "abc", {"x": "1"})],
    )
    assert to_attributes(inv) == snapshot(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.request.temperature": 0.2,
            "otel_prompt.param.tool_choice": '{"type":"function"}',
            "gen_ai.request.stop_sequences": ["."],
            "gen_ai.response.finish_reasons": ["stop"],
            "otel_prompt.request.attempts": 2,
            "gen_ai.usage.input_tokens": 11,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cache_write.input_tokens": 3,
            "otel_prompt.cost.input_usd": 0.1,
            "otel_prompt.cost.output_usd": 0.2,
            "otel_prompt.cost.total_usd": 0.3,
            "gen_ai.prompt.name": "p",
            "gen_ai.prompt.version": "3",
            "otel_prompt.prompt.template_hash": "abc",
            "otel_prompt.prompt.template": "T {{x}}",
            "gen_ai.prompt.variable.x": "1",
            "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
            "gen_ai.output.messages": (
                '[{"role":"assistant","parts":[{"type":"text","content":"Ho"}],"finish_reason":"stop"}]'
            ),
        }
    )


def test_the_documents_of_a_search_are_json():
    """A list of objects, which no span can hold; read back and written again they are the same."""
    inv = Invocation("retrieval", attributes={"gen_ai.retrieval.documents": [{"id": "a", "score": 0.5}]})
    written = to_attributes(inv)
    assert written["gen_ai.retrieval.documents"] == '[{"id":"a","score":0.5}]'
    assert to_attributes(from_attributes(written)) == written


def test_a_variable_is_text_and_not_json():
    """A text attribute has no quotes around it, whatever the writer does."""
    assert text('say "hi"\n', encode) == 'say "hi"\n'


def test_other_instrumentations_content_is_read():
    """Messages cut in the middle, as plain texts, or in another shape are still messages."""
    found = from_attributes(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": '[{"role": "user", "par',
            "gen_ai.output.messages": json.dumps(["Hello", {"type": "text", "content": "x"}]),
            "gen_ai.usage.cache_creation.input_tokens": 5,
        }
    )
    assert found.input_messages[0].parts == [{"type": "text", "content": '[{"role": "user", "par'}]
    assert [m.parts[0]["content"] for m in found.output_messages] == ["Hello", "x"]
    assert found.usage.cache_write_input_tokens == 5
