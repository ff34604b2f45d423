"""What is Mistral's alone: thoughts, parts, conversations, clients for other clouds, the SDK's own spans."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.metadata import version

import pytest
from endpoint import answered, streamed
from endpoints import USAGE, chat, chunk
from mistral_endpoints import AGENTS, CHAT, CONVERSATIONS, EMBEDDINGS, FILL_IN, delta, entry
from openai_double import http_of, reply, stream
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from pydantic import BaseModel

from otel_prompt import Prompt
from otel_prompt.providers import said
from otel_prompt.providers.mistral import PROVIDER, refusal

pytest.importorskip("mistralai")
import mistral_double as double

MAJOR = int(version("mistralai").split(".")[0])
ASKED = CHAT.arguments


@pytest.fixture
def client(service):
    """A synchronous client of the double."""
    return service.answer(answered(CHAT)).client(sdk=double)


# Ways to call.


@pytest.mark.parametrize("asynchronous", [False, True])
def test_structured_output(asynchronous, traced, service):
    """``chat.parse`` gives the caller its model, and the span says that JSON was asked for."""

    class City(BaseModel):
        name: str

    sdk = service.answer(reply(chat('{"name": "Paris"}'))).client(sdk=double, asynchronous=asynchronous).sdk
    parse = sdk.chat.parse_async if asynchronous else sdk.chat.parse
    got = parse(response_format=City, **ASKED)
    got = asyncio.run(got) if asynchronous else got
    assert got.choices[0].message.parsed == City(name="Paris")
    assert traced.attributes["gen_ai.output.type"] == "json"


def test_what_is_no_inference_is_left_alone(traced, service):
    """Lists of models: no span."""
    sdk = service.answer(reply({"object": "list", "data": []})).client(sdk=double).sdk
    assert sdk.models.list().data in ([], None)
    assert traced.spans == []


def test_a_step_may_return_an_answer(client):
    """An answer that a function gives back is read by its provider."""
    [message] = said(client.chat.create(**ASKED))
    assert message.parts == [{"type": "text", "content": "Hello, world"}]


def test_answers_that_cannot_be_read_leave_a_span(traced, service):
    """The SDK raises of an answer of another shape, after the model was paid."""
    service.answer(reply({"id": 7, "choices": None}))
    with pytest.raises(Exception):  # noqa: B017, PT011 - one that each version has of its own
        CHAT.call(service.client(sdk=double))
    assert traced.span.status.status_code.name == "UNSET"
    assert "gen_ai.response.id" not in traced.attributes


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_the_error_is_the_one_that_is_raised(status, traced, service):
    """By its full name, whatever the status, with the service's own sentence."""
    body = {"object": "error", "message": "It went wrong", "type": "invalid", "code": "1"}
    body = {"detail": []} if status == 422 else body
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is held below
        CHAT.call(service.answer(reply(body, status)).client(sdk=double))
    kind = type(caught.value)
    assert traced.attributes["error.type"] == refusal(status) == f"{kind.__module__}.{kind.__qualname__}"
    assert traced.attributes["http.response.status_code"] == status
    assert traced.span.status.description == (traced.attributes["error.type"] if status == 422 else "It went wrong")


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_refused_stream_is_an_error(asynchronous, traced, service):
    """It is refused before it is a stream: no chunk has come."""
    client = service.answer(reply({"message": "no"}, 401)).client(sdk=double, asynchronous=asynchronous)
    with pytest.raises(double.APIStatusError):
        await CHAT.stream(client) if asynchronous else CHAT.stream(client)
    assert traced.attributes["http.response.status_code"] == 401
    assert "gen_ai.response.time_to_first_chunk" not in traced.attributes


# What is said.


@pytest.mark.skipif(MAJOR < 2, reason="the oldest know no thoughts")
def test_thoughts_in_a_stream(traced, service):
    """Magistral's thoughts are parts of their own, before the text."""
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "It is "}]}]
    more = [{"type": "thinking", "thinking": [{"type": "text", "text": "even."}]}]
    events = (chunk(thought), chunk(more), chunk("Yes"), chunk(finish="stop", usage=USAGE))
    list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client(sdk=double)))
    assert traced.content("output.messages")[0]["parts"] == [
        {"type": "reasoning", "content": "It is even."},
        {"type": "text", "content": "Yes"},
    ]


@pytest.mark.skipif(MAJOR < 2, reason="the oldest know no recordings")
def test_parts_of_a_request(traced, client):
    """Pictures, documents, recordings and thoughts, as the conventions have them."""
    parts = [
        {"type": "text", "text": "Compare"},
        {"type": "image_url", "image_url": "data:image/png;base64,aGVsbG8="},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        {"type": "input_audio", "input_audio": "aGVsbG8="},
    ]
    client.chat.create(model="pixtral", messages=[{"role": "user", "content": parts}])
    assert traced.content("input.messages")[0]["parts"] == [
        {"type": "text", "content": "Compare"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGVsbG8="},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        {"type": "uri", "modality": "document", "uri": "https://example.com/a.pdf"},
        {"type": "blob", "modality": "audio", "content": "aGVsbG8="},
    ]


def test_tools_and_parameters(traced, service):
    """A tool, its call and its result; the parameters under the conventions' names."""
    function = {"name": "add", "description": "Adds", "parameters": {"type": "object", "properties": {}}}
    called = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"n": 1}'}, "index": 0}
    service.answer(reply(chat("", finish="tool_calls", tool_calls=[called])))
    service.client(sdk=double).chat.create(
        model="m",
        messages=[
            {"role": "user", "content": "1+1?"},
            {"role": "assistant", "content": "", "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "call_1", "name": "add", "content": "2"},
        ],
        tools=[{"type": "function", "function": function}],
        random_seed=7,
        stop=["END"],
        safe_prompt=True,
        n=2,
    )
    held = traced.attributes
    [tool] = traced.content("tool.definitions")
    assert {**tool, **function, "type": "function"} == tool
    call = {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"n": 1}}
    assert traced.content("output.messages")[0]["parts"] == [call]
    assert traced.content("input.messages")[1]["parts"] == [call]
    assert traced.content("input.messages")[2]["parts"] == [
        {"type": "tool_call_response", "response": "2", "id": "call_1"}
    ]
    assert (held["gen_ai.request.seed"], held["gen_ai.request.stop_sequences"]) == (7, ("END",))
    assert (held["gen_ai.request.choice.count"], held["otel_prompt.param.safe_prompt"]) == (2, True)
    assert "openai.api.type" not in held


def test_a_prompt_is_known(traced, client):
    """The SDK makes JSON of it before it is seen; its text is known again."""
    prompt = Prompt("greeter", "You are a friendly host who greets {{who}}", version="3")
    client.chat.create(model="m", messages=[{"role": "user", "content": prompt.render(who="Ada")}])
    assert (traced.attributes["gen_ai.prompt.name"], traced.attributes["gen_ai.prompt.version"]) == ("greeter", "3")


def test_an_agent_and_a_gap(traced, service):
    """An agent has an id in place of a model; a gap has an end."""
    client = service.answer(answered(CHAT)).client(sdk=double)
    AGENTS.call(client)
    FILL_IN.call(client)
    agent, gap = (dict(span.attributes) for span in traced.spans)
    assert (agent["gen_ai.agent.id"], agent["gen_ai.response.model"]) == ("ag_1", "gpt-4o-2024-08-06")
    assert gap["gen_ai.operation.name"] == "text_completion"
    assert '{"type":"suffix","content":"return a"}' in gap["gen_ai.input.messages"]


def test_sizes_of_vectors(traced, service):
    """What is asked for, and what comes."""
    service.answer(answered(EMBEDDINGS)).client(sdk=double).embeddings.create(
        model="codestral-embed", inputs="one", output_dimension=3
    )
    assert traced.attributes["otel_prompt.param.dimensions"] == 3
    assert traced.attributes["gen_ai.embeddings.dimension.count"] == 3


# Conversations.


def test_a_conversation_in_which_tools_are_used(traced, service):
    """The service's own tools, the caller's, a handoff and the answer are one message of one span, which owns all."""
    outputs = [
        {"object": "entry", "type": "tool.execution", "id": "t_1", "name": "web_search", "arguments": '{"q": "x"}'},
        {
            "object": "entry",
            "type": "agent.handoff",
            "previous_agent_id": "a",
            "previous_agent_name": "one",
            "next_agent_id": "b",
            "next_agent_name": "two",
        },
        entry("Hello, world"),
        {"object": "entry", "type": "function.call", "tool_call_id": "f_1", "name": "add", "arguments": '{"n": 1}'},
    ]
    usage = {**USAGE, "connector_tokens": 5}
    service.answer(reply({**CONVERSATIONS.answer, "outputs": outputs, "usage": usage}))
    service.client(sdk=double).conversations.create(
        agent_id="ag_1",
        inputs=[
            {"role": "user", "content": "Say hello"},
            {"type": "function.result", "tool_call_id": "f_0", "result": "2"},
        ],
    )
    assert traced.content("output.messages")[0]["parts"] == [
        {
            "type": "server_tool_call",
            "id": "t_1",
            "name": "web_search",
            "server_tool_call": {"type": "tool.execution", "name": "web_search", "arguments": {"q": "x"}},
        },
        {"type": "agent.handoff", "previous_agent_name": "one", "next_agent_name": "two"},
        {"type": "text", "content": "Hello, world"},
        {"type": "tool_call", "id": "f_1", "name": "add", "arguments": {"n": 1}},
    ]
    assert [m["role"] for m in traced.content("input.messages")] == ["user", "tool"]
    held = traced.attributes
    assert (held["gen_ai.conversation.id"], held["gen_ai.agent.id"]) == ("conv_1", "ag_1")
    assert (held["gen_ai.usage.input_tokens"], held["gen_ai.usage.output_tokens"]) == (11, 7)
    assert held["gen_ai.response.model"] == "mistral-large"


def test_a_streamed_conversation_in_which_tools_are_used(traced, service):
    """The same from events: pieces of one entry have its id."""
    call = {"type": "function.call.delta", "id": "f_1", "tool_call_id": "c_1", "name": "add"}
    events = (
        CONVERSATIONS.events[0],
        {"type": "tool.execution.started", "id": "t_1", "name": "web_search", "arguments": "{}"},
        {"type": "tool.execution.done", "id": "t_1", "name": "web_search", "info": {"found": 1}},
        delta("Hel"),
        delta("lo"),
        {**call, "arguments": '{"n"'},
        {**call, "arguments": ": 1}"},
        CONVERSATIONS.events[-1],
    )
    list(CONVERSATIONS.stream(service.answer(stream(*events)).client(sdk=double)))
    executed, text, called = traced.content("output.messages")[0]["parts"]
    assert executed["server_tool_call"]["info"] == {"found": 1}
    assert text == {"type": "text", "content": "Hello"}
    assert called == {"type": "tool_call", "id": "c_1", "name": "add", "arguments": {"n": 1}}


def test_a_conversation_that_goes_on(traced, service):
    """What is appended is a call of its own; the path holds the conversation's id."""
    sdk = service.answer(answered(CONVERSATIONS)).client(sdk=double).sdk
    sdk.beta.conversations.append(conversation_id="conv_1", inputs="And now?")
    assert traced.content("input.messages")[0]["parts"][0]["content"] == "And now?"
    assert traced.attributes["gen_ai.conversation.id"] == "conv_1"


def test_an_error_in_a_conversation(traced, service):
    """An event says that it failed: a code, and no sentence, for the type."""
    failed = {"type": "conversation.response.error", "message": "It went wrong", "code": 3000}
    list(CONVERSATIONS.stream(service.answer(stream(*CONVERSATIONS.events[:3], failed)).client(sdk=double)))
    assert traced.span.status.status_code.name == "ERROR"
    assert traced.attributes["error.type"] == "3000"
    assert traced.output == [["Hello, "]]


# Other clouds.


@pytest.mark.filterwarnings("ignore:Accessing the 'model_fields'", "ignore:Pydantic serializer warnings")
def test_azure(traced, service):
    """Its client is in a package of its own, which is traced when it is imported."""
    azure = import_module("mistralai.azure.client" if MAJOR > 1 else "mistralai_azure")
    transport = http_of(double).MockTransport(service.answer(answered(CHAT))._reply)
    http = http_of(double).Client(transport=transport)
    given = {"server_url" if MAJOR > 1 else "azure_endpoint": "https://mine.inference.ai.azure.com"}
    given["api_key" if MAJOR > 1 else "azure_api_key"] = "k"
    client = azure.MistralAzure(client=http, **given)
    client.chat.complete(**ASKED)
    assert traced.attributes["gen_ai.provider.name"] == "azure.ai.inference"
    assert traced.attributes["server.address"] == "mine.inference.ai.azure.com"
    assert traced.output == [["Hello, world"]]


@pytest.mark.skipif(MAJOR < 3, reason="without credentials its client is made since 3.0 only")
def test_vertex(traced, service):
    """Chats and gaps have one path there."""
    gcp = pytest.importorskip("mistralai.gcp.client", exc_type=ImportError)
    transport = http_of(double).MockTransport(service.answer(answered(CHAT))._reply)
    client = gcp.MistralGCP(project_id="p", access_token="t", client=http_of(double).Client(transport=transport))
    client.chat.complete(**ASKED)
    client.fim.complete(**FILL_IN.arguments)
    assert [span.attributes["gen_ai.operation.name"] for span in traced.spans] == ["chat", "text_completion"]
    assert {span.attributes["gen_ai.provider.name"] for span in traced.spans} == {"gcp.vertex_ai"}


def test_other_servers_are_named_by_their_host(traced, service):
    """A server of one's own, and a gateway."""
    service.answer(answered(CHAT))
    for url in ("http://localhost:11434", "https://gateway.example.com"):
        CHAT.call(service.client(sdk=double, server_url=url))
    assert [span.attributes["gen_ai.provider.name"] for span in traced.spans] == ["ollama", "mistral_ai"]


# The SDK's own spans.


@pytest.fixture
def theirs(monkeypatch):
    """The pipeline that the SDK makes its spans in: the global one."""

    def use(provider):
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
        monkeypatch.setenv("MISTRAL_SDK_TELEMETRY", "global")  # since 3.0 it has to be asked

    return use


@pytest.mark.skipif(not hasattr(import_module(f"{PROVIDER.module}._hooks"), "tracing"), reason="this SDK has none")
class TestItsOwnSpans:
    """Since 1.10 the SDK makes a span of each request, where the application has a pipeline."""

    @pytest.mark.parametrize("streaming", [False, True])
    @pytest.mark.parametrize("asynchronous", [False, True])
    async def test_one_call_is_one_span(self, streaming, asynchronous, traced, theirs, service):
        """Ours; the service is told of it, and an attempt that is made again has none of its own."""
        theirs(traced.tracer_provider)
        busy = reply({"message": "busy"}, 429)
        service.answer(busy, streamed(CHAT) if streaming else answered(CHAT))
        client = service.client(sdk=double, asynchronous=asynchronous, max_retries=2)
        got = CHAT.stream(client) if streaming else CHAT.call(client)
        got = await got if asynchronous else got
        if streaming:
            [chunk async for chunk in got] if asynchronous else list(got)
        assert [span.name for span in traced.processor.started] == ["chat mistral-small-latest"]
        assert traced.output == [["Hello, world"]]
        assert traced.attributes["otel_prompt.request.attempts"] == 2
        parents = [request.headers["traceparent"].split("-")[2] for request in service.requests]
        assert parents == [f"{traced.span.context.span_id:016x}"] * 2

    def test_another_pipeline_is_the_applications_wish(self, traced, theirs, service):
        """What the SDK sends elsewhere it goes on sending there."""
        other = TracerProvider(shutdown_on_exit=False)
        seen = []
        other.add_span_processor(type("Seen", (type(traced.processor),), {"on_end": lambda _, s: seen.append(s)})())
        theirs(other)
        CHAT.call(service.answer(answered(CHAT)).client(sdk=double))
        assert len(traced.spans) == len(seen) == 1

    def test_what_we_do_not_trace_keeps_its_own(self, traced, theirs, service):
        """A list of models has the SDK's span, as without us."""
        theirs(traced.tracer_provider)
        service.answer(reply({"object": "list", "data": []})).client(sdk=double).sdk.models.list()
        [span] = traced.processor.started
        assert span.instrumentation_scope.name != "otel_prompt"
        assert trace.get_current_span() is trace.INVALID_SPAN
