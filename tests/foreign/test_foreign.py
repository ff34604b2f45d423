"""Spans as other instrumentations wrote them (``tests/recordings/foreign``) say what ours would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from otel_prompt import semconv
from otel_prompt.foreign import canonical, canonical_record
from otel_prompt.mapping import from_attributes
from otel_prompt.span_record import SpanEvent, SpanRecord

RECORDINGS = Path(__file__).parents[1] / "recordings" / "foreign"
BRIEF = {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}


def recorded(file, name):
    """The invocation of a recorded span."""
    found = next(s for s in json.loads((RECORDINGS / f"{file}.json").read_text()) if s["name"] == name)
    return from_attributes(canonical_record(record(**found["attributes"])).attributes)


def record(name="step", events=(), **attributes):
    """A span of another instrumentation's."""
    return SpanRecord("1" * 32, "2" * 16, name, 0, 1, attributes=attributes, events=list(events))


CHATS = [
    ("openinference_openai", "ChatCompletion"),
    ("openllmetry_openai", "openai.chat"),
    ("official", "chat gpt-4o"),
    ("logfire", "Chat Completion with {request_data[model]!r}"),
    ("litellm", "litellm_request"),
    ("pydantic_ai", "chat gpt-4o"),
]


@pytest.mark.parametrize(("file", "name"), CHATS)
def test_a_call_says_who_was_asked_what(file, name):
    """Operation, provider, models, response id, parameters, usage."""
    inv = recorded(file, name)
    assert (inv.operation, inv.provider) == ("chat", "openai")
    assert (inv.request_model, inv.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert inv.response_id in ("chatcmpl-0", "chatcmpl-1")
    assert inv.parameters["temperature"] == 0.2
    assert (inv.usage.input_tokens, inv.usage.output_tokens) == (11, 7)


@pytest.mark.parametrize(("file", "name"), CHATS)
def test_a_call_says_what_was_said(file, name):
    """Messages are the conventions', whatever they were flattened into."""
    inv = recorded(file, name)
    assert {"role": inv.input_messages[0].role, "parts": inv.input_messages[0].parts} == BRIEF
    assert inv.input_messages[1].parts[0] == {"type": "text", "content": "Weather?"}
    assert inv.output_messages[0].role == "assistant"
    assert inv.finish_reasons[0] in ("stop", "tool_calls", "tool_call")
    assert inv.output_messages[0].finish_reason == inv.finish_reasons[0]


@pytest.mark.parametrize(("file", "name"), [c for c in CHATS if c[0] != "litellm"])
def test_the_parts_of_the_totals_are_kept(file, name):
    """Tokens from the cache, and of reasoning; LiteLLM has them in a text of Python's only."""
    usage = recorded(file, name).usage
    assert (usage.cache_read_input_tokens, usage.reasoning_output_tokens) == (5, 3)


@pytest.mark.parametrize("file", ["openinference_openai", "openllmetry_openai"])
def test_tools_and_pictures(file):
    """Tool calls with their arguments, tools' answers, definitions, pictures by address."""
    inv = recorded(file, {"openinference_openai": "ChatCompletion"}.get(file, "openai.chat"))
    assert inv.input_messages[1].parts[1] == {"type": "uri", "modality": "image", "uri": "https://x.test/a.png"}
    assert inv.input_messages[2].parts == [{"type": "tool_call", "id": "c0", "name": "weather", "arguments": {}}]
    assert inv.input_messages[3].parts == [{"type": "tool_call_response", "id": "c0", "response": "sunny"}]
    assert inv.output_messages[0].parts[1]["arguments"] == {"city": "Rome"}
    (tool,) = inv.tool_definitions
    assert (tool["type"], tool["name"], tool["parameters"]["type"]) == ("function", "weather", "object")


@pytest.mark.parametrize("file", ["logfire", "litellm", "pydantic_ai"])
def test_a_cost_that_others_have_computed_is_kept(file):
    """Under three names."""
    cost = recorded(file, dict(CHATS)[file]).cost
    assert cost is not None
    assert cost.total_usd == pytest.approx(9.125e-05)


@pytest.mark.parametrize("file", ["openinference_openai", "openllmetry_openai"])
def test_embeddings(file):
    """Texts and tokens; no vector."""
    inv = recorded(file, {"openinference_openai": "CreateEmbeddings"}.get(file, "openai.embeddings"))
    assert (inv.operation, inv.response_model, inv.usage.input_tokens) == ("embeddings", "text-embedding-3-small", 11)
    assert inv.input_messages[0].parts == [{"type": "text", "content": "one"}]
    assert not any("vector" in key for key in inv.attributes)


def test_an_agent_of_pydantic_ai():
    """Its question and answer; the sums of its calls' tokens are no usage of its own."""
    inv = recorded("pydantic_ai", "invoke_agent bot")
    assert (inv.operation, inv.attributes[semconv.AGENT_NAME]) == ("invoke_agent", "bot")
    assert [m.role for m in inv.input_messages] == ["system", "user"]
    assert inv.output_messages[0].parts[0]["content"] == "Let me look."
    assert inv.usage.input_tokens is None


def test_the_rest_of_a_span_stays():
    """What no reader knows is not lost, and nothing is said twice."""
    held = canonical({"openinference.span.kind": "LLM", "llm.model_name": "m", "region": "eu", "input.value": "Hi"})
    assert held["region"] == "eu"
    assert not [key for key in held if key.startswith(("llm.", "openinference.", "input."))]


def test_our_own_attributes_are_not_copied():
    """A span of ours, or of no model, is the same object: most spans have nothing to read."""
    ours = {semconv.OPERATION: "chat", semconv.PROMPT_NAME: "p", semconv.PROMPT_VARIABLE_PREFIX + "n": "1"}
    assert canonical(ours) is ours
    span = record(**ours)
    assert canonical_record(span) is span


def test_what_stands_in_the_conventions_own_names_wins():
    """A span that another instrumentation began and ours completed."""
    held = canonical({"openinference.span.kind": "LLM", "llm.token_count.prompt": 3, semconv.INPUT_TOKENS: 11})
    assert held[semconv.INPUT_TOKENS] == 11


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CHAIN", {semconv.STEP_KIND: "chain", semconv.STEP_NAME: "step", semconv.STEP_INPUT: "a"}),
        ("GUARDRAIL", {semconv.STEP_KIND: "guardrail", semconv.STEP_OUTPUT: "b"}),
        ("AGENT", {semconv.OPERATION: "invoke_agent", semconv.STEP_INPUT: "a"}),
        ("TOOL", {semconv.OPERATION: "execute_tool", semconv.TOOL_ARGUMENTS: "a", semconv.TOOL_RESULT: "b"}),
        ("RETRIEVER", {semconv.OPERATION: "retrieval", semconv.RETRIEVAL_QUERY: "a"}),
    ],
)
def test_steps_of_openinference(kind, expected):
    """Each kind, with what went in and came out."""
    span = record(**{"openinference.span.kind": kind, "input.value": "a", "output.value": "b"})
    assert expected.items() <= canonical_record(span).attributes.items()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("workflow", {semconv.OPERATION: "invoke_workflow", semconv.WORKFLOW_NAME: "joke", semconv.STEP_INPUT: "a"}),
        ("task", {semconv.STEP_KIND: "task", semconv.STEP_NAME: "joke"}),
        ("agent", {semconv.OPERATION: "invoke_agent", semconv.AGENT_NAME: "joke"}),
        ("tool", {semconv.OPERATION: "execute_tool", semconv.TOOL_NAME: "joke", semconv.TOOL_ARGUMENTS: "a"}),
    ],
)
def test_steps_of_openllmetry(kind, expected):
    """Each decorator."""
    names = {"traceloop.span.kind": kind, "traceloop.entity.name": "joke", "traceloop.entity.input": "a"}
    assert expected.items() <= canonical_record(record(**names)).attributes.items()


def test_prompts_of_others():
    """A managed prompt of Traceloop's, a template of OpenInference's."""
    managed = {"traceloop.prompt.key": "joke", "traceloop.prompt.version": 3}
    (prompt,) = from_attributes({**managed, "traceloop.prompt.template_variables": '{"n": 2}'}).prompts
    assert (prompt.name, prompt.version, prompt.variables) == ("joke", "3", {"n": "2"})
    held = canonical(
        {
            "openinference.span.kind": "LLM",
            "llm.prompt_template.template": "Say {n}",
            "llm.prompt_template.version": "v1",
            "llm.prompt_template.variables": '{"n": "2"}',
            "metadata": '{"region": "eu"}',
            "tag.tags": ["a"],
        }
    )
    assert (held[semconv.PROMPT_TEMPLATE], held[semconv.PROMPT_VERSION]) == ("Say {n}", "v1")
    assert held[semconv.METADATA_PREFIX + "region"] == "eu"
    assert held[semconv.TAGS] == ["a"]


def test_openllmetry_before_2026():
    """Messages in numbered attributes, the former names of usage, the kind of request."""
    inv = from_attributes(
        {
            "llm.request.type": "chat",
            "gen_ai.system": "openai",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Weather?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c1",
            "gen_ai.completion.0.tool_calls.0.name": "weather",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"city": "Rome"}',
            "llm.request.functions.0.name": "weather",
            "llm.request.functions.0.parameters": '{"type": "object"}',
            "gen_ai.usage.prompt_tokens": 11,
            "gen_ai.usage.completion_tokens": 7,
            "llm.usage.total_tokens": 18,
            "gen_ai.usage.cache_read_input_tokens": 5,
        }
    )
    assert (inv.operation, inv.provider) == ("chat", "openai")
    assert inv.input_messages[0].parts == [{"type": "text", "content": "Weather?"}]
    call = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Rome"}}
    assert inv.output_messages[0].parts == [call]
    assert inv.tool_definitions == [{"type": "function", "name": "weather", "parameters": {"type": "object"}}]
    assert (inv.usage.input_tokens, inv.usage.output_tokens, inv.usage.cache_read_input_tokens) == (11, 7, 5)
    assert not inv.attributes


@pytest.mark.parametrize("prompt", ['{"messages": [{"role": "user", "content": "Hi"}]}', "Hi"])
def test_a_whole_conversation_in_one_text(prompt):
    """``gen_ai.prompt`` and ``gen_ai.completion`` as LangSmith and others write them."""
    inv = from_attributes({"gen_ai.operation.name": "chat", "gen_ai.prompt": prompt, "gen_ai.completion": "Hello"})
    assert inv.input_messages[0].parts == [{"type": "text", "content": "Hi"}]
    assert (inv.output_messages[0].role, inv.output_messages[0].parts[0]["content"]) == ("assistant", "Hello")


def test_messages_in_span_events():
    """The conventions of 2024; the events then stand among the attributes and not in the events again."""
    events = [
        SpanEvent("gen_ai.user.message", 1, {"content": "Hi"}),
        SpanEvent("gen_ai.choice", 2, {"finish_reason": "stop", "message": '{"content": "Hello"}'}),
        SpanEvent("exception", 3, {}),
    ]
    found = canonical_record(record(events=events, **{semconv.OPERATION: "chat"}))
    inv = from_attributes(found.attributes)
    assert inv.input_messages[0].parts[0]["content"] == "Hi"
    assert (inv.output_messages[0].parts[0]["content"], inv.output_messages[0].finish_reason) == ("Hello", "stop")
    assert [event.name for event in found.events] == ["exception"]


def test_logfire_and_pydantic_ai_of_former_times():
    """Bodies as the service's JSON; messages as a list of events."""
    inv = from_attributes(
        {
            "logfire.msg": "Chat",
            "request_data": '{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true, "n": 2}',
            "response_data": '{"message": {"role": "assistant", "content": "Hello"}}',
        }
    )
    assert (inv.request_model, inv.stream, inv.parameters) == ("m", True, {"choice.count": 2})
    assert (inv.input_messages[0].parts[0]["content"], inv.output_messages[0].parts[0]["content"]) == ("Hi", "Hello")
    choice = {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Hello"}}
    events = json.dumps([{"event.name": "gen_ai.user.message", "role": "user", "content": "Hi"}, choice])
    inv = from_attributes({"logfire.json_schema": "{}", "events": events})
    assert (inv.input_messages[0].parts[0]["content"], inv.output_messages[0].parts[0]["content"]) == ("Hi", "Hello")


@pytest.mark.parametrize("value", ["", "{", "[1]", '{"a": [}', 7, ["x"], None])
def test_nonsense_is_read_without_an_error(value):
    """Whatever stands where a message, a number or JSON is expected."""
    names = [
        *(
            "llm.input_messages.0.message",
            "llm.input_messages.0.message.contents.0.message_content",
            "llm.tools.0.tool",
        ),
        *("llm.invocation_parameters", "input.value", "output.value", "metadata", "llm.prompt_template.variables"),
        *("retrieval.documents.0.document", "embedding.embeddings.0.embedding.vector", "tag.tags", "llm.prompts.0"),
        *("gen_ai.prompt.0.content", "gen_ai.prompt.0.tool_calls.0", "gen_ai.prompt", "gen_ai.completion.0"),
        *("llm.request.functions.0.parameters", "traceloop.prompt.template_variables", "gen_ai.usage.raw", "events"),
        *("pydantic_ai.all_messages", "all_messages_events", "request_data", "response_data", "llm.request.type"),
        *("gen_ai.response.finish_reasons", "llm.cost.total", "llm.finish_reason", "traceloop.span.kind"),
    ]
    for kind in ("LLM", "EMBEDDING", "RETRIEVER", "TOOL", "CHAIN", value):
        for name in names:
            from_attributes({"openinference.span.kind": kind, "logfire.msg": "x", name: value})
