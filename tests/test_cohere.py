"""What is Cohere's alone: plans, documents, citations, billed tokens, ranking, raw responses."""

from __future__ import annotations

import asyncio
import json

import pytest
from cohere_endpoints import CHAT, EMBED, FIRST_CHAT, GENERATE, LINES, RERANK, START, STOP, USAGE, answer, delta, event
from endpoint import answered, streamed
from endpoints import QUESTION
from openai_double import reply, stream

from otel_prompt import Prompt
from otel_prompt.providers import said
from otel_prompt.providers.cohere import refusal
from otel_prompt.setting_values import Capture

pytest.importorskip("cohere")
import cohere
import cohere_double as double

ASKED = CHAT.arguments


@pytest.fixture
def client(service):
    """A synchronous client of the double."""
    return service.answer(answered(CHAT)).client(sdk=double)


# Ways to call.


def test_a_raw_response(traced, client):
    """The caller has the response, the span what is in it."""
    raw = client.sdk.with_raw_response.chat(**ASKED)
    assert raw.headers["content-type"] == "application/json"
    assert raw.data.message.content[0].text == "Hello, world"
    assert traced.output == [["Hello, world"]]


@pytest.mark.parametrize("leave", [False, True])
def test_a_raw_stream(leave, traced, service):
    """In its own block, read to its end or left."""
    client = service.answer(streamed(CHAT)).client(sdk=double)
    with client.sdk.with_raw_response.chat_stream(**ASKED) as raw:
        for n, _ in enumerate(raw.data, 1):
            if leave and n == CHAT.seen:
                break
        assert len(traced.spans) == (not leave)
    assert traced.output == [["Hello, " if leave else "Hello, world"]]
    assert traced.span.status.status_code.name == "UNSET"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_exception_inside_a_raw_stream_is_the_calls(asynchronous, traced, service):
    """What goes wrong in its block is noted, with what had come."""
    client = service.answer(streamed(CHAT)).client(sdk=double, asynchronous=asynchronous)
    block = client.sdk.with_raw_response.chat_stream(**ASKED)

    async def read():
        if asynchronous:
            async with block as raw:
                async for _ in raw.data:
                    raise LookupError("mine")
        else:
            with block as raw:
                for _ in raw.data:
                    raise LookupError("mine")

    with pytest.raises(LookupError):
        await read()
    assert traced.attributes["error.type"] == "LookupError"


def test_a_stream_that_is_not_read_asks_for_nothing(traced, service):
    """The SDK's stream is a generator: before it is read there is no call."""
    unread = CHAT.stream(service.answer(streamed(CHAT)).client(sdk=double))
    assert (service.requests, traced.processor.started) == ([], [])
    unread.close()


def test_what_the_http_client_traces_in_a_stream_is_a_child(traced, service):
    """The request is made when the stream is first read, and our span is the current one then."""
    from opentelemetry import trace

    seen = []

    def reading(request):
        seen.append(trace.get_current_span().get_span_context().span_id)
        return streamed(CHAT)(request)

    list(CHAT.stream(service.answer(reading).client(sdk=double)))
    assert seen == [traced.span.context.span_id]
    assert trace.get_current_span() is trace.INVALID_SPAN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 422, 429, 498, 499, 500, 501, 503, 504])
@pytest.mark.parametrize("streaming", [False, True])
def test_the_error_is_the_one_that_is_raised(status, streaming, traced, service):
    """By its full name, whatever the status, with the service's own sentence and none of the headers."""
    client = service.answer(reply({"id": "1", "message": "It went wrong"}, status)).client(sdk=double)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is held below
        list(CHAT.stream(client)) if streaming else CHAT.call(client)
    kind = type(caught.value)
    assert traced.attributes["error.type"] == refusal(status) == f"{kind.__module__}.{kind.__qualname__}"
    assert traced.attributes["http.response.status_code"] == status
    assert traced.span.status.description == "It went wrong"


def test_embeddings_in_batches_are_a_call_each(traced, service):
    """The first client cuts long lists and asks for the pieces at the same time."""
    billed = {"api_version": {"version": "1"}, "billed_units": {"input_tokens": 1}}
    floats = {"response_type": "embeddings_floats", "embeddings": [[0.1, 0.2]], "texts": ["a"], "meta": billed}
    service.answer(reply({"id": "e1", **floats}))
    service.client(sdk=double).first.embed(texts=["a"] * 97, model="embed-v4.0", input_type="search_query")
    assert [span.attributes["gen_ai.embeddings.dimension.count"] for span in traced.spans] == [2, 2]


def test_what_is_no_inference_is_left_alone(traced, service):
    """Cutting a text into tokens: no span."""
    service.answer(reply({"tokens": [1], "token_strings": ["a"], "meta": {}}))
    service.client(sdk=double).first.tokenize(text="a", model="command", offline=False)
    assert traced.spans == []


def test_a_step_may_return_an_answer(client):
    """An answer that a function gives back is read by its provider."""
    [message] = said(client.chat.create(**ASKED))
    assert message.parts == [{"type": "text", "content": "Hello, world"}]


# What is said.


def test_thoughts_tools_and_citations_of_a_stream(traced, service):
    """A thought and a text with its source; a plan and calls of the caller's tools."""
    cited = {"start": 0, "end": 5, "text": "Hello", "sources": [{"type": "document", "id": "d1", "document": {}}]}
    call = {"id": "t_1", "type": "function", "function": {"name": "add", "arguments": ""}}
    events = [
        START,
        event("content-start", 0, content={"type": "thinking", "thinking": ""}),
        event("content-delta", 0, content={"thinking": "Is "}),
        event("content-delta", 0, content={"thinking": "it?"}),
        event("content-start", 1, content={"type": "text", "text": ""}),
        event("content-delta", 1, content={"text": "Hello"}),
        event("citation-start", 0, citations={**cited, "content_index": 1}),
        event("tool-plan-delta", tool_plan="I "),
        event("tool-plan-delta", tool_plan="add"),
        event("tool-call-start", 0, tool_calls=call),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"n"'}}),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": ": 1}"}}),
        event("tool-call-start", 1, tool_calls={**call, "id": "t_2", "function": {"name": "sub", "arguments": "{}"}}),
        STOP,
    ]
    list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client(sdk=double)))
    assert traced.content("output.messages")[0]["parts"] == [
        {"type": "reasoning", "content": "I add"},
        {"type": "reasoning", "content": "Is it?"},
        {"type": "text", "content": "Hello", "citations": [{**cited, "content_index": 1}]},
        {"type": "tool_call", "id": "t_1", "name": "add", "arguments": {"n": 1}},
        {"type": "tool_call", "id": "t_2", "name": "sub", "arguments": {}},
    ]


def test_documents_parts_and_parameters(traced, client):
    """Documents are parts of the message that they belong to; k and p have the conventions' names."""
    client.chat.create(
        model="m",
        messages=[
            cohere.SystemChatMessageV2(content="Be brief"),
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Which?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                ],
            },
        ],
        documents=["One", {"id": "d2", "data": {"title": "Two"}}],
        response_format={"type": "json_object"},
        safety_mode="STRICT",
        k=5,
        p=0.5,
        stop_sequences=["END"],
        seed=7,
    )
    system, user = traced.content("input.messages")
    assert system == {"role": "system", "parts": [{"type": "text", "content": "Be brief"}]}
    assert user["parts"] == [
        {"type": "text", "content": "Which?"},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        {"type": "document", "text": "One"},
        {"type": "document", "id": "d2", "data": {"title": "Two"}},
    ]
    held = traced.attributes
    assert (held["gen_ai.request.top_k"], held["gen_ai.request.top_p"], held["gen_ai.request.seed"]) == (5, 0.5, 7)
    assert (held["gen_ai.output.type"], held["otel_prompt.param.safety_mode"]) == ("json", "STRICT")


def test_the_first_chat(traced, service):
    """A preamble, roles of its own, tools, what they gave back, and citations."""
    cited = {"start": 0, "end": 5, "text": "Hello", "document_ids": ["d1"]}
    body = {**FIRST_CHAT.answer, "citations": [cited], "tool_calls": [{"name": "add", "parameters": {"n": 1}}]}
    service.answer(reply(body)).client(sdk=double).first_chat.create(
        message="And now?",
        model="command-r",
        preamble="Be brief",
        conversation_id="conv_1",
        chat_history=[{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello"}],
        documents=[{"id": "d1", "text": "Hello"}],
        connectors=[{"id": "web-search"}],
        tools=[{"name": "add", "description": "Adds", "parameter_definitions": {"n": {"type": "int"}}}],
        tool_results=[{"call": {"name": "add", "parameters": {"n": 1}}, "outputs": [{"sum": 2}]}],
    )
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be brief"}]
    assert [m["role"] for m in traced.content("input.messages")] == ["user", "assistant", "tool", "user"]
    assert traced.content("input.messages")[2]["parts"] == [
        {"type": "tool_call_response", "name": "add", "response": [{"sum": 2}]}
    ]
    assert traced.content("input.messages")[3]["parts"] == [
        {"type": "text", "content": "And now?"},
        {"type": "document", "id": "d1", "text": "Hello"},
    ]
    assert traced.content("output.messages")[0]["parts"] == [
        {"type": "text", "content": "Hello, world", "citations": [cited]},
        {"type": "tool_call", "name": "add", "arguments": {"n": 1}},
    ]
    assert [t["name"] for t in traced.content("tool.definitions")] == ["add", "web-search"]
    assert traced.attributes["gen_ai.conversation.id"] == "conv_1"


def test_a_cut_stream_of_the_first_chat(traced, service):
    """Lines of JSON, the last of which is cut off in its middle."""
    lines = [json.dumps(line).encode() + b"\n" for line in FIRST_CHAT.events[:3]]
    got = service.answer(stream(*lines, lines[2][:20], headers=LINES)).client(sdk=double)
    list(FIRST_CHAT.stream(got))
    assert traced.output == [["Hello, "]]


def test_a_prompt_is_known(traced, client):
    """By its text, without a word at the call."""
    prompt = Prompt("greeter", "You are a friendly host who greets {{who}}", version="3")
    client.chat.create(model="m", messages=[{"role": "system", "content": prompt.render(who="Ada")}, *QUESTION])
    assert (traced.attributes["gen_ai.prompt.name"], traced.attributes["gen_ai.prompt.version"]) == ("greeter", "3")


def test_what_the_caller_changes_afterwards(traced, service):
    """Arguments that were added by ``request_options`` are sent and so on the span."""
    sdk = service.answer(answered(CHAT)).client(sdk=double).sdk
    sdk.chat(**ASKED, request_options={"additional_body_parameters": {"temperature": 0.5}})
    assert service.bodies[-1]["temperature"] == traced.attributes["gen_ai.request.temperature"] == 0.5


# Tokens and cost.


def test_tokens_are_those_billed(traced, client):
    """The service bills fewer than its model takes: both are there, and the cost is of those billed."""
    client.chat.create(**ASKED)
    held = {k.removeprefix("gen_ai.usage."): v for k, v in traced.attributes.items() if "usage" in k}
    assert held == {
        "input_tokens": 11,
        "output_tokens": 7,
        "otel_prompt.usage.processed.input_tokens": 31,
        "otel_prompt.usage.processed.output_tokens": 9,
        "otel_prompt.usage.processed.cache_read.input_tokens": 16,
    }
    assert traced.attributes["otel_prompt.cost.total_usd"] == pytest.approx((11 * 2.5 + 7 * 10) / 1_000_000)


def test_tokens_where_none_are_billed(traced, service):
    """A deployment of one's own: those that the model took, with what it read from its cache."""
    body = {**answer(), "usage": {"tokens": USAGE["tokens"], "cached_tokens": 16}}
    CHAT.call(service.answer(reply(body)).client(sdk=double))
    held = {k.removeprefix("gen_ai.usage."): v for k, v in traced.attributes.items() if "usage" in k}
    assert held == {"input_tokens": 31, "output_tokens": 9, "cache_read.input_tokens": 16}


def test_a_stream_that_is_left_has_no_cost(traced, service):
    """Its tokens come with its last event."""
    got = CHAT.stream(service.answer(streamed(CHAT)).client(sdk=double))
    next(got)
    got.close()
    assert not [name for name in traced.attributes if "usage" in name or "cost" in name]


# Search.


def test_a_ranking_without_content(instrument, service):
    """With content switched off neither the question nor what the documents say is kept; the figures are."""
    traced = instrument(capture_content=Capture.NO_CONTENT)
    RERANK.call(service.answer(answered(RERANK)).client(sdk=double))
    held = traced.attributes
    assert "gen_ai.retrieval.query.text" not in held
    assert traced.content("retrieval.documents") == [{"id": "1", "score": 0.9}, {"id": "0", "score": 0.1}]
    assert (held["gen_ai.retrieval.top_k"], held["otel_prompt.usage.search_units"]) == (2, 1)
    assert "Which?" not in traced.everything()


def test_a_ranking_of_secrets(traced, service):
    """What is a secret in a question or a document is taken out."""
    key = "sk-proj-" + "a1B2" * 10
    asked = {**RERANK.arguments, "query": f"Where is {key}?", "documents": [f"Here: {key}", "two"]}
    service.answer(answered(RERANK)).client(sdk=double).rerank.create(**asked)
    assert key not in traced.everything()


def test_documents_to_rank_that_are_objects(traced, service):
    """Their text is what is ranked; without one, all of them is."""
    documents = [{"text": "one", "page": 3}, {"title": "two"}]
    service.answer(answered(RERANK)).client(sdk=double).first.rerank(
        model="rerank-v3.5", query="Which?", documents=documents, top_n=2
    )
    assert traced.content("retrieval.documents") == [
        {"id": "1", "content": '{"title":"two"}', "score": 0.9},
        {"id": "0", "content": "one", "score": 0.1},
    ]


@pytest.mark.parametrize(("kind", "vector", "size"), [("int8", [1, 2, 3], 3), ("ubinary", [1, 2], 16)])
def test_sizes_of_vectors(kind, vector, size, traced, service):
    """Of bits there are eight in a number."""
    body = {**EMBED.answer, "embeddings": {kind: [vector]}}
    asked = {**EMBED.arguments, "embedding_types": [kind]}
    service.answer(reply(body)).client(sdk=double).embed.create(**asked)
    assert traced.attributes["gen_ai.embeddings.dimension.count"] == size
    assert traced.attributes["gen_ai.request.encoding_formats"] == (kind,)


def test_pictures_to_embed(traced, service):
    """They are billed apart, and counted in."""
    body = {**EMBED.answer, "meta": {"billed_units": {"image_tokens": 5, "images": 1}}}
    picture = "data:image/png;base64,aGVsbG8="
    asked = {**EMBED.arguments, "images": [picture], "input_type": "image"}
    del asked["texts"]
    service.answer(reply(body)).client(sdk=double).embed.create(**asked)
    part = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGVsbG8="}
    assert traced.content("input.messages") == [{"role": "user", "parts": [part]}]
    held = traced.attributes
    assert (held["gen_ai.usage.input_tokens"], held["gen_ai.usage.image.input_tokens"]) == (5, 5)


def test_several_generations(traced, service):
    """One message each."""
    made = [{"id": str(n), "text": f"number {n}", "finish_reason": "COMPLETE"} for n in (1, 2)]
    client = service.answer(reply({**GENERATE.answer, "generations": made})).client(sdk=double)
    client.generate.create(model="command", prompt="Say", num_generations=2, end_sequences=["END"])
    assert traced.output == [["number 1"], ["number 2"]]
    assert traced.attributes["gen_ai.request.choice.count"] == 2


def test_other_servers_are_named_by_their_host(traced, service):
    """A deployment of one's own, and the service by its other name."""
    kind = double.httpx
    for url in ("https://api.cohere.ai", "http://localhost:8080", "https://cohere.example.com/v1"):
        transport = kind.MockTransport(service.answer(answered(CHAT))._reply)
        sdk = cohere.ClientV2("k", base_url=url, httpx_client=kind.Client(transport=transport))
        sdk.chat(**ASKED)
    names = [span.attributes["gen_ai.provider.name"] for span in traced.spans]
    assert names == ["cohere", "local", "cohere"]


async def test_many_streams_side_by_side(traced, service):
    """Twenty tasks: each its own span and text."""

    async def read(client, n):
        asked = {**ASKED, "messages": [{"role": "user", "content": f"number {n}"}]}
        return [e async for e in client.chat.create(**asked, stream=True)]

    def echo(request):
        text = json.loads(request.content)["messages"][0]["content"]
        return stream(START, event("content-start", 0, content={"type": "text", "text": ""}), delta(text), STOP)(
            request
        )

    client = service.answer(echo).client(sdk=double, asynchronous=True)
    await asyncio.gather(*(read(client, n) for n in range(20)))
    for span in traced.spans:
        asked, made = (json.loads(span.attributes[f"gen_ai.{side}.messages"]) for side in ("input", "output"))
        assert asked[0]["parts"] == made[0]["parts"]
    assert len(traced.spans) == 20


def test_the_pace_of_a_stream(traced, service):
    """Chunks are counted by what they are, and not by the pieces in which they came."""
    pieces = streamed(CHAT)
    list(CHAT.stream(service.answer(pieces).client(sdk=double)))
    [first] = traced.metrics["gen_ai.client.inference.time_to_first_chunk"]
    [each] = traced.metrics["gen_ai.client.inference.time_per_output_chunk"]
    [whole] = traced.metrics["gen_ai.client.inference.duration"]
    assert 0 < each.sum * (len(CHAT.events) - 1) <= whole.sum - first.sum
