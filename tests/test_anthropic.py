"""What is Anthropic's alone: helpers, thoughts, tools of the service, caches, other platforms, the SDK's own spans."""

from __future__ import annotations

import json

import pytest
from anthropic_endpoints import MESSAGES, START, STOP, USAGE, began, delta, message
from endpoint import answered, streamed
from openai_double import http, reply, stream
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from pydantic import BaseModel

from otel_prompt import Prompt

anthropic = pytest.importorskip("anthropic")
ASKED = MESSAGES.arguments
MAJOR = int(anthropic.__version__.split(".")[0])


@pytest.fixture
def client(service):
    """A synchronous client of the double."""
    return service.answer(answered(MESSAGES)).client(sdk=anthropic)


# Ways to call.


@pytest.mark.parametrize("read", ["events", "text", "final", "early", "nothing"])
def test_the_stream_manager(read, traced, service):
    """``messages.stream()``: one span, however the caller reads it."""
    with service.answer(streamed(MESSAGES)).client(sdk=anthropic).messages.stream(**ASKED) as helper:
        if read == "events":
            assert [event.type for event in helper][-1] == "message_stop"
        elif read == "text":
            assert "".join(helper.text_stream) == "Hello, world"
        elif read == "final":
            assert helper.get_final_message().usage.output_tokens == 7
        elif read == "early":
            assert next(iter(helper.text_stream)) == "Hello"
    assert traced.output == {"early": [["Hello"]], "nothing": []}.get(read, [["Hello, world"]])
    assert traced.span.status.status_code.name == "UNSET"


async def test_the_asynchronous_stream_manager(traced, service):
    """Its twin, also of the beta API."""
    client = service.answer(streamed(MESSAGES)).client(sdk=anthropic, asynchronous=True)
    async with client.beta.messages.stream(**ASKED) as helper:
        assert await helper.get_final_text() == "Hello, world"
    assert traced.output == [["Hello, world"]]
    assert traced.attributes["gen_ai.usage.output_tokens"] == 7


def test_structured_output(traced, service):
    """``messages.parse`` gives the caller its model, and the span says that JSON was asked for."""

    class City(BaseModel):
        name: str

    service.answer(reply(message({"type": "text", "text": '{"name": "Paris"}'})))
    got = service.client(sdk=anthropic).messages.parse(**ASKED, output_format=City)
    assert got.parsed_output == City(name="Paris")
    assert traced.attributes["gen_ai.output.type"] == "json"


def test_an_answer_that_cannot_be_parsed_was_paid_for(traced, service):
    """The caller gets the exception, and the span the tokens."""

    class City(BaseModel):
        name: str

    service.answer(reply(message({"type": "text", "text": "no JSON"})))
    with pytest.raises(ValueError, match="JSON"):
        service.client(sdk=anthropic).messages.parse(**ASKED, output_format=City)
    assert traced.output == [["no JSON"]]
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert traced.span.status.status_code.name == "ERROR"


def test_what_is_no_inference_is_left_alone(traced, service):
    """Counting tokens, batches and lists of models: no span."""
    service.answer(
        reply({"input_tokens": 3}),
        reply({"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress"}),
        reply({"data": [], "has_more": False}),
    )
    client = service.client(sdk=anthropic)
    asked = {k: v for k, v in ASKED.items() if k != "max_tokens"}
    assert client.messages.count_tokens(**asked).input_tokens == 3
    assert client.messages.batches.create(requests=[{"custom_id": "1", "params": ASKED}]).id == "msgbatch_1"
    assert list(client.models.list()) == []
    assert traced.spans == []


# What is said.


def test_thoughts_and_tools_of_a_stream(traced, service):
    """A thought, a call of the service's tool, its result, a text with its source and a call of the caller's tool."""
    found = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [{"type": "web_search_result"}]}
    source = {"type": "char_location", "cited_text": "Paris", "document_index": 0, "document_title": None}
    source |= {"start_char_index": 0, "end_char_index": 5, "file_id": None}
    events = [
        START,
        began({"type": "thinking", "thinking": "", "signature": ""}, 0),
        delta(0, "thinking_delta", thinking="Where"),
        delta(0, "thinking_delta", thinking=" is it?"),
        delta(0, "signature_delta", signature="secret"),
        began({"type": "redacted_thinking", "data": "secret"}, 1),
        began({"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}, 2),
        delta(2, "input_json_delta", partial_json='{"query": '),
        delta(2, "input_json_delta", partial_json='"France"}'),
        began(found, 3),
        began({"type": "text", "text": "", "citations": []}, 4),
        delta(4, text="In Paris"),
        delta(4, "citations_delta", citation=source),
        began({"type": "tool_use", "id": "t_1", "name": "book", "input": {}}, 5),
        delta(5, "input_json_delta", partial_json='{"n": 1}'),
        {**STOP, "delta": {"stop_reason": "tool_use", "stop_sequence": None}},
    ]
    for _ in service.answer(stream(*events)).client(sdk=anthropic).messages.create(**ASKED, stream=True):
        pass
    [said] = traced.content("output.messages")
    assert [p["type"] for p in said["parts"]] == [
        *("reasoning", "server_tool_call", "server_tool_call_response", "text", "tool_call")
    ]
    thought, called, _, text, mine = said["parts"]
    assert thought["content"] == "Where is it?"
    assert called["server_tool_call"] == {"type": "server_tool_use", "input": {"query": "France"}}
    assert (text["content"], text["citations"][0]["cited_text"]) == ("In Paris", "Paris")
    assert mine == {"type": "tool_call", "id": "t_1", "name": "book", "arguments": {"n": 1}}
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("tool_use",)
    assert "secret" not in json.dumps(said)


def test_what_is_sent(traced, client):
    """Pictures, documents, results of tools, instructions, tools and parameters, under the conventions' names."""
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "title": "Terms"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Once"}},
        {"type": "tool_result", "tool_use_id": "t_1", "content": [{"type": "text", "text": "Rain"}], "is_error": True},
    ]
    client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=2000,
        messages=iter([{"role": "user", "content": content}]),
        system=[{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}],
        tools=[
            {"name": "book", "input_schema": {"type": "object"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        stop_sequences=["END"],
        extra_body={"top_k": 5},
        output_config={"effort": "low"},
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    [asked] = traced.content("input.messages")
    assert asked["parts"] == [
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        {"type": "file", "modality": "document", "file_id": "file_1", "title": "Terms"},
        {"type": "text", "content": "Once"},
        {
            "type": "tool_call_response",
            "id": "t_1",
            "response": [{"type": "text", "content": "Rain"}],
            "is_error": True,
        },
    ]
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be brief"}]
    assert traced.content("tool.definitions") == [
        {"type": "function", "name": "book", "parameters": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
    ]
    held = traced.attributes
    assert (held["gen_ai.request.top_k"], held["gen_ai.request.stop_sequences"]) == (5, ("END",))
    assert held["gen_ai.request.reasoning.level"] == "low"
    assert held["otel_prompt.param.thinking.budget_tokens"] == 1024


def test_iterators_reach_the_service(traced, service):
    """What can be read once is sent whole, is on the span, and fails where it would fail without us."""
    client = service.answer(answered(MESSAGES)).client(sdk=anthropic)
    client.messages.create(**{**ASKED, "messages": (m for m in ASKED["messages"])})
    assert service.bodies[-1]["messages"] == ASKED["messages"]
    assert traced.content("input.messages")[0]["parts"][0]["content"] == "Say hello"

    def broken():
        yield ASKED["messages"][0]
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        client.messages.create(**{**ASKED, "messages": broken()})


def test_a_prompt_is_known(traced, client):
    """In the instructions and in a message, without a word at the call."""
    prompt = Prompt("greeter", "You are a friendly host who greets {{who}}", version="3")
    client.messages.create(**ASKED, system=prompt.render(who="Ada"))
    assert (traced.attributes["gen_ai.prompt.name"], traced.attributes["gen_ai.prompt.version"]) == ("greeter", "3")


# Tokens and cost.


def test_tokens_of_the_cache_and_of_thought(traced, service):
    """The input is the sum of what is new, read and written; a compaction is counted, too."""
    usage = {
        **USAGE,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 2},
        "output_tokens_details": {"thinking_tokens": 4},
        "iterations": [
            {"type": "message", **USAGE},
            {"type": "compaction", "input_tokens": 100, "output_tokens": 10},
        ],
    }
    service.answer(reply(message(usage=usage))).client(sdk=anthropic).messages.create(**ASKED)
    held = {k.removeprefix("gen_ai.usage."): v for k, v in traced.attributes.items() if "usage" in k}
    assert held == {
        "input_tokens": 111,
        "output_tokens": 17,
        "cache_read.input_tokens": 3,
        "cache_write.input_tokens": 2,
        "reasoning.output_tokens": 4,
        "otel_prompt.usage.cache_write_1h.input_tokens": 2,
    }


@pytest.mark.parametrize(("hour", "rate"), [(0, 3.75), (1000, 6.0), (400, 0.4 * 6 + 0.6 * 3.75)])
def test_what_a_cache_keeps_longer_costs_more(hour, rate, traced, service):
    """Of claude-sonnet-4-6: 3.75 dollars for a million tokens for five minutes, 6 for an hour."""
    kept = {"ephemeral_5m_input_tokens": 1000 - hour, "ephemeral_1h_input_tokens": hour}
    usage = {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 1000, "cache_creation": kept}
    service.answer(reply(message(usage=usage))).client(sdk=anthropic).messages.create(**ASKED)
    assert traced.attributes["otel_prompt.cost.total_usd"] == pytest.approx(rate / 1000)


def test_a_stream_that_is_cut_has_no_cost(traced, service):
    """What it was given is known, what it made is not: a part of a cost would pass for the whole."""
    with service.answer(streamed(MESSAGES)).client(sdk=anthropic).messages.create(**ASKED, stream=True) as got:
        next(got)
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert "otel_prompt.cost.total_usd" not in traced.attributes


# Platforms.


def test_vertex(traced, service):
    """Its client is no subclass of the other, and has the same seam."""
    pytest.importorskip("google.auth")
    transport = http.MockTransport(service.answer(answered(MESSAGES))._reply)
    client = anthropic.AnthropicVertex(
        region="us-east5", project_id="p", access_token="t", http_client=http.Client(transport=transport)
    )
    client.messages.create(**ASKED)
    assert "/publishers/anthropic/models/claude-sonnet-4-6:rawPredict" in str(service.requests[0].url)
    assert traced.attributes["gen_ai.provider.name"] == "gcp.vertex_ai"
    assert traced.attributes["server.address"] == "us-east5-aiplatform.googleapis.com"
    assert traced.output == [["Hello, world"]]


def test_bedrock_has_prices_by_region(traced, service):
    """The model that was asked for names the region, and the answer does not."""
    transport = http.MockTransport(service.answer(answered(MESSAGES))._reply)
    client = anthropic.AnthropicBedrock(
        aws_region="us-east-1", aws_access_key="a", aws_secret_key="s", http_client=http.Client(transport=transport)
    )
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    service.answer(reply(message(usage={"input_tokens": 1000, "output_tokens": 0}, model="claude-sonnet-4-5")))
    client.messages.create(**{**ASKED, "model": model})
    assert traced.attributes["gen_ai.provider.name"] == "aws.bedrock"
    assert traced.attributes["gen_ai.request.model"] == model
    assert traced.attributes["otel_prompt.cost.total_usd"] == pytest.approx(0.0033)


def test_other_servers_are_named_by_their_host(traced, service):
    """Several services speak the API, and so does a server on one's own machine."""
    service.answer(answered(MESSAGES))
    for url in ("https://api.deepseek.com/anthropic", "http://localhost:11434", "https://gateway.example.com"):
        MESSAGES.call(service.client(sdk=anthropic, base_url=url))
    names = [span.attributes["gen_ai.provider.name"] for span in traced.spans]
    assert names == ["deepseek", "ollama", "anthropic_compatible"]


# The SDK's own spans.


@pytest.mark.skipif(MAJOR < 2, reason="this SDK makes no spans")
class TestItsOwnSpans:
    """Since its second major version the SDK makes a span of each call, where nothing says otherwise."""

    @pytest.mark.parametrize("streaming", [False, True])
    def test_one_call_is_one_span(self, streaming, traced, service):
        """Ours; the service is told of it, and so is what is traced inside."""
        service.answer(streamed(MESSAGES) if streaming else answered(MESSAGES))
        client = service.client(sdk=anthropic, open_telemetry={"tracer_provider": traced.tracer_provider})
        list(MESSAGES.stream(client)) if streaming else MESSAGES.call(client)
        assert [span.name for span in traced.processor.started] == ["chat claude-sonnet-4-6"]
        assert traced.output == [["Hello, world"]]
        assert service.requests[0].headers["traceparent"].split("-")[2] == f"{traced.span.context.span_id:016x}"

    def test_another_pipeline_is_the_applications_wish(self, traced, service):
        """A client that was given a provider of its own goes on making its spans there."""
        other = TracerProvider(shutdown_on_exit=False)
        seen = []
        other.add_span_processor(type("Seen", (type(traced.processor),), {"on_end": lambda _, s: seen.append(s)})())
        service.answer(answered(MESSAGES))
        MESSAGES.call(service.client(sdk=anthropic, open_telemetry={"tracer_provider": other}))
        assert len(traced.spans) == len(seen) == 1

    def test_what_we_do_not_trace_keeps_its_own(self, traced, service):
        """Counting tokens has the SDK's span, as without us."""
        service.answer(reply({"input_tokens": 3}))
        client = service.client(sdk=anthropic, open_telemetry={"tracer_provider": traced.tracer_provider})
        client.messages.count_tokens(model="claude-sonnet-4-6", messages=ASKED["messages"])
        [span] = traced.processor.started
        assert span.instrumentation_scope.name != "otel_prompt"
        assert trace.get_current_span() is trace.INVALID_SPAN
