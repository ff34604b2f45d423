"""What is LiteLLM's alone: whose span a call is, where it goes, its router, its cache, its counts."""

from __future__ import annotations

import asyncio

import endpoints
import litellm_endpoints
import pytest
from anthropic_endpoints import message, sent
from endpoint import answered, streamed
from litellm_endpoints import CHAT
from openai_double import reply, sse
from pydantic import BaseModel
from scripted_server import scripted_server

litellm = pytest.importorskip("litellm")
ASKED = CHAT.arguments
pytestmark = [pytest.mark.filterwarnings(f"ignore:{text}") for text in litellm_endpoints.ITS_WARNINGS]
BOTH = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def client(service, **options):
    """A client of a service."""
    return service.client(sdk=CHAT.module, **options)


async def settled(value):
    """The value of a call of either kind."""
    return await value if hasattr(value, "__await__") else value


# One call is one span.


@BOTH
@pytest.mark.parametrize("streaming", [False, True])
async def test_the_client_below_makes_no_span_of_its_own(asynchronous, streaming, traced, service):
    """LiteLLM asks by ``openai``, which is traced too: LiteLLM's span owns the tokens, and there is no other."""
    caller = client(service.answer(streamed(CHAT) if streaming else answered(CHAT)), asynchronous=asynchronous)
    got = await settled((CHAT.stream if streaming else CHAT.call)(caller))
    if streaming:
        assert len([c async for c in got] if asynchronous else list(got)) > 2
    assert traced.output == [["Hello, world"]]
    assert traced.attributes["gen_ai.usage.output_tokens"] == 7
    assert traced.attributes["otel_prompt.cost.total_usd"] > 0


def test_a_call_of_that_client_afterwards_is_its_own(traced, service):
    """What is done between LiteLLM's calls is none of LiteLLM's."""
    inner = service.answer(answered(CHAT)).client()
    litellm.completion(**ASKED, client=inner, api_key="k")
    endpoints.CHAT.call(inner)
    assert [span.name for span in traced.spans] == ["chat gpt-4o", "chat gpt-4o"]


def test_a_function_that_was_imported_before_is_traced(instrument, service):
    """``from litellm import completion`` first, ``instrument()`` then."""
    taken = litellm.completion
    caller = client(service.answer(answered(CHAT)))
    traced = instrument()
    caller.completion(**ASKED)
    taken(**ASKED, client=service.client(), api_key="k")
    assert len(traced.spans) == 2


@pytest.mark.parametrize(
    ("kind", "arguments", "endpoint"),
    [
        (
            "text_completion",
            {"model": "text-completion-openai/gpt-3.5-turbo-instruct", "prompt": "Say hello"},
            "completions",
        ),
        ("embedding", {"model": "openai/text-embedding-3-small", "input": ["one", "two"]}, "embeddings"),
        ("image_generation", {"model": "openai/gpt-image-1", "prompt": "A hello"}, "images"),
    ],
)
@BOTH
async def test_each_function_is_one_span(kind, arguments, endpoint, asynchronous, traced, service):
    """With the operation, the model as the service knows it, and the tokens."""
    known = next(e for e in endpoints.ALL if e.name == endpoint)
    await settled(getattr(client(service.answer(answered(known)), asynchronous=asynchronous), kind)(**arguments))
    assert traced.span.name == f"{known.operation} {arguments['model'].partition('/')[2]}"
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert traced.attributes["gen_ai.provider.name"] == "openai"


@BOTH
async def test_arguments_by_place(asynchronous, traced, service):
    """The first ones may come without their names."""
    await settled(
        client(service.answer(answered(CHAT)), asynchronous=asynchronous).completion(
            "openai/gpt-4o", endpoints.QUESTION, temperature=0.5
        )
    )
    assert traced.content("input.messages")[0]["parts"][0]["content"] == "Say hello"
    assert traced.attributes["gen_ai.request.temperature"] == 0.5


# Where it goes.


@pytest.mark.parametrize(
    ("asked", "model", "name", "address"),
    [
        ({"model": "gpt-4o"}, "gpt-4o", "openai", None),
        ({"model": "azure/mine", "api_base": "https://a.b.azure.com"}, "mine", "azure.ai.openai", "a.b.azure.com"),
        ({"model": "mistral/mistral-large-latest"}, "mistral-large-latest", "mistral_ai", "api.mistral.ai"),
        ({"model": "m", "custom_llm_provider": "xai"}, "m", "x_ai", "api.x.ai"),
        ({"model": "openai/m", "api_base": "http://localhost:8000/v1"}, "m", "local", "localhost"),
        ({"model": "openai/m", "api_base": "https://llm.example.com/v1"}, "m", "openai_compatible", "llm.example.com"),
        ({"model": "bedrock/us.anthropic.claude-x"}, "us.anthropic.claude-x", "aws.bedrock", None),
        ({"model": "nobody/knows"}, "nobody/knows", "litellm", None),
    ],
)  # fmt: skip
def test_who_answers(asked, model, name, address):
    """The service and its model by LiteLLM's own routing; the address where that is known."""
    from otel_prompt.providers.litellm import call

    log = type("Logging", (), {"call_type": "acompletion"})()
    found = call((), {**asked, "messages": [], "litellm_logging_obj": log})
    assert (found.body["model"], found.server.provider, found.server.address) == (model, name, address)


def test_a_model_of_nobody(instrument, capsys):
    """The caller gets LiteLLM's error, and its list of providers no more often than without us."""

    def ask():
        with pytest.raises(litellm.BadRequestError):
            litellm.completion(model="nobody-knows", messages=endpoints.QUESTION)
        return capsys.readouterr().out

    without = ask()
    traced = instrument()
    assert ask() == without
    assert traced.attributes["error.type"] == "litellm.exceptions.BadRequestError"


BUSY = (429, {"error": {"message": "busy"}})


@BOTH
async def test_a_router_s_attempts_are_calls(asynchronous, traced):
    """The first deployment refuses, the second answers: a call that failed and one that did not."""
    with scripted_server(BUSY, CHAT.answer) as (address, _):
        deployment = {"model": "openai/gpt-4o", "api_key": "k", "api_base": address, "max_retries": 0}
        models = [{"model_name": name, "litellm_params": deployment} for name in ("first", "second")]
        router = litellm.Router(models, fallbacks=[{"first": ["second"]}], num_retries=0)
        ask = router.acompletion if asynchronous else router.completion
        got = await settled(ask("first", endpoints.QUESTION))
    assert got.choices[0].message.content == "Hello, world"
    assert [span.status.status_code.name for span in traced.spans] == ["ERROR", "UNSET"]
    assert traced.spans[0].attributes["http.response.status_code"] == 429


def test_fallbacks_of_a_call_are_calls(traced):
    """What is asked of another model is another call."""
    with scripted_server(BUSY, CHAT.answer) as (address, _):
        asked = {**ASKED, "api_base": address, "api_key": "k", "max_retries": 0}
        litellm.completion(**asked, fallbacks=["openai/gpt-4o-mini"])
    assert [span.name for span in traced.spans] == ["chat gpt-4o", "chat gpt-4o-mini"]
    assert [span.status.status_code.name for span in traced.spans] == ["ERROR", "UNSET"]


def test_an_answer_from_the_cache_is_no_call(traced, service, monkeypatch):
    """Nothing was asked of a model, and nothing was paid."""
    monkeypatch.setattr(litellm, "cache", litellm.Cache(type="local"))
    caller = client(service.answer(answered(CHAT)))
    for _ in range(2):
        try:
            got = caller.completion(**ASKED, caching=True)
        except ModuleNotFoundError as error:
            pytest.skip(f"this version's cache needs what is not installed: {error.name}")
        assert got.choices[0].message.content == "Hello, world"
    assert len(service.requests) == len(traced.spans) == 1


# What is said and counted.


@pytest.mark.parametrize("streaming", [False, True])
def test_what_anthropic_s_cache_read_and_wrote(streaming, traced):
    """By HTTP and without ``openai``: the input is all of it, and the parts are beside it."""
    answer, kind = (sent(), "text/event-stream") if streaming else (message(), "application/json")
    with scripted_server(answer, kind=kind) as (address, _):
        asked = {**ASKED, "model": "anthropic/claude-sonnet-4-6", "api_base": address, "api_key": "k"}
        got = litellm.completion(**asked, stream=streaming)
        if streaming:
            list(got)
    found = {k.removeprefix("gen_ai.usage."): v for k, v in traced.attributes.items() if "gen_ai.usage" in k}
    assert traced.output == [["Hello, world"]]
    assert traced.attributes["gen_ai.provider.name"] == "anthropic"
    if streaming and "input_tokens" not in found:
        pytest.skip("this version counts no input of such a stream")
    assert (found["input_tokens"], found["output_tokens"]) == (11, 7)
    assert (found["cache_read.input_tokens"], found["cache_write.input_tokens"]) == (3, 2)


def test_a_stream_that_was_told_no_tokens_has_none(traced):
    """Without ``include_usage`` many servers do not count; what LiteLLM works out by itself is a guess."""
    pieces = sse(*CHAT.events[:3], endpoints.chunk(finish="stop"), "[DONE]")
    with scripted_server(b"".join(pieces), kind="text/event-stream") as (address, _):
        asked = {**ASKED, "model": "openai/mine", "api_base": address, "api_key": "k"}
        assert len(list(litellm.completion(**asked, stream=True))) > 2
    assert traced.output == [["Hello, world"]]
    assert not [name for name in traced.attributes if "usage" in name]


def test_usage_can_be_asked_for(instrument, service):
    """On ``stream_usage``, and not where the caller has said."""
    traced = instrument(stream_usage=True)
    caller = client(service.answer(streamed(CHAT)))
    list(caller.completion(**ASKED, stream=True))
    list(caller.completion(**ASKED, stream=True, stream_options={"include_usage": False}))
    assert [body["stream_options"]["include_usage"] for body in service.bodies] == [True, False]
    assert traced.spans[0].attributes["gen_ai.usage.output_tokens"] == 7


def test_a_class_for_the_answer(traced, service):
    """Structured output, tools and their calls."""

    class City(BaseModel):
        name: str

    called = [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"name": "Paris"}'}}]
    tools = [{"type": "function", "function": {"name": "find", "parameters": City.model_json_schema()}}]
    caller = client(service.answer(reply(endpoints.chat(None, finish="tool_calls", tool_calls=called))))
    caller.completion(**ASKED, response_format=City, tools=tools)
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.content("tool.definitions")[0]["name"] == "find"
    [said] = traced.content("output.messages")
    assert said["parts"] == [{"type": "tool_call", "id": "c1", "name": "find", "arguments": {"name": "Paris"}}]


async def test_responses(traced, service):
    """Of a model with that API, and of one that LiteLLM has to ask for a chat."""
    with scripted_server(message()) as (address, _):
        asked = {"model": "anthropic/claude-sonnet-4-6", "api_base": address, "api_key": "k"}
        await asyncio.to_thread(litellm.responses, input="Say hello", **asked)
        await litellm.aresponses(input="Say hello", **asked)
    for span in traced.spans:
        assert (span.name, span.attributes["gen_ai.usage.output_tokens"]) == ("chat claude-sonnet-4-6", 7)
    assert len(traced.processor.started) == len(traced.spans) == 2
