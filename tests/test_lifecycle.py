"""The life of a span, once for every endpoint of every client: one span, ended once, with what came and its status."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
import threading
from contextlib import suppress
from contextvars import copy_context
from importlib import import_module
from types import CellType

import litellm_endpoints
import openai
import pytest
from endpoint import answered, streamed
from endpoints import CHAT, COMPLETIONS, EMBEDDINGS, IMAGES, RESPONSES
from every_endpoint import ALL, CHATS, STREAMED
from openai_double import JSON, http_of, reply
from opentelemetry import trace

from otel_prompt.providers import provider
from otel_prompt.raised import error_type
from otel_prompt.seam import seam

pytestmark = [
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),  # the SDK's, of translations
    *(pytest.mark.filterwarnings(f"ignore:{text}") for text in litellm_endpoints.ITS_WARNINGS),
]

EVERY = pytest.mark.parametrize("endpoint", ALL, ids=lambda e: e.name)
EACH = pytest.mark.parametrize("endpoint", CHATS, ids=lambda e: e.sdk)
STREAMS = pytest.mark.parametrize("endpoint", STREAMED, ids=lambda e: e.name)
RAW = pytest.mark.parametrize("endpoint", [e for e in ALL if e.raw], ids=lambda e: e.name)
EACH_RAW = pytest.mark.parametrize("endpoint", [e for e in CHATS if e.raw], ids=lambda e: e.sdk)
RAW_STREAMS = pytest.mark.parametrize("endpoint", [e for e in STREAMED if e.raw], ids=lambda e: e.name)
STREAMS_IN_ALL_WAYS = pytest.mark.parametrize(
    ("endpoint", "wrapper"),
    [pytest.param(e, w, id=f"{e.name}-{w}") for e in STREAMED for w in (None, "with_raw_response") if e.raw or not w],
)
BOTH = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


async def settled(value):
    """The value of a call of either client."""
    return await value if inspect.isawaitable(value) else value


async def chunks_of(stream):
    """All chunks of a stream of either kind."""
    return [c async for c in stream] if hasattr(stream, "__anext__") else list(stream)


def one(stream):
    """The next chunk of a synchronous stream, of which some are no iterators."""
    return next(stream if hasattr(stream, "__next__") else iter(stream))


async def closed(stream):
    """Close a stream of either kind, by what its SDK has for it.

    The generators inside an asynchronous generator are closed by the loop, in tasks of their own.
    """
    for owner in (stream, getattr(stream, "response", None)):
        for name in ("close", "aclose"):
            if hasattr(owner, name) and not (name == "close" and hasattr(owner, "aiter_bytes") and _is_async(stream)):
                await settled(getattr(owner, name)())
                if inspect.isasyncgen(stream):
                    await turns()
                return


def _is_async(stream):
    return hasattr(stream, "__anext__")


async def turns():
    """Let the loop do what it has to, such as to close a generator that was dropped."""
    for _ in range(20):
        await asyncio.sleep(0)


async def some(stream, count):
    """The first chunks of a stream of either kind."""
    for _ in range(count):
        await (stream.__anext__() if hasattr(stream, "__anext__") else settled(one(stream)))


def all_came(endpoint, chunks, read=0):
    """Whether these are all chunks of a stream, but for those that were read before."""
    left = len(endpoint.events) - read
    return len(chunks) >= left - 1 if endpoint.remade else len(chunks) == left


def check(traced, endpoint, *, text, status="UNSET", tokens=True):
    """One span of the endpoint with this text and status."""
    span = traced.span
    assert span.attributes["gen_ai.operation.name"] == endpoint.operation
    assert span.status.status_code.name == status
    if text is not None:
        assert traced.output == [[text]]
    found = (span.attributes.get("gen_ai.usage.input_tokens"), span.attributes.get("gen_ai.usage.output_tokens"))
    partial = endpoint.partial_tokens if text is not None else (None, None)
    assert found == ((endpoint.tokens or (None, None)) if tokens else partial)
    assert ("error.type" in span.attributes) is (status == "ERROR")


# Calls.


@BOTH
@EVERY
async def test_a_call_is_one_span(endpoint, asynchronous, traced, service):
    """Every endpoint of either client: output, tokens, no error."""
    client = service.answer(answered(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    await settled(endpoint.call(client))
    check(traced, endpoint, text=endpoint.text)


@BOTH
@RAW
async def test_a_raw_call_is_the_same_span(endpoint, asynchronous, traced, service):
    """``with_raw_response``: the caller has the response, the span what is in it."""
    client = service.answer(answered(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    raw = await settled(endpoint.call(client, "with_raw_response"))
    assert raw.status_code == 200
    assert await settled(raw.parse())
    check(traced, endpoint, text=endpoint.text)


@BOTH
@RAW
async def test_a_streaming_response_ends_when_it_is_read(endpoint, asynchronous, traced, service):
    """``with_streaming_response``: the span is open until the body has been read, and knows the body."""
    client = service.answer(answered(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    if asynchronous:
        async with endpoint.call(client, "with_streaming_response") as response:
            assert traced.spans == []
            await response.parse()
    else:
        with endpoint.call(client, "with_streaming_response") as response:
            assert traced.spans == []
            response.parse()
    check(traced, endpoint, text=endpoint.text)


@EACH_RAW
@BOTH
async def test_a_streaming_response_that_is_not_read_ends_with_its_block(endpoint, asynchronous, traced, service):
    """Only the headers were of interest: one span, no output."""
    client = service.answer(answered(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    if asynchronous:
        async with endpoint.call(client, "with_streaming_response") as response:
            assert response.status_code == 200
    else:
        with endpoint.call(client, "with_streaming_response") as response:
            assert response.status_code == 200
    assert traced.output == []
    assert traced.span.status.status_code.name == "UNSET"


@EACH_RAW
@pytest.mark.parametrize("reader", ["read", "text", "json", "iter_bytes", "iter_text", "iter_lines"])
def test_a_streaming_response_is_heard_however_it_is_read(endpoint, reader, traced, service):
    """Whole or in pieces, as bytes, as text or as lines: the span knows the body."""
    client = service.answer(answered(endpoint)).client(sdk=endpoint.module)
    with endpoint.call(client, "with_streaming_response") as response:
        got = getattr(response, reader)()
        assert list(got)
    check(traced, endpoint, text=endpoint.text)


@EACH_RAW
def test_a_compressed_body_is_heard(endpoint, traced, service):
    """What travels compressed is read as the caller reads it."""
    import gzip
    import json

    body = gzip.compress(json.dumps(endpoint.answer).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    client = service.answer(reply(body, headers=headers)).client(sdk=endpoint.module)
    with endpoint.call(client, "with_streaming_response") as response:
        assert response.parse()
    check(traced, endpoint, text=endpoint.text)


# Failures.


@BOTH
@EVERY
@pytest.mark.parametrize("status", [400, 429, 500])
async def test_a_refused_call_is_an_error_with_its_http_status(endpoint, asynchronous, status, traced, service):
    """The provider's error, its class and the HTTP status are on the span; the caller gets the same exception."""
    answer = reply({"error": {"message": "It went wrong", "code": "wrong"}, "message": "It went wrong"}, status)
    client = service.answer(answer).client(sdk=endpoint.module, asynchronous=asynchronous)
    with pytest.raises(endpoint.module.APIStatusError) as caught:
        await settled(endpoint.call(client))
    assert endpoint.status_of(caught.value) == status
    check(traced, endpoint, text=None, status="ERROR", tokens=False)
    assert traced.attributes["http.response.status_code"] == status
    assert traced.attributes["error.type"] == error_type(caught.value)
    assert "It went wrong" in traced.span.status.description
    [event] = traced.span.events
    assert (event.name, event.attributes["exception.type"]) == ("exception", traced.attributes["error.type"])


@EACH_RAW
@BOTH
@pytest.mark.parametrize("wrapper", ["with_raw_response", "with_streaming_response"])
async def test_a_refused_raw_call_is_an_error(endpoint, wrapper, asynchronous, traced, service):
    """Raw calls raise as plain ones do."""
    client = service.answer(reply({"error": {"message": "No"}}, 400)).client(
        sdk=endpoint.module, asynchronous=asynchronous
    )

    async def call():
        made = endpoint.call(client, wrapper)
        if wrapper == "with_raw_response":
            await settled(made)
        elif asynchronous:
            await made.__aenter__()
        else:
            made.__enter__()

    with pytest.raises(endpoint.module.BadRequestError):
        await call()
    check(traced, endpoint, text=None, status="ERROR", tokens=False)


@BOTH
@EVERY
async def test_a_connection_that_fails_is_an_error(endpoint, asynchronous, traced, service):
    """No answer at all: an error without HTTP status."""
    client = service.answer(http_of(endpoint.module).ConnectError("no route")).client(
        sdk=endpoint.module, asynchronous=asynchronous
    )
    with pytest.raises(endpoint.module.APIConnectionError) as caught:
        await settled(endpoint.call(client))
    check(traced, endpoint, text=None, status="ERROR", tokens=False)
    assert traced.attributes["error.type"] == error_type(caught.value)
    # LiteLLM's exceptions have a status where there was none.
    assert traced.attributes.get("http.response.status_code") == getattr(caught.value, "status_code", None)


@EACH
@BOTH
async def test_retries_are_one_span_with_their_number(endpoint, asynchronous, traced, service, monkeypatch):
    """429, 429, 200 is one call of three attempts."""
    endpoint.without_pause(monkeypatch)
    said = {**JSON, "x-amzn-errortype": "ThrottlingException"}
    busy = [reply({"error": {"message": "busy"}}, 429, said) for _ in range(2)]
    client = service.answer(*busy, answered(endpoint)).client(
        sdk=endpoint.module, asynchronous=asynchronous, max_retries=2
    )
    await settled(endpoint.call(client))
    check(traced, endpoint, text=endpoint.text)
    assert traced.attributes["otel_prompt.request.attempts"] == 3


@EACH
def test_retries_that_end_in_an_error_are_counted(endpoint, traced, service, monkeypatch):
    """Two attempts, both refused: one span, in error."""
    endpoint.without_pause(monkeypatch)
    client = service.answer(*[reply({"error": {"message": "busy"}}, 503) for _ in range(2)]).client(
        sdk=endpoint.module, max_retries=1
    )
    with pytest.raises(endpoint.module.InternalServerError):
        endpoint.call(client)
    assert traced.attributes["otel_prompt.request.attempts"] == 2
    assert traced.attributes["http.response.status_code"] == 503


@EACH
def test_a_call_without_retries_does_not_say_so(endpoint, traced, service):
    """One attempt is the rule, and no attribute."""
    endpoint.call(service.answer(answered(endpoint)).client(sdk=endpoint.module))
    assert "otel_prompt.request.attempts" not in traced.attributes


@EACH
def test_a_keyboard_interrupt_ends_the_span(endpoint, traced, service):
    """What is no ``Exception`` passes through us, and is noted."""
    client = service.answer(KeyboardInterrupt()).client(sdk=endpoint.module)
    with pytest.raises(KeyboardInterrupt):
        endpoint.call(client)
    check(traced, endpoint, text=None, status="ERROR", tokens=False)
    assert traced.attributes["error.type"] == "KeyboardInterrupt"


# Streams.


@BOTH
@STREAMS
async def test_a_stream_read_to_its_end(endpoint, asynchronous, traced, service):
    """All of the output, the usage, and the time to the first chunk."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    assert all_came(endpoint, await chunks_of(await settled(endpoint.stream(client))))
    check(traced, endpoint, text=endpoint.text)
    assert traced.attributes["gen_ai.request.stream"] is True
    assert traced.attributes["gen_ai.response.time_to_first_chunk"] > 0


@BOTH
@RAW_STREAMS
async def test_a_raw_stream(endpoint, asynchronous, traced, service):
    """``with_raw_response`` and ``parse()``: the same span as without."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    raw = await settled(endpoint.stream(client, "with_raw_response"))
    assert len(await chunks_of(await settled(raw.parse()))) == len(endpoint.events)
    check(traced, endpoint, text=endpoint.text)
    assert traced.attributes["gen_ai.response.time_to_first_chunk"] > 0


@BOTH
@RAW_STREAMS
async def test_a_streaming_response_of_a_stream(endpoint, asynchronous, traced, service):
    """``with_streaming_response``: lines as they come, or chunks by ``parse()``."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    if asynchronous:
        async with endpoint.stream(client, "with_streaming_response") as response:
            assert [line async for line in response.iter_lines()]
    else:
        with endpoint.stream(client, "with_streaming_response") as response:
            assert len(list(response.parse())) == len(endpoint.events)
    check(traced, endpoint, text=endpoint.text)


@BOTH
@STREAMS_IN_ALL_WAYS
async def test_a_stream_that_is_cut(endpoint, asynchronous, wrapper, traced, service):
    """The connection breaks midway: what has come is kept, and it is an error."""
    cut = http_of(endpoint.module).ReadError
    client = service.answer(streamed(endpoint, cut("cut"))).client(sdk=endpoint.module, asynchronous=asynchronous)
    got = await settled(endpoint.stream(client, wrapper))
    got = await settled(got.parse()) if wrapper else got
    with pytest.raises((endpoint.module.APIConnectionError, cut)):
        await chunks_of(got)
    check(traced, endpoint, text=endpoint.partial, status="ERROR", tokens=False)


@BOTH
@STREAMS_IN_ALL_WAYS
async def test_an_error_event_in_a_stream(endpoint, asynchronous, wrapper, traced, service):
    """The service says midway that it failed: what has come is kept, and it is an error."""
    strict = getattr(endpoint.module, "RAISES", endpoint.strict)
    client = service.answer(streamed(endpoint, endpoint.fault)).client(sdk=endpoint.module, asynchronous=asynchronous)
    got = await settled(endpoint.stream(client, wrapper))
    got = await settled(got.parse()) if wrapper else got
    with pytest.raises(endpoint.module.APIError, match="overloaded") if strict else suppress(Exception):
        await chunks_of(got)
    del got  # the oldest SDKs leave the response open here
    gc.collect()
    await turns()
    check(traced, endpoint, text=endpoint.partial, status="ERROR", tokens=False)


@BOTH
@STREAMS_IN_ALL_WAYS
async def test_closing_a_stream_early(endpoint, asynchronous, wrapper, traced, service):
    """``close()`` is no error: the caller had enough."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    got = await settled(endpoint.stream(client, wrapper))
    got = await settled(got.parse()) if wrapper else got
    await some(got, endpoint.seen)
    assert traced.spans == []
    await closed(got)
    if wrapper:  # pieces arrive before they are chunks: of a raw stream no less is known than the caller saw
        assert traced.span.status.status_code.name == "UNSET"
    else:
        check(traced, endpoint, text=endpoint.partial, tokens=False)


@STREAMS
async def test_aclose_is_close(endpoint, traced, service):
    """The name that other asynchronous things have for it, where the SDK has it."""
    if not hasattr(endpoint.module.AsyncStream, "aclose"):
        pytest.skip("this SDK's stream has no aclose")
    got = await settled(
        endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=True))
    )
    await some(got, endpoint.seen)
    await (closed(got) if inspect.isasyncgen(got) else got.aclose())
    check(traced, endpoint, text=endpoint.partial, tokens=False)


@BOTH
@STREAMS
async def test_breaking_out_of_a_block(endpoint, asynchronous, traced, service):
    """``with`` and ``break``: what has come, no error."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    if not hasattr(endpoint.module.Stream, "__enter__"):
        pytest.skip("this SDK's stream is no block")
    if asynchronous:
        async with endpoint.block(await settled(endpoint.stream(client))) as got:
            await some(got, endpoint.seen)
    else:
        with endpoint.block(endpoint.stream(client)) as got:
            for n, _ in enumerate(got, 1):
                if n == endpoint.seen:
                    break
    check(traced, endpoint, text=endpoint.partial, tokens=False)


@BOTH
@STREAMS
async def test_breaking_and_letting_go(endpoint, asynchronous, traced, service):
    """A plain ``break``, the stream dropped: the span ends there and then, without error."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)

    async def leave():
        n = 0
        if asynchronous:
            async for _ in await settled(endpoint.stream(client)):
                n += 1
                if n == endpoint.seen:
                    break
        else:
            for _ in endpoint.stream(client):
                n += 1
                if n == endpoint.seen:
                    break

    gc.disable()
    try:
        await leave()
        if not endpoint.watched:
            await turns()  # Python closes an asynchronous generator in a task of its own
        check(traced, endpoint, text=endpoint.partial, tokens=False)
    finally:
        gc.enable()


@BOTH
@STREAMS_IN_ALL_WAYS
async def test_a_stream_that_is_never_read(endpoint, asynchronous, wrapper, traced, service):
    """Dropped unread: one span, no output, no error."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    got = await settled(endpoint.stream(client, wrapper))
    if not traced.processor.started:
        return  # the SDK's stream is a generator, which asks for nothing until it is read
    assert traced.spans == []
    del got
    await turns()
    gc.collect()
    assert traced.span.status.status_code.name == "UNSET"
    assert traced.output == []


@RAW_STREAMS
def test_an_exception_of_the_callers_inside_the_block(endpoint, traced, service):
    """It is the caller's, it goes on to the caller, and the span says that the call did not end well.

    Where not the stream is watched, but its bytes, nothing says why it was closed.
    """
    if not hasattr(endpoint.module.Stream, "__enter__"):
        pytest.skip("this SDK's stream is no block")

    def read():
        with endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module)) as got:
            for n, _ in enumerate(got, 1):
                if n == endpoint.seen:
                    1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        read()
    check(traced, endpoint, text=endpoint.partial, status="ERROR" if endpoint.watched else "UNSET", tokens=False)
    assert traced.attributes.get("error.type") == ("ZeroDivisionError" if endpoint.watched else None)


@EACH
def test_a_keyboard_interrupt_in_a_stream(endpoint, traced, service):
    """Control-C while a chunk is awaited."""
    got = endpoint.stream(service.answer(streamed(endpoint, KeyboardInterrupt())).client(sdk=endpoint.module))
    with pytest.raises(KeyboardInterrupt):
        list(got)
    check(traced, endpoint, text=endpoint.partial, status="ERROR", tokens=False)


@STREAMS
def test_a_stream_read_in_another_thread(endpoint, traced, service):
    """Made here, read there: one span, nothing left attached in either."""
    got = endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module))
    after: list[trace.Span] = []

    def read():
        list(got)
        after.append(trace.get_current_span())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert after == [trace.INVALID_SPAN]
    check(traced, endpoint, text=endpoint.text)


@STREAMS
async def test_a_stream_read_and_closed_in_other_tasks(endpoint, traced, service):
    """Made in one task, begun in a second, closed in a third."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=True)
    got = await asyncio.create_task(settled(endpoint.stream(client)))
    await asyncio.create_task(some(got, endpoint.seen))
    await asyncio.create_task(closed(got))
    check(traced, endpoint, text=endpoint.partial, tokens=False)


@EACH
def test_a_stream_read_in_another_context(endpoint, traced, service):
    """Generators of web frameworks run in contexts of their own."""
    got = endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module))
    copy_context().run(one, got)
    copy_context().run(list, got)
    check(traced, endpoint, text=endpoint.text)


@EACH
async def test_cancelling_a_call(endpoint, traced, service):
    """A task is cancelled while the answer is awaited: the span ends, with the reason."""
    waiting = asyncio.Event()

    async def never(_):
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(endpoint.call(service.answer(never).client(sdk=endpoint.module, asynchronous=True)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    check(traced, endpoint, text=None, status="ERROR", tokens=False)
    assert traced.attributes["error.type"].endswith("CancelledError")


@EACH_RAW  # aiobotocore has a context of its own, and complains there itself
async def test_a_call_that_is_given_up_in_another_context(endpoint, traced, service):
    """A coroutine that nobody awaits any more is closed wherever it is freed: the span ends, nothing complains."""

    async def never(_):
        await asyncio.sleep(0)

    abandoned = endpoint.call(service.answer(never).client(sdk=endpoint.module, asynchronous=True))
    copy_context().run(abandoned.send, None)
    abandoned.close()
    check(traced, endpoint, text=None, status="ERROR", tokens=False)
    assert traced.attributes["error.type"] == "GeneratorExit"


@STREAMS
async def test_cancelling_a_stream(endpoint, traced, service):
    """A task is cancelled while a chunk is awaited: what has come is kept."""
    got = await settled(
        endpoint.stream(
            service.answer(streamed(endpoint, asyncio.Event())).client(sdk=endpoint.module, asynchronous=True)
        )
    )
    await some(got, endpoint.seen)
    task = asyncio.create_task(got.__anext__())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    check(traced, endpoint, text=endpoint.partial, status="ERROR", tokens=False)
    assert traced.attributes["error.type"].endswith("CancelledError")


@EACH
async def test_a_timeout_around_a_stream(endpoint, traced, service):
    """``asyncio.timeout`` and ``wait_for`` work by cancellation."""
    got = await settled(
        endpoint.stream(
            service.answer(streamed(endpoint, asyncio.Event())).client(sdk=endpoint.module, asynchronous=True)
        )
    )
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(chunks_of(got), 0.05)
    check(traced, endpoint, text=endpoint.partial, status="ERROR", tokens=False)


# Helpers.


def test_the_chat_stream_helper(traced, service):
    """``chat.completions.stream()``: events for the caller, one span for us."""
    client = service.answer(streamed(CHAT)).client()
    with client.chat.completions.stream(**CHAT.arguments) as helper:
        assert helper.get_final_completion().choices[0].message.content == "Hello, world"
    check(traced, CHAT, text="Hello, world")


async def test_the_asynchronous_chat_stream_helper(traced, service):
    """Its asynchronous twin."""
    client = service.answer(streamed(CHAT)).client(asynchronous=True)
    async with client.chat.completions.stream(**CHAT.arguments) as helper:
        assert [event.type async for event in helper][-1] == "content.done"
    check(traced, CHAT, text="Hello, world")


@pytest.mark.parametrize("leave", ["break", "close", "nothing"])
def test_leaving_the_chat_stream_helper_early(leave, traced, service):
    """The helper closes the response, not the stream that we watch."""
    client = service.answer(streamed(CHAT)).client()
    with client.chat.completions.stream(**CHAT.arguments) as helper:
        if leave != "nothing":
            next(helper)
        if leave == "close":
            helper.close()
            assert len(traced.spans) == 1
    assert traced.span.status.status_code.name == "UNSET"


def test_the_responses_stream_helper(traced, service):
    """``responses.stream()``."""
    client = service.answer(streamed(RESPONSES)).client()
    with client.responses.stream(**RESPONSES.arguments) as helper:
        assert helper.get_final_response().output_text == "Hello, world"
    check(traced, RESPONSES, text="Hello, world")


async def test_the_asynchronous_responses_stream_helper(traced, service):
    """Its asynchronous twin, left early."""
    client = service.answer(streamed(RESPONSES)).client(asynchronous=True)
    async with client.responses.stream(**RESPONSES.arguments) as helper:
        async for event in helper:
            if event.type == "response.output_text.delta":
                break
    check(traced, RESPONSES, text="Hello", tokens=False)


# The stream is the SDK's own.


@BOTH
@STREAMS
async def test_a_stream_is_what_the_sdk_makes(endpoint, asynchronous, traced, service):
    """Its type, its attributes and its ``repr`` are the SDK's."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    got = await settled(endpoint.stream(client))
    kind = endpoint.module.AsyncStream if asynchronous else endpoint.module.Stream
    if "__instancecheck__" not in vars(type(kind)):  # anthropic before 1.0 takes no stand-in for a stream
        assert isinstance(got, kind)
    assert got.__class__.__name__ == kind.__name__
    if endpoint.watched:
        if endpoint.raw:
            assert got.response.status_code == 200
        if not inspect.isgenerator(got) and not inspect.isasyncgen(got):  # which take no attribute
            got.mine = 1
            assert got.mine == 1
    await closed(got)


@EACH_RAW
def test_two_readers_of_one_stream(endpoint, traced, service):
    """A loop that stops and goes on, with ``next`` in between, as the SDK's own stream allows."""
    got = endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module))
    for _ in got:
        break
    one(got)
    assert len(list(got)) == len(endpoint.events) - 2
    check(traced, endpoint, text=endpoint.text)


@EACH
async def test_two_readers_of_one_asynchronous_stream(endpoint, traced, service):
    """The same, asynchronously."""
    got = await settled(
        endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=True))
    )
    async for _ in got:
        break
    await got.__anext__()
    assert all_came(endpoint, [c async for c in got], read=2)
    check(traced, endpoint, text=endpoint.text)


# The caller's current span is the caller's own.


@BOTH
@STREAMS
async def test_the_current_span_is_the_callers_own(endpoint, asynchronous, traced, service):
    """Before, between ``create`` and the end of the stream, and after: its children are siblings of ours."""
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    with traced.tracer.start_as_current_span("caller") as mine:
        got = await settled(endpoint.stream(client))
        assert trace.get_current_span() is mine
        await some(got, endpoint.seen)
        assert trace.get_current_span() is mine
        await closed(got)
        assert trace.get_current_span() is mine
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert traced.span.parent.span_id == mine.get_span_context().span_id


@EACH
@BOTH
async def test_what_the_http_client_traces_is_a_child(endpoint, asynchronous, traced, service):
    """While the request is made, our span is the current one: an HTTP instrumentation's span belongs to it."""
    seen: list[trace.Span] = []

    def answer(_):
        seen.append(trace.get_current_span())
        return answered(endpoint)(_)

    await settled(endpoint.call(service.answer(answer).client(sdk=endpoint.module, asynchronous=asynchronous)))
    assert [s.get_span_context().span_id for s in seen] == [traced.span.context.span_id]


@EACH
async def test_calls_side_by_side_do_not_mix(endpoint, traced, service):
    """Fifty tasks: fifty spans, each with its own answer."""
    if not endpoint.identified:
        pytest.skip("this SDK's answers have no id")

    async def answer(request):
        await asyncio.sleep(0)
        import json

        asked = endpoint.asked(json.loads(request.content))
        return reply(endpoint.named(asked), headers={**JSON, "x-amzn-requestid": asked})(request)

    client = service.answer(answer).client(sdk=endpoint.module, asynchronous=True)
    asked = [f"number {n}" for n in range(50)]
    await asyncio.gather(*(endpoint.bound(client)(**endpoint.asking(text)) for text in asked))
    assert sorted(s.attributes["gen_ai.response.id"] for s in traced.spans) == sorted(asked)
    for span in traced.spans:
        assert f'"content":"{span.attributes["gen_ai.response.id"]}"' in span.attributes["gen_ai.input.messages"]


# On and off.


def seams(endpoint):
    """The place of each function of an SDK that is wrapped."""
    it = provider(endpoint.client or endpoint.sdk)
    for path in (*it.methods, *it.attempts, *it.own_spans, *it.own_tracers):
        module, name = it.place(path)
        with suppress(AttributeError, ModuleNotFoundError):  # an older SDK makes no spans
            yield seam(import_module(module), name)


def _dicts(endpoint):
    named = [getattr(endpoint.module, name, None) for name in ("Client", "AsyncClient")]
    owners = [*filter(None, named), openai.AzureOpenAI, *(place.owner for place in seams(endpoint))]
    return [
        id(owner.cell_contents) if type(owner) is CellType else {name: id(value) for name, value in vars(owner).items()}
        for owner in owners
    ]


@EACH
def test_undo_is_exact(endpoint, instrument, service):
    """After ``remove`` the dicts of classes and modules are as they were, and nothing is traced."""
    before = _dicts(endpoint)
    traced = instrument()
    assert _dicts(endpoint) != before
    traced.remove()
    traced.remove()
    assert _dicts(endpoint) == before
    endpoint.call(service.answer(answered(endpoint)).client(sdk=endpoint.module))
    assert traced.processor.started == []


@EACH
def test_a_stream_that_outlives_the_instrumentation(endpoint, instrument, service):
    """Begun before ``remove``, read after it: one span, whole."""
    traced = instrument()
    got = endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module))
    one(got)
    traced.remove()
    list(got)
    check(traced, endpoint, text=endpoint.text)


@EACH
def test_undo_in_the_wrong_order(endpoint, instrument, service):
    """Another's wrapper that was put around ours stays, works, and sees the call as it is; ours is silent."""
    place = next(seams(endpoint))
    traced = instrument()
    ours, seen = getattr(place.owner, place.name), []

    def theirs(*args, **kwargs):
        seen.append(1)
        return ours(*args, **kwargs)

    place.put(theirs)
    try:
        traced.remove()
        assert getattr(place.owner, place.name) is theirs
        endpoint.call(service.answer(answered(endpoint)).client(sdk=endpoint.module))
        assert (seen, traced.processor.started) == ([1], [])
    finally:
        place.restore(theirs)


@EACH
def test_two_instrumentations_make_one_span(endpoint, instrument, service):
    """Instrumented twice by mistake: the outer one records, the inner one keeps out."""
    first, second = instrument(), instrument()
    endpoint.call(service.answer(answered(endpoint)).client(sdk=endpoint.module))
    assert len(first.processor.started) + len(second.processor.started) == 1


@EACH_RAW
def test_subclasses_and_options_are_traced(endpoint, traced, service):
    """A class of the user's own, and a client made by ``with_options``."""
    if not hasattr(endpoint.module.Client, "with_options"):
        pytest.skip("this SDK has no with_options")

    class Mine(endpoint.module.Client):
        pass

    client = service.answer(answered(endpoint)).client(sdk=endpoint.module, kind=Mine)
    endpoint.call(client.with_options(timeout=5, max_retries=0))
    check(traced, endpoint, text=endpoint.text)


def test_azure_is_named_by_its_host(traced, service):
    """Azure's client, its host, its path with the deployment."""
    service.answer(answered(CHAT))
    azure = {"azure_endpoint": "https://mine.openai.azure.com", "api_version": "2025-01-01-preview"}
    CHAT.call(service.client(kind=openai.AzureOpenAI, **azure))
    check(traced, CHAT, text="Hello, world")
    assert traced.attributes["gen_ai.provider.name"] == "azure.ai.openai"
    assert traced.attributes["server.address"] == "mine.openai.azure.com"
    assert "/deployments/gpt-4o/" in str(service.requests[0].url)


# What reaches the metrics does so for all ways to end.


@pytest.mark.parametrize("endpoint", [CHAT, COMPLETIONS, EMBEDDINGS, IMAGES], ids=lambda e: e.name)
def test_a_call_is_counted_once(endpoint, traced, service):
    """One duration for one call, whatever the endpoint."""
    endpoint.call(service.answer(answered(endpoint)).client())
    name = "operation" if endpoint is EMBEDDINGS else "inference"
    [point] = traced.metrics[f"gen_ai.client.{name}.duration"]
    assert point.count == 1


@EACH
async def test_a_stream_that_is_closed_twice_is_counted_once(endpoint, traced, service):
    """Ended once, counted once."""
    got = endpoint.stream(service.answer(streamed(endpoint)).client(sdk=endpoint.module))
    one(got)
    await closed(got)
    await closed(got)
    del got
    gc.collect()
    [point] = traced.metrics["gen_ai.client.inference.duration"]
    assert point.count == 1
    assert len(traced.spans) == 1


# Copies.


@EACH_RAW
@BOTH
async def test_responses_are_pickled_and_copied(endpoint, asynchronous, traced, service):
    """Before they are read and after, the response of a stream and the one of a raw call."""
    if not endpoint.raw:
        pytest.skip("this SDK has no raw responses")
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module, asynchronous=asynchronous)
    watched = await settled(endpoint.stream(client))
    before = pickle.loads(pickle.dumps(watched.response))
    await chunks_of(watched)
    after = pickle.loads(pickle.dumps(watched.response))
    assert (before.status_code, after.status_code) == (200, 200)
    service.answer(answered(endpoint))
    manager = endpoint.call(client, "with_streaming_response")
    raw = await manager.__aenter__() if asynchronous else manager.__enter__()
    await settled(raw.read())
    for other in (copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))):
        assert other(raw.http_response).json() == endpoint.answer
    await (manager.__aexit__(None, None, None) if asynchronous else settled(manager.__exit__(None, None, None)))
    assert len(traced.spans) == 2


@EACH_RAW
def test_a_stream_is_copied_and_shown_as_without_us(endpoint, instrument, service):
    """A copy is the SDK's stream; what cannot be pickled cannot be pickled in the same words."""
    if not endpoint.watched:
        pytest.skip("it is the SDK's own")
    client = service.answer(streamed(endpoint)).client(sdk=endpoint.module)
    bare = endpoint.stream(client)
    instrument()
    with endpoint.stream(client) as watched:
        assert type(copy.copy(watched)) is type(bare)
        assert repr(watched).partition(" at ")[0] == repr(bare).partition(" at ")[0]
        for act in (copy.deepcopy, pickle.dumps):
            said = []
            for each in (bare, watched):
                with pytest.raises(TypeError) as caught:
                    act(each)
                said.append(str(caught.value))
            assert said[0] == said[1]
    bare.close()
