"""What is Google's alone: its own loop, thoughts, blocks, media, Vertex, pictures, chats, interactions."""

from __future__ import annotations

import asyncio
import base64
import json
from importlib import import_module

import pytest
from installed import is_here
from openai_double import http_of, reply, stream
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from otel_prompt import Prompt, step, telemetry, tool
from otel_prompt.doctor.wrappers import method
from otel_prompt.providers import provider, said

genai = pytest.importorskip("google.genai")
import google_double  # noqa: E402 - made of the SDK
from google_endpoints import CONTENT, USAGE, content  # noqa: E402

types = genai.types
ASKED = CONTENT.arguments
CALL = {"functionCall": {"name": "weather", "args": {"city": "Rome"}}}
pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:UserWarning", "ignore:.*:Warning")


@pytest.fixture
def client(service):
    """A client of the double, which says hello."""
    return service.answer(reply(CONTENT.answer)).client(sdk=google_double)


def vertex(service, **options):
    """A client of Vertex."""
    http = http_of(google_double)
    transport = {"client_args": {"transport": http.MockTransport(service._reply)}}
    service.vertex = genai.Client(vertexai=True, api_key="k", http_options={**transport, **options})
    return service.vertex  # which is there for as long as the service is


def by_name(traced):
    """The spans, by their names."""
    return {span.name: span for span in traced.processor.ended}


# The SDK's own loop.


def of_texts(function):
    """The function, annotated as it would be in a file without annotations from the future: old versions need that."""
    function.__annotations__ = {"city": str, "return": str}
    return function


@of_texts
def weather(city):
    """Tell the weather."""
    if city == "Atlantis":
        raise LookupError("sunk")
    return f"sunny in {city}"


def looping(service, call=CALL, *, streamed=False):
    """A service that has the function called, and then says hello."""
    answers = [content(call, usageMetadata=USAGE), CONTENT.answer]
    return service.answer(*(stream(answer) if streamed else reply(answer) for answer in answers))


async def run(service, way, **config):
    """Ask in one of the four ways; all that is said."""
    asynchronous, streamed = way.startswith("async"), way.endswith("streamed")
    client = service.client(sdk=google_double, asynchronous=asynchronous)
    asked = {**ASKED, "config": {"tools": [weather], **config}}
    if streamed:
        got = client.models.generate_content_stream(**asked)
        return [c async for c in await got] if asynchronous else list(got)
    got = client.models.generate_content(**asked)
    return [await got if asynchronous else got]


WAYS = pytest.mark.parametrize("way", ["sync", "async", "sync streamed", "async streamed"])


@WAYS
async def test_the_loop_is_one_agent_with_its_requests_and_tools(way, traced, service):
    """One parent; a span a request and a tool; tokens and cost on the requests alone."""
    got = await run(looping(service, streamed=way.endswith("streamed")), way)
    assert got[-1].text == "Hello, world"
    *inside, agent = sorted(traced.processor.ended, key=lambda s: s.end_time)
    name = "generate_content_stream" if way.endswith("streamed") else "generate_content"
    assert agent.name == f"invoke_agent {name}"
    assert agent.parent is None
    assert sorted(s.name for s in inside) == ["execute_tool weather", *["generate_content gemini-2.5-flash"] * 2]
    assert {s.parent.span_id for s in inside} == {agent.context.span_id}
    assert not [k for k in agent.attributes if "usage" in k or "cost" in k]
    assert agent.attributes["gen_ai.input.messages"].count("Say hello") == 1
    assert json.loads(agent.attributes["gen_ai.output.messages"])[0]["parts"] == [
        {"type": "text", "content": "Hello, world"}
    ]
    tool = by_name(traced)["execute_tool weather"].attributes
    assert json.loads(tool["gen_ai.tool.call.arguments"]) == {"city": "Rome"}
    assert json.loads(tool["gen_ai.tool.call.result"]) == "sunny in Rome"
    assert tool["gen_ai.tool.description"] == "Tell the weather."
    calls = [s for s in inside if s.name.startswith("generate_content")]
    assert [s.attributes["gen_ai.usage.input_tokens"] for s in calls] == [11, 11]
    assert '"tool_call_response"' in max(calls, key=lambda s: s.start_time).attributes["gen_ai.input.messages"]


async def test_a_coroutine_is_a_tool(traced, service):
    """The asynchronous client awaits those."""

    @of_texts
    async def weather(city):
        """Tell the weather."""
        await asyncio.sleep(0)
        return f"rain in {city}"

    client = looping(service).client(sdk=google_double, asynchronous=True)
    await client.models.generate_content(**ASKED, config={"tools": [weather]})
    tool = by_name(traced)["execute_tool weather"]
    assert json.loads(tool.attributes["gen_ai.tool.call.result"]) == "rain in Rome"
    assert tool.parent.span_id == by_name(traced)["invoke_agent generate_content"].context.span_id


async def test_a_tool_of_an_mcp_session_is_a_tool(traced):
    """The SDK calls it by its own adapter."""
    adapters = genai._adapters

    class Session:
        async def call_tool(self, *, name, arguments):
            return {"content": f"{name} of {arguments['city']}"}

    adapter = adapters.McpToGenAiToolAdapter.__new__(adapters.McpToGenAiToolAdapter)
    adapter._mcp_session = Session()
    await adapter.call_tool(types.FunctionCall(name="weather", args={"city": "Rome"}))
    held = traced.attributes
    assert traced.span.name == "execute_tool weather"
    assert json.loads(held["gen_ai.tool.call.arguments"]) == {"city": "Rome"}
    assert json.loads(held["gen_ai.tool.call.result"]) == {"content": "weather of Rome"}


@WAYS
async def test_a_tool_that_fails(way, traced, service):
    """Its span is an error; the SDK tells the model, and the loop goes on."""
    lost = {"functionCall": {"name": "weather", "args": {"city": "Atlantis"}}}
    await run(looping(service, lost, streamed=way.endswith("streamed")), way)
    spans = by_name(traced)
    assert spans["execute_tool weather"].status.status_code.name == "ERROR"
    assert "sunk" in spans["execute_tool weather"].status.description
    assert len(traced.processor.ended) == 4
    assert [s.status.status_code.name for s in spans.values() if s.name.startswith("invoke")] == ["UNSET"]


@WAYS
@pytest.mark.parametrize("off", [{"disable": True}, {"maximum_remote_calls": 0}])
async def test_without_the_loop_there_is_no_agent(way, off, traced, service):
    """Switched off, the call is one call."""
    got = await run(looping(service, streamed=way.endswith("streamed")), way, automatic_function_calling=off)
    assert got[-1].function_calls[0].name == "weather"
    assert traced.span.name == "generate_content gemini-2.5-flash"
    assert traced.span.parent is None


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_loop_whose_stream_is_left_ends(asynchronous, traced, service):
    """Agent and request end where the caller stops; the SDK asks no more."""
    client = looping(service, streamed=True).client(sdk=google_double, asynchronous=asynchronous)
    got = client.models.generate_content_stream(**ASKED, config={"tools": [weather]})
    if asynchronous:
        got = await got
        async for _ in got:
            break
        await got.aclose()
        for _ in range(20):
            await asyncio.sleep(0)
    else:
        next(got)
        got.close()
    assert len(traced.processor.started) == len(traced.processor.ended)
    assert {s.status.status_code.name for s in traced.processor.ended} == {"UNSET"}
    assert "invoke_agent generate_content_stream" in by_name(traced)


@WAYS
async def test_a_loop_that_is_refused(way, traced, service):
    """The error is the caller's, and on the agent as on its request."""
    service.answer(reply({"error": {"code": 400, "message": "No", "status": "INVALID_ARGUMENT"}}, 400))
    with pytest.raises(genai.errors.ClientError):
        await run(service, way)
    assert [s.attributes["error.type"] for s in traced.processor.ended] == ["google.genai.errors.ClientError"] * 2


async def test_a_function_that_is_a_tool_already_is_one(traced, service):
    """The application's own span of it stands for it, in the same place."""
    telemetry.use(traced.telemetry)
    try:
        client = looping(service).client(sdk=google_double)
        client.models.generate_content(**ASKED, config={"tools": [of_texts(tool(weather))]})
    finally:
        telemetry.use(telemetry.Telemetry(telemetry.Settings()))
    names = [s.name for s in traced.processor.ended]
    assert names.count("execute_tool weather") == 1
    spans = by_name(traced)
    agent = spans["invoke_agent generate_content"]
    assert spans["execute_tool weather"].parent.span_id == agent.context.span_id


@pytest.mark.parametrize("way", ["sync streamed", "async streamed"])
@pytest.mark.parametrize("sampled", [True, False])
async def test_what_a_stream_asks_when_it_is_read_is_inside_the_call(sampled, way, instrument, service):
    """Its request is a child of the call's span, retries are counted, and the caller's span is the caller's own."""
    traced = instrument(sampler=ALWAYS_ON if sampled else ALWAYS_OFF)
    seen = []

    def answer(asked):
        seen.append(trace.get_current_span().get_span_context().span_id)
        return stream(CONTENT.answer)(asked)

    await run(service.answer(answer), way, tools=None)
    if sampled:
        assert seen == [traced.span.context.span_id]
    else:
        assert seen[0] != 0
        assert traced.processor.started == []
    assert trace.get_current_span() is trace.INVALID_SPAN


async def test_nothing_of_a_loop_is_traced_where_that_is_suppressed(traced, service):
    """As for any call."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    with suppress_instrumentation():
        await run(looping(service), "sync")
    assert traced.processor.started == []


# What is sent, and what is said.


def test_what_is_sent(traced, client):
    """Media, results of tools, instructions, tools and parameters, under the conventions' names."""
    parts = [
        types.Part.from_bytes(data=b"\xfb\xff>", mime_type="image/png"),
        types.Part.from_bytes(data=b"RIFF", mime_type="audio/wav"),
        types.Part.from_uri(file_uri="gs://a/terms.pdf", mime_type="application/pdf"),
        types.Part.from_function_response(name="weather", response={"result": "rain"}),
    ]
    client.models.generate_content(
        model="gemini-2.5-flash",
        contents=["Look", *parts],
        config=types.GenerateContentConfig(
            system_instruction="Be brief",
            temperature=0.5,
            top_k=5,
            max_output_tokens=100,
            stop_sequences=["END"],
            candidate_count=2,
            response_mime_type="application/json",
            response_schema={"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
            thinking_config={"thinking_budget": 1024},
            tool_config={"function_calling_config": {"mode": "ANY"}},
            tools=[
                {"function_declarations": [{"name": "weather", "parameters": {"type": "OBJECT"}}]},
                {"google_search": {}},
            ],
        ),
    )
    [asked] = traced.content("input.messages")
    assert asked["role"] == "user"
    assert asked["parts"][:4] == [
        {"type": "text", "content": "Look"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "+/8+"},
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "UklGRg=="},
        {"type": "uri", "modality": "document", "mime_type": "application/pdf", "uri": "gs://a/terms.pdf"},
    ]
    assert base64.b64decode(asked["parts"][1]["content"]) == b"\xfb\xff>"
    assert asked["parts"][4]["response"] == {"result": "rain"}
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be brief"}]
    search, function = traced.content("tool.definitions")
    assert (function["name"], function["parameters"]["type"]) == ("weather", "OBJECT")
    assert search == {"type": "googleSearch", "name": "googleSearch"}
    held = {k.removeprefix("gen_ai.request."): v for k, v in traced.attributes.items() if ".request." in k}
    assert held.pop("model") == "gemini-2.5-flash"
    assert held == {
        "temperature": 0.5,
        "top_k": 5,
        "max_tokens": 100,
        "stop_sequences": ("END",),
        "choice.count": 2,
    }
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.attributes["otel_prompt.param.thinking.budget_tokens"] == 1024
    assert traced.attributes["otel_prompt.param.tool_choice"] == "ANY"


def test_thoughts_tools_and_pictures_of_a_stream(traced, service):
    """Pieces of a text are one text, thoughts apart from it; what the service's own tools did is there."""
    service.answer(
        stream(
            content({"text": "Let me", "thought": True}, finish=None),
            content({"text": " think", "thought": True, "thoughtSignature": "c2VjcmV0"}, finish=None),
            content({"executableCode": {"language": "PYTHON", "code": "1+1"}}, finish=None),
            content({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}, finish=None),
            content("Two", finish=None),
            content(" it is", {"inlineData": {"mimeType": "image/png", "data": "aGk="}}, finish=None),
            content({"functionCall": {"id": "c_1", "name": "book", "args": {"n": 1}}}, usageMetadata=USAGE),
        )
    )
    list(service.client(sdk=google_double).models.generate_content_stream(**ASKED))
    [said] = traced.content("output.messages")
    thought, code, result, text, picture, call = said["parts"]
    assert thought == {"type": "reasoning", "content": "Let me think"}
    assert (code["type"], code["server_tool_call"]["code"]) == ("server_tool_call", "1+1")
    assert result["server_tool_call_response"]["output"] == "2"
    assert text == {"type": "text", "content": "Two it is"}
    assert (picture["modality"], picture["content"]) == ("image", "aGk=")
    assert call == {"type": "tool_call", "id": "c_1", "name": "book", "arguments": {"n": 1}}
    assert "c2VjcmV0" not in json.dumps(said)


def test_arguments_that_come_in_pieces(traced, service):
    """Vertex streams a call's arguments, each piece with its place."""
    pieces = [
        {"functionCall": {"name": "book", "id": "c_1", "willContinue": True}},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.city", "stringValue": "Ro"}], "willContinue": True}},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.city", "stringValue": "me"}], "willContinue": True}},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.n", "numberValue": 2}], "willContinue": True}},
        {"functionCall": {}},
    ]
    service.answer(stream(*(content(piece, finish=None) for piece in pieces), content()))
    try:
        list(service.client(sdk=google_double).models.generate_content_stream(**ASKED))
    except ValueError:
        pytest.skip("this version does not know pieces of arguments")
    [said] = traced.content("output.messages")
    assert said["parts"] == [{"type": "tool_call", "id": "c_1", "name": "book", "arguments": {"city": "Rome", "n": 2}}]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refused_prompt(streamed, traced, service):
    """Why it was refused is the reason for which it ended; nothing was made."""
    counted = {"promptTokenCount": 11, "totalTokenCount": 11}
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": counted}
    service.answer(stream(body) if streamed else reply(body))
    client = service.client(sdk=google_double)
    list(CONTENT.stream(client)) if streamed else CONTENT.call(client)
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("SAFETY",)
    assert traced.attributes["gen_ai.usage.output_tokens"] == 0
    assert traced.output == []


def test_an_answer_that_was_withheld(traced, service):
    """Its finish reason, no text."""
    service.answer(reply({"candidates": [{"finishReason": "PROHIBITED_CONTENT", "index": 0}]}))
    CONTENT.call(service.client(sdk=google_double))
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("PROHIBITED_CONTENT",)
    assert traced.output == [[]]


@pytest.mark.parametrize("place", ["instructions", "contents", "list", "part", "chat", "chat list", "config"])
def test_a_rendered_prompt_reaches_the_service_and_is_known(place, traced, client, service):
    """Wherever it is given: the SDK takes texts for models, where they are not quite Python's own."""
    prompt = Prompt("greeter", "You are a friendly host who greets {{who}}", version="3")
    text = prompt.render(who="Ada")
    model = ASKED["model"]
    if place == "instructions":
        client.models.generate_content(**ASKED, config={"system_instruction": text})
    elif place == "config":
        client.models.generate_content(**ASKED, config=types.GenerateContentConfig(system_instruction=text))
    elif place.startswith("chat"):
        client.chats.create(model=model).send_message([text] if place == "chat list" else text)
    else:
        asked = {"contents": text, "list": [text], "part": types.Part.from_text(text=text)}[place]
        client.models.generate_content(model=model, contents=asked)
    sent = service.bodies[0]
    where = sent["systemInstruction"] if place in ("instructions", "config") else sent["contents"][0]
    assert where["parts"] == [{"text": "You are a friendly host who greets Ada"}]
    assert (traced.attributes["gen_ai.prompt.name"], traced.attributes["gen_ai.prompt.version"]) == ("greeter", "3")


def test_a_chat_is_its_calls(traced, client):
    """One call a turn, with the conversation so far; who asked is the caller's function."""
    chat = client.chats.create(model="gemini-2.5-flash")
    chat.send_message("One")
    assert "".join(chunk.text or "" for chunk in [chat.send_message("Two")]) == "Hello, world"
    first, second = traced.spans
    assert len(json.loads(first.attributes["gen_ai.input.messages"])) == 1
    assert [m["role"] for m in json.loads(second.attributes["gen_ai.input.messages"])] == ["user", "assistant", "user"]
    assert second.attributes["otel_prompt.prompt.function"].endswith("test_a_chat_is_its_calls")


def test_what_a_step_gives_back_is_what_it_says(traced, client):
    """A step that returns the SDK's answer has its messages."""
    telemetry.use(traced.telemetry)
    try:

        @step
        def ask():
            return client.models.generate_content(**ASKED)

        ask()
    finally:
        telemetry.use(telemetry.Telemetry(telemetry.Settings()))
    [message] = said(client.models.generate_content(**ASKED))
    assert (message.parts, message.finish_reason) == ([{"type": "text", "content": "Hello, world"}], "STOP")


# Tokens and cost.


def test_tokens(traced, service):
    """What tools put into the prompt is input, thoughts are output; a cache and each kind of sound are parts."""
    counted = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 60,
        "toolUsePromptTokenCount": 20,
        "candidatesTokenCount": 30,
        "thoughtsTokenCount": 10,
        "totalTokenCount": 160,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 90}, {"modality": "AUDIO", "tokenCount": 10}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 5}],
    }
    service.answer(reply(content("Hi", usageMetadata=counted)))
    CONTENT.call(service.client(sdk=google_double))
    held = {k.removeprefix("gen_ai.usage."): v for k, v in traced.attributes.items() if "usage" in k}
    assert held == {
        "input_tokens": 120,
        "output_tokens": 40,
        "cache_read.input_tokens": 60,
        "reasoning.output_tokens": 10,
        "audio.input_tokens": 10,
        "image.output_tokens": 5,
    }
    assert traced.attributes["otel_prompt.cost.total_usd"] > 0


def test_a_stream_that_is_cut_has_no_cost(traced, service):
    """What it was given is known, what it made is not: a part of a cost would pass for the whole."""
    begun = {"promptTokenCount": 11, "totalTokenCount": 11}
    service.answer(stream(content("Hel", finish=None, usageMetadata=begun), content("lo", usageMetadata=USAGE)))
    got = service.client(sdk=google_double).models.generate_content_stream(**ASKED)
    next(got)
    got.close()
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert "gen_ai.usage.output_tokens" not in traced.attributes
    assert "otel_prompt.cost.total_usd" not in traced.attributes


# Vertex, and the other calls.


def test_vertex(traced, service):
    """The client says which service it is, whatever address it asks."""
    service.answer(reply(CONTENT.answer))
    vertex(service).models.generate_content(**{**ASKED, "model": "google/gemini-2.5-flash"})
    vertex(service, base_url="https://gateway.example.com").models.generate_content(**ASKED)
    first, second = traced.spans
    assert [s.attributes["gen_ai.provider.name"] for s in traced.spans] == ["gcp.vertex_ai"] * 2
    assert first.attributes["server.address"] == "aiplatform.googleapis.com"
    assert first.attributes["gen_ai.request.model"] == "gemini-2.5-flash"
    assert (second.attributes["server.address"], second.attributes["server.port"]) == ("gateway.example.com", 443)


def test_an_address_for_one_request(traced, client):
    """What a request is told of another address is where it goes."""
    options = {"base_url": "http://localhost:4000"}
    client.models.generate_content(**ASKED, config={"http_options": options})
    held = traced.attributes
    assert (held["server.address"], held["server.port"]) == ("localhost", 4000)
    assert held["gen_ai.provider.name"] == "gcp.gemini"


def test_embeddings_on_vertex(traced, service):
    """Its older models have another protocol, and count tokens text by text."""
    each = {"embeddings": {"values": [0.1, 0.2], "statistics": {"token_count": 3.0, "truncated": False}}}
    service.answer(reply({"predictions": [each, each]}))
    got = vertex(service).models.embed_content(model="text-embedding-005", contents=["one", "two"])
    assert len(got.embeddings) == 2
    held = traced.attributes
    assert traced.span.name == "embeddings text-embedding-005"
    assert (held["gen_ai.embeddings.dimension.count"], held["gen_ai.usage.input_tokens"]) == (2, 6)
    assert [m["parts"][0]["content"] for m in traced.content("input.messages")] == ["one", "two"]


def test_pictures(traced, service):
    """Imagen's: what was asked, each picture, and the one that was withheld."""
    made = [
        {"mimeType": "image/png", "bytesBase64Encoded": "aGk=", "prompt": "A tabby cat"},
        {"raiFilteredReason": "It was withheld"},
    ]
    service.answer(reply({"predictions": made}))
    client = vertex(service)
    config = {"number_of_images": 2, "aspect_ratio": "1:1", "include_rai_reason": True}
    client.models.generate_images(model="imagen-4", prompt="A cat", config=config)
    assert traced.span.name == "generate_content imagen-4"
    assert traced.attributes["gen_ai.output.type"] == "image"
    assert traced.attributes["gen_ai.request.choice.count"] == 2
    assert traced.attributes["otel_prompt.param.aspectRatio"] == "1:1"
    assert traced.content("input.messages")[0]["parts"] == [{"type": "text", "content": "A cat"}]
    picture, withheld = traced.content("output.messages")
    assert [p["type"] for p in picture["parts"]] == ["blob", "text"]
    assert withheld == {"role": "assistant", "parts": [], "finish_reason": "It was withheld"}


def test_what_is_no_inference_is_left_alone(traced, service):
    """Counting tokens, files and lists of models: no span."""
    service.answer(reply({"totalTokens": 3}), reply({"models": []}), reply({"files": []}))
    client = service.client(sdk=google_double)
    assert client.models.count_tokens(**ASKED).total_tokens == 3
    assert list(client.models.list()) == []
    assert list(client.files.list()) == []
    assert traced.processor.started == []


# Interactions.

INTERACTION = {
    "id": "v1_1",
    "object": "interaction",
    "model": "gemini-2.5-flash",
    "status": "requires_action",
    "steps": [
        {"type": "thought", "signature": "c2VjcmV0", "summary": [{"type": "text", "text": "Let me see"}]},
        {"type": "google_search_call", "id": "s_1", "arguments": {"queries": ["Rome"]}},
        {"type": "model_output", "content": [{"type": "text", "text": "I ask."}]},
        {"type": "function_call", "id": "c_1", "name": "weather", "arguments": {"city": "Rome"}},
    ],
    "usage": {
        "total_input_tokens": 9,
        "total_tool_use_tokens": 2,
        "total_cached_tokens": 4,
        "total_output_tokens": 5,
        "total_thought_tokens": 2,
        "total_tokens": 18,
    },
}
EVENTS = (
    {"event_type": "interaction.created", "interaction": {**INTERACTION, "status": "in_progress", "steps": []}},
    {"event_type": "step.start", "index": 0, "step": {"type": "thought"}},
    {
        "event_type": "step.delta",
        "index": 0,
        "delta": {"type": "thought_summary", "content": {"type": "text", "text": "Let me"}},
    },
    {
        "event_type": "step.delta",
        "index": 0,
        "delta": {"type": "thought_summary", "content": {"type": "text", "text": " see"}},
    },
    {"event_type": "step.start", "index": 1, "step": {"type": "model_output"}},
    {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "I "}},
    {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": "ask."}},
    {"event_type": "step.stop", "index": 1},
    {
        "event_type": "step.start",
        "index": 2,
        "step": {"type": "function_call", "id": "c_1", "name": "weather", "arguments": {}},
    },
    {"event_type": "step.delta", "index": 2, "delta": {"type": "arguments_delta", "arguments": '{"city":'}},
    {"event_type": "step.delta", "index": 2, "delta": {"type": "arguments_delta", "arguments": '"Rome"}'}},
    {"event_type": "interaction.completed", "interaction": {**INTERACTION, "steps": []}},
)
WITH_PARTS = pytest.mark.skipif(
    not is_here("google.genai._gaos"), reason="interactions are of another form here, or there are none"
)


def test_interactions_are_listened_at_where_there_are_some():
    """Each version has them in a module of its own, or none; one that has moved them is seen here."""
    it = provider("google-genai")
    seams = [
        method(module, name) for module, name in map(it.place, it.former) if is_here(module) and import_module(module)
    ]
    assert len([seam for seam in seams if callable(seam)]) == 2 * hasattr(genai.Client, "interactions")


def said_in(traced):
    """The parts of the answer on the span."""
    [message] = traced.content("output.messages")
    return message["parts"]


@WITH_PARTS
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("wrapper", [None, "with_raw_response", "with_streaming_response"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_interaction(streamed, wrapper, asynchronous, traced, service):
    """Thoughts, what the service's tools did, text and the call of a tool, in every way to ask."""
    service.answer(stream(*EVENTS, "[DONE]") if streamed else reply(INTERACTION))
    client = service.client(sdk=google_double, asynchronous=asynchronous)
    owner = getattr(client.interactions, wrapper) if wrapper else client.interactions
    asked = {"model": "gemini-2.5-flash", "input": "How is Rome?", "tools": [{"type": "function", "name": "weather"}]}
    await whole(owner.create(**asked, **({"stream": True} if streamed else {})))
    parts = [p for p in said_in(traced) if p["type"] != "server_tool_call"]
    assert parts == [
        {"type": "reasoning", "content": "Let me see"},
        {"type": "text", "content": "I ask."},
        {"type": "tool_call", "id": "c_1", "name": "weather", "arguments": {"city": "Rome"}},
    ]
    held = traced.attributes
    assert held["gen_ai.response.finish_reasons"] == ("requires_action",)
    names = ("input_tokens", "output_tokens", "cache_read.input_tokens", "reasoning.output_tokens")
    assert [held[f"gen_ai.usage.{name}"] for name in names] == [11, 7, 4, 2]
    assert ("gen_ai.response.time_to_first_chunk" in held) is streamed
    assert traced.content("tool.definitions") == [{"type": "function", "name": "weather"}]


async def whole(got):
    """All of an answer, however it is given."""
    got = await got if hasattr(got, "__await__") else got
    if hasattr(got, "__aenter__") and not hasattr(got, "__anext__"):
        async with got as response:
            return [line async for line in response.iter_lines()]
    if hasattr(got, "__enter__") and not hasattr(got, "__next__"):
        with got as response:
            return list(response.iter_lines())
    if hasattr(got, "parse"):
        got = got.parse()
        got = await got if hasattr(got, "__await__") else got
    if hasattr(got, "__anext__"):
        return [event async for event in got]
    return list(got) if hasattr(got, "__next__") else got


@WITH_PARTS
def test_a_conversation_goes_on(traced, service):
    """Steps of before, contents, an agent of the service's and what it was told."""
    service.answer(reply({**INTERACTION, "model": None, "agent": "deep-research"}))
    client = service.client(sdk=google_double)
    given = [
        {"type": "user_input", "content": [{"type": "text", "text": "Rome?"}]},
        {"type": "function_call", "id": "c_1", "name": "weather", "arguments": {"city": "Rome"}},
        {"type": "function_result", "call_id": "c_1", "name": "weather", "result": "sunny"},
    ]
    client.interactions.create(agent="deep-research", input=given, previous_interaction_id="v1_0")
    roles = [(m["role"], m["parts"][0]["type"]) for m in traced.content("input.messages")]
    assert roles == [("user", "text"), ("assistant", "tool_call"), ("user", "tool_call_response")]
    assert traced.attributes["gen_ai.agent.name"] == "deep-research"
    assert traced.attributes["gen_ai.request.previous_response.id"] == "v1_0"


@WITH_PARTS
@pytest.mark.parametrize("streamed", [False, True])
def test_an_interaction_that_is_refused(streamed, traced, service):
    """The SDK raises of a response that it has already; the span knows the status and what was said."""
    said = {"error": {"code": 429, "message": "It went wrong", "status": "RESOURCE_EXHAUSTED"}}
    service.answer(reply(said, 429))
    client = service.client(sdk=google_double)
    with pytest.raises(Exception, match="It went wrong") as caught:
        client.interactions.create(model="m", input="x", **({"stream": True} if streamed else {}))
    assert caught.value.status_code == 429
    assert traced.attributes["http.response.status_code"] == 429
    assert traced.attributes["error.type"] == "RESOURCE_EXHAUSTED"
    assert traced.span.status.description == "It went wrong"


@WITH_PARTS
def test_attempts_of_an_interaction_are_counted(traced, service, monkeypatch):
    """429 and then an answer is one call of two attempts."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    service.answer(reply({"error": {"code": 429, "message": "busy"}}, 429), reply(INTERACTION))
    service.client(sdk=google_double, max_retries=1).interactions.create(model="m", input="x")
    assert traced.attributes["otel_prompt.request.attempts"] == 2
    assert "error.type" not in traced.attributes


@WITH_PARTS
def test_a_stream_of_an_interaction_that_is_left(traced, service):
    """What has come, no error."""
    service.answer(stream(*EVENTS))
    with service.client(sdk=google_double).interactions.create(model="m", input="x", stream=True) as got:
        next(iter(got))
    assert traced.span.status.status_code.name == "UNSET"
