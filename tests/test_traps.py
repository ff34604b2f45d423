"""What other instrumentations of the same client are known to get wrong, each as a test.

The numbers are those of a list of traps measured in ten other libraries; those without come from their issue trackers.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import gc
import json
import warnings
from unittest import mock

import openai
import pytest
from endpoint import answered, streamed
from endpoints import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    QUESTION,
    RESPONSES,
    TRANSCRIPTIONS,
    USAGE,
    chat,
    chunk,
    response,
    said,
)
from openai_double import Service, http, reply, stream
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from pydantic import BaseModel

from otel_prompt import Prompt
from otel_prompt.config import Capture


def ask(service, *answers, messages=QUESTION, **more):
    """One chat."""
    client = service.answer(*(answers or [answered(CHAT)])).client()
    return client.chat.completions.create(model="gpt-4o", messages=messages, **more)


def parts(traced, which="output.messages"):
    """The parts of the only message."""
    [message] = traced.content(which)
    return message["parts"]


# The call is the caller's.


def test_a_generator_of_messages_reaches_the_service(traced, service):
    """Trap 1: an instrumentation that reads a one-shot iterable empties the request."""
    ask(service, messages=(m for m in QUESTION))
    assert service.bodies[0]["messages"] == QUESTION
    assert traced.content("input.messages") == [{"role": "user", "parts": [{"type": "text", "content": "Say hello"}]}]


def test_generators_of_tools_and_of_texts_reach_the_service(traced, service):
    """Trap 1, for what else the SDK takes as an iterable."""
    tools = [{"type": "function", "function": {"name": "now", "parameters": {}}}]
    ask(service, tools=(t for t in tools))
    assert service.bodies[0]["tools"] == tools
    assert [t["name"] for t in traced.content("tool.definitions")] == ["now"]


@pytest.mark.parametrize("endpoint", [CHAT, RESPONSES], ids=lambda e: e.name)
def test_metadata_reaches_the_service(endpoint, traced, service):
    """Trap 2: every argument arrives, ours to read and not to take."""
    endpoint.call(service.answer(answered(endpoint)).client(), metadata={"team": "blue"}, store=True)
    assert service.bodies[0]["metadata"] == {"team": "blue"}
    assert service.bodies[0]["store"] is True


def test_the_request_is_not_changed(instrument, service):
    """A stream's request goes out byte for byte as without us: no ``stream_options`` of ours."""
    client = service.answer(streamed(CHAT)).client()
    list(CHAT.stream(client))
    instrument()
    list(CHAT.stream(client))
    assert service.requests[0].content == service.requests[1].content


def test_usage_is_asked_for_when_the_user_says_so(instrument, service):
    """The one setting that changes a request, and it does not override what the caller said."""
    instrument(stream_usage=True)
    client = service.answer(streamed(CHAT)).client()
    list(CHAT.stream(client))
    list(CHAT.stream(client, stream_options={"include_usage": False}))
    CHAT.bound(service.answer(answered(CHAT)).client())(**CHAT.arguments)
    assert [b.get("stream_options") for b in service.bodies] == [
        {"include_usage": True},
        {"include_usage": False},
        None,
    ]


# Odd answers.


@pytest.mark.parametrize("index", [1, 3, None])
def test_a_tool_call_in_a_stream_may_start_at_any_index(index, traced, service):
    """Trap 4: some services count from 1, some do not count."""
    opening = {"index": index, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a"'}}
    rest = {"index": index, "function": {"arguments": ": 1}"}}
    events = [chunk(), chunk(), chunk(finish="tool_calls")]
    for event, call in zip(events, (opening, rest), strict=False):
        event["choices"][0]["delta"] = {"role": "assistant", "tool_calls": [call]}
    list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client()))
    assert parts(traced) == [{"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1}}]


def test_tool_calls_without_an_index_are_told_apart_by_their_id(traced, service):
    """Trap 4: two calls in one chunk, neither with an index, are two calls."""
    calls = [{"id": f"call_{n}", "type": "function", "function": {"name": "add", "arguments": "{}"}} for n in "ab"]
    event = chunk(finish="tool_calls")
    event["choices"][0]["delta"] = {"role": "assistant", "tool_calls": calls}
    list(CHAT.stream(service.answer(stream(event, "[DONE]")).client()))
    assert [(p["id"], p["name"]) for p in parts(traced)] == [("call_a", "add"), ("call_b", "add")]


@pytest.mark.parametrize(
    "odd",
    [
        {**CHAT.answer, "choices": None},
        {**CHAT.answer, "choices": [{"index": 0, "finish_reason": "stop", "message": None}]},
        {**CHAT.answer, "choices": [None]},
        {**CHAT.answer, "usage": None, "model": None, "id": None},
        {**CHAT.answer, "usage": {"prompt_tokens": "eleven"}},
        {**CHAT.answer, "choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [{"id": None}]}}]},
        {},
        [],
        None,
        "plain",
    ],
    ids=lambda odd: json.dumps(odd)[-40:],
)
@pytest.mark.parametrize("wrapper", [None, "with_raw_response"])
def test_an_odd_answer_is_the_callers_to_judge(odd, wrapper, instrument, service):
    """Trap 5: null choices, a null message, another type: the caller gets what the SDK makes of it, and one span."""

    def call():
        try:
            got = CHAT.call(service.answer(reply(odd)).client(), wrapper)
            return repr(got.parse() if wrapper else got)
        except Exception as error:  # noqa: BLE001 - whatever the SDK says, it must say the same with us
            return repr(error)

    without = call()
    traced = instrument()
    assert call() == without
    assert len(traced.spans) == 1


@pytest.mark.parametrize("wrapper", [None, "with_raw_response"])
def test_a_page_of_html_is_not_our_error(wrapper, traced, service):
    """Trap 5: a proxy answers 200 with a page; the SDK gives it as text."""
    page = reply("<html>Sign in</html>", headers={"content-type": "text/html"})
    got = CHAT.call(service.answer(page).client(), wrapper)
    assert (got.parse() if wrapper else got) == "<html>Sign in</html>"
    assert len(traced.spans) == 1


@pytest.mark.parametrize("odd", [{"delta": None}, {}, {"delta": {"content": None}}, {"delta": {"tool_calls": None}}])
def test_an_empty_delta_is_passed_over(odd, traced, service):
    """Trap 6: ``delta: null``, and no delta at all."""
    event = chunk() | {"choices": [{"index": 0, "finish_reason": None, **odd}]}
    assert len(list(CHAT.stream(service.answer(stream(event, *CHAT.events, "[DONE]")).client()))) == 5
    assert traced.output == [["Hello, world"]]


@pytest.mark.parametrize("odd", [{"choices": None}, {"choices": []}, {"id": None, "model": None}, {"usage": None}])
def test_a_chunk_without_choices_is_passed_over(odd, traced, service):
    """Azure's first chunk has no choices, a usage chunk neither."""
    list(CHAT.stream(service.answer(stream(chunk() | odd, *CHAT.events, "[DONE]")).client()))
    assert traced.output == [["Hello, world"]]
    assert traced.attributes["gen_ai.response.model"] == "gpt-4o-2024-08-06"


def test_a_raw_stream_of_odd_events_is_passed_over(traced, service):
    """Numbers, nulls and half a JSON among the events are no fault of ours."""
    events = stream("1", "null", "[]", '{"choices": [null]}', *CHAT.events, "[DONE]", b'data: {"id": "cut')
    with CHAT.stream(service.answer(events).client(), "with_streaming_response") as got:
        got.read()
    assert traced.output == [["Hello, world"]]


def test_an_error_with_status_200_is_an_error(traced, service):
    """Gateways answer 200 with an error in the body."""
    fault = {"error": {"message": "no credits", "code": 402}}
    ask(service, reply(fault))
    assert (traced.span.status.status_code.name, traced.attributes["error.type"]) == ("ERROR", "402")


# Streams.


def test_the_choices_of_a_stream_are_kept_apart(traced, service):
    """Trap 11: n=2 is two texts, not one."""
    events = [chunk("red", index=0), chunk("blue", index=1), chunk("dish", index=0), chunk("ish", index=1)]
    ends = [chunk(finish="stop", index=1), chunk(finish="length", index=0)]
    list(CHAT.stream(service.answer(stream(*events, *ends, "[DONE]")).client(), n=2))
    assert traced.output == [["reddish"], ["blueish"]]
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("length", "stop")
    assert traced.attributes["gen_ai.request.choice.count"] == 2


def test_a_second_choice_that_comes_first(traced, service):
    """Choices stand in the order of their index, which finish reasons are read by."""
    events = [chunk("blue", index=1), chunk("red", index=0), chunk(finish="stop", index=1)]
    list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client(), n=2))
    assert traced.output == [["red"], ["blue"]]


def test_no_usage_is_no_tokens(traced, service):
    """Trap 12: what a service does not count is not guessed."""
    list(CHAT.stream(service.answer(stream(*CHAT.events[:3], chunk(finish="stop"), "[DONE]")).client()))
    assert not [k for k in traced.attributes if k.startswith(("gen_ai.usage", "otel_prompt.cost"))]
    assert not [k for k in traced.metrics if "token" in k or "usage" in k]


@pytest.mark.parametrize("place", ["finish chunk", "own chunk", "x_groq", "every chunk"])
def test_usage_is_found_where_services_put_it(place, traced, service):
    """Trap 13: on the finish chunk, in a chunk of its own, in a field of Groq's, growing in every chunk."""
    events = [chunk("Hello"), chunk(finish="stop")]
    if place == "finish chunk":
        events[-1]["usage"] = USAGE
    elif place == "own chunk":
        events.append(chunk() | {"choices": [], "usage": USAGE})
    elif place == "x_groq":
        events[0]["x_groq"] = {"id": "req_1"}
        events[-1]["x_groq"] = {"id": "req_1", "usage": USAGE}
    else:
        events[0]["usage"], events[-1]["usage"] = {**USAGE, "completion_tokens": 1}, USAGE
    list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client()))
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert traced.attributes["gen_ai.usage.output_tokens"] == 7


def test_a_history_that_goes_on_while_streaming(traced, service):
    """Trap 24: what the caller appends after the call was not sent with it."""
    history = [dict(m) for m in QUESTION]
    got = CHAT.bound(service.answer(streamed(CHAT)).client())(model="m", messages=history, stream=True)
    for _ in got:
        history.append({"role": "user", "content": "later"})
    assert len(traced.content("input.messages")) == 1


# What is recorded, and what is not.


def test_a_fetched_response_has_no_tokens(traced, service):
    """Trap 14: ``retrieve`` is no inference; the call that made the response owns its tokens."""
    service.answer(answered(RESPONSES)).client().responses.retrieve("resp_1")
    found = traced.attributes
    assert traced.span.name == "fetch_response"
    assert (found["gen_ai.operation.name"], found["gen_ai.response.id"]) == ("fetch_response", "resp_1")
    assert found["gen_ai.response.status"] == "completed"
    assert not [k for k in found if k.startswith(("gen_ai.usage", "otel_prompt.cost"))]
    assert traced.output == [["Hello, world"]]
    assert "gen_ai.client.operation.duration" in traced.metrics
    assert not [k for k in traced.metrics if "token" in k or "usage" in k]


def test_a_background_response_is_made_once(traced, service):
    """Created in the background, then fetched: the tokens are those of neither until they are counted, then once."""
    queued = reply(response(status="queued") | {"output": [], "usage": None})
    client = service.answer(queued, answered(RESPONSES)).client()
    made = client.responses.create(model="m", input="Go", background=True)
    client.responses.retrieve(made.id)
    statuses = [s.attributes["gen_ai.response.status"] for s in traced.spans]
    assert statuses == ["queued", "completed"]
    assert not [k for s in traced.spans for k in s.attributes if k.startswith("gen_ai.usage")]


def test_parameters_never_sent_are_not_recorded(traced, service):
    """Trap 15: no default of the service's is made up; the port is that of the address."""
    ask(service)
    assert [k for k in traced.attributes if k.startswith(("gen_ai.request.", "otel_prompt.param."))] == [
        "gen_ai.request.model"
    ]
    assert traced.attributes["server.port"] == 443


@pytest.mark.parametrize(
    ("url", "address", "port", "provider"),
    [
        ("http://localhost:11434/v1", "localhost", 11434, "ollama"),
        ("http://127.0.0.1/v1", "127.0.0.1", 80, "local"),
        ("https://api.groq.com/openai/v1", "api.groq.com", 443, "groq"),
        ("https://api.deepseek.com", "api.deepseek.com", 443, "deepseek"),
        ("https://api.x.ai/v1", "api.x.ai", 443, "x_ai"),
        ("https://api.mistral.ai/v1", "api.mistral.ai", 443, "mistral_ai"),
        ("https://api.perplexity.ai", "api.perplexity.ai", 443, "perplexity"),
        ("https://openrouter.ai/api/v1", "openrouter.ai", 443, "openrouter"),
        ("https://api.together.xyz/v1", "api.together.xyz", 443, "together"),
        ("https://mine.services.ai.azure.com/openai/v1", "mine.services.ai.azure.com", 443, "azure.ai.openai"),
        ("https://gateway.example.org/v1", "gateway.example.org", 443, "openai_compatible"),
        ("https://notopenai.com/v1", "notopenai.com", 443, "openai_compatible"),
        ("https://eu.api.openai.com/v1", "eu.api.openai.com", 443, "openai"),
    ],
)
def test_who_answers_is_told_by_the_host(url, address, port, provider, traced, service):
    """Trap 15: a compatible service is not OpenAI, and plain HTTP is not port 443."""
    CHAT.call(service.answer(answered(CHAT)).client(base_url=url))
    found = traced.attributes
    assert (found["server.address"], found["server.port"]) == (address, port)
    assert found["gen_ai.provider.name"] == provider


def test_headers_are_never_recorded(traced, service):
    """Trap 16: ``extra_headers`` hold keys, and so may ``extra_query``."""
    ask(service, extra_headers={"X-Key": "header-hunter2"}, extra_query={"key": "query-hunter2"})
    assert service.requests[0].headers["X-Key"] == "header-hunter2"
    assert "hunter2" not in traced.everything()


def test_extra_body_is_what_was_sent(traced, service):
    """``extra_body`` is merged into the request: what it overrides is what is recorded."""
    ask(service, temperature=0.1, extra_body={"temperature": 0.9, "top_k": 4})
    assert traced.attributes["gen_ai.request.temperature"] == service.bodies[0]["temperature"] == 0.9


SECRET = "the launch code is 0451"  # what must not be anywhere when content is off


def _leaky_calls(service):
    """Every kind of call with the secret wherever content may be."""
    tool = {"type": "function", "function": {"name": "t", "description": SECRET, "parameters": {"title": SECRET}}}
    call = {"id": "1", "type": "function", "function": {"name": "t", "arguments": json.dumps({"a": SECRET})}}
    spoken = chat(SECRET, refusal=SECRET, reasoning_content=SECRET, tool_calls=[call])
    client = service.client()
    prompt = Prompt("leaky", "{{what}} " + SECRET, version="2")
    messages = [{"role": "system", "content": SECRET}, {"role": "user", "content": prompt.render(what=SECRET)}]

    def chat_with(answer, **more):
        service.answer(answer)
        return client.chat.completions.create(model="m", messages=messages, tools=[tool], **more)

    chat_with(reply(spoken))
    list(chat_with(stream(chunk(SECRET), chunk(finish="stop"), "[DONE]"), stream=True))
    with pytest.raises(openai.BadRequestError):
        chat_with(reply({"error": {"message": f"bad prompt: {SECRET}", "code": "bad"}}, 400))
    with pytest.raises(openai.APIError):
        list(chat_with(stream(chunk(SECRET), {"error": {"message": SECRET}}), stream=True))
    chat_with(reply({"error": {"message": SECRET, "code": "bad"}}))
    service.answer(reply(response(said(SECRET), instructions=SECRET)))
    reference = {"id": "pmpt_1", "version": "3", "variables": {"who": SECRET}}
    client.responses.create(model="m", input=SECRET, instructions=SECRET, prompt=reference)
    client.responses.create(model="m", input=[{"role": "user", "content": SECRET}], tools=[{**tool, "name": "t"}])
    service.answer(reply(response(status="failed", error={"code": "server_error", "message": SECRET})))
    client.responses.create(model="m", input=SECRET)
    client.embeddings.create(model="m", input=[SECRET]) if service.answer(answered(EMBEDDINGS)) else None
    service.answer(reply({"id": "c", "choices": [{"index": 0, "text": SECRET, "finish_reason": "stop"}]}))
    client.completions.create(model="m", prompt=SECRET)
    service.answer(reply({"created": 1, "data": [{"url": "https://x/" + SECRET, "revised_prompt": SECRET}]}))
    client.images.generate(model="m", prompt=SECRET)
    service.answer(reply({"text": SECRET}))
    client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF"), prompt=SECRET)
    service.answer(reply(b"sound", headers={"content-type": "audio/mpeg"}))
    client.audio.speech.create(model="m", voice="alloy", input=SECRET, instructions=SECRET)
    service.answer(reply({"id": "m", "model": "m", "results": []}))
    client.moderations.create(model="m", input=SECRET)


def test_content_off_leaks_nothing_anywhere(instrument, service):
    """Trap 17: no attribute, event, status, exception, log or metric holds a word, at any endpoint."""
    traced = instrument(capture_content=Capture.NO_CONTENT)
    _leaky_calls(service)
    assert len(traced.spans) == 14
    assert "launch code" not in traced.everything()
    assert traced.events == []
    named = [s for s in traced.spans if s.attributes.get("gen_ai.prompt.name") == "leaky"]
    assert {s.attributes["gen_ai.prompt.version"] for s in named} == {"2"}


def test_the_leaky_calls_leak_when_content_is_on(instrument, service):
    """The test above can fail: with content on, every call but the two that hold none shows the secret."""
    traced = instrument()
    _leaky_calls(service)
    assert len([s for s in traced.spans if "launch code" in s.to_json()]) == 14


def test_content_on_events_only_leaves_the_span_bare(instrument, service):
    """Trap 17: with ``event_only`` the words are on the event, structured, and on no span."""
    traced = instrument(capture_content=Capture.EVENT_ONLY)
    _leaky_calls(service)
    assert not [s.to_json() for s in traced.spans if "launch code" in s.to_json()]
    assert len(traced.events) == 14
    [event, *_] = traced.events
    assert event.event_name == "gen_ai.client.inference.operation.details"
    assert event.attributes["gen_ai.input.messages"][0]["parts"][0]["content"] == SECRET
    assert event.span_id == traced.spans[0].context.span_id


# Kinds of content.


def test_the_text_beside_a_picture_is_kept(traced, service):
    """Trap 18: neither the text nor the picture is lost."""
    png = base64.b64encode(b"tiny").decode()
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
        {"type": "input_audio", "input_audio": {"data": png, "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    ask(service, messages=[{"role": "user", "content": content}])
    assert parts(traced, "input.messages") == [
        {"type": "text", "content": "What is this?"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": png},
        {"type": "uri", "modality": "image", "uri": "https://example.org/cat.png"},
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": png},
        {"type": "file", "modality": "document", "file_id": "file-1"},
    ]


def _chat_picture(client, url):
    content = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])


def _response_picture(client, url):
    content = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": url}]
    client.responses.create(model="m", input=[{"role": "user", "content": content}])


@pytest.mark.parametrize(("endpoint", "call"), [(CHAT, _chat_picture), (RESPONSES, _response_picture)])
def test_a_large_picture_is_not_put_on_the_span(endpoint, call, traced, service):
    """Trap 19: of 10 MB there are the size and the digest; the text stays."""
    call(service.answer(answered(endpoint)).client(), "data:image/png;base64," + "A" * 10_000_000)
    [text, picture] = parts(traced, "input.messages")
    assert text["content"] == "What?"
    assert picture["omitted"]["characters"] == 10_000_000
    assert len(traced.attributes["gen_ai.input.messages"]) < 1000


def test_a_large_picture_in_a_tool_result_is_not_put_on_the_span(traced, service):
    """Trap 19, elsewhere: computer use sends screenshots as the output of a call."""
    url = "data:image/png;base64," + "A" * 10_000_000
    item = {"type": "computer_call_output", "call_id": "c", "output": {"type": "input_image", "image_url": url}}
    service.answer(answered(RESPONSES)).client().responses.create(model="m", input=[item])
    assert len(traced.attributes["gen_ai.input.messages"]) < 100_000


@pytest.mark.parametrize("how", ["plain", "stream"])
def test_refusal_reasoning_and_custom_tools_are_kept(how, traced, service):
    """Trap 25: what is no ``content`` is output too, also in streams."""
    custom = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    message = {"reasoning_content": "Hm.", "refusal": "No.", "tool_calls": [custom]}
    if how == "plain":
        ask(service, reply(chat(None, **message)))
    else:
        events = [chunk(), chunk(), chunk(finish="stop")]
        events[0]["choices"][0]["delta"] = {"reasoning_content": "Hm", "refusal": "No"}
        events[1]["choices"][0]["delta"] = {"reasoning_content": ".", "refusal": ".", "tool_calls": [custom]}
        list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client()))
    assert parts(traced) == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "refusal", "content": "No."},
        {"type": "tool_call", "id": "call_1", "name": "sh", "arguments": "ls"},
    ]


@pytest.mark.parametrize("how", ["plain", "stream"])
def test_the_transcript_of_a_spoken_answer_is_kept(how, traced, service):
    """Trap 25: an answer that is sound has its words beside it."""
    if how == "plain":
        ask(service, reply(chat(None, audio={"id": "audio_1", "data": "c291bmQ=", "transcript": "Hello"})))
    else:
        events = [chunk(), chunk(), chunk(), chunk(finish="stop")]
        for event, audio in zip(
            events, ({"id": "audio_1", "transcript": "Hel"}, {"transcript": "lo"}, {"data": "c291bmQ="}), strict=False
        ):
            event["choices"][0]["delta"] = {"audio": audio}
        list(CHAT.stream(service.answer(stream(*events, "[DONE]")).client()))
    assert parts(traced) == [
        {"type": "blob", "modality": "audio", "content": "c291bmQ="},
        {"type": "text", "content": "Hello"},
    ]


@pytest.mark.parametrize("how", ["plain", "stream"])
def test_a_responses_items_are_kept(how, traced, service):
    """Trap 25, for responses: reasoning, refusals, tool calls of every kind."""
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'},
        {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_2", "name": "sh", "input": "ls"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]
    service.answer(reply(response(*items)))
    if how == "stream":
        done = {"type": "response.completed", "response": response(*items), "sequence_number": 1}
        list(RESPONSES.stream(service.answer(stream(done)).client()))
    else:
        RESPONSES.call(service.client())
    found = parts(traced)
    assert found[:3] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1}},
        {"type": "tool_call", "id": "call_2", "name": "sh", "arguments": "ls"},
    ]
    assert (found[3]["type"], found[3]["server_tool_call"]["action"]["query"]) == ("server_tool_call", "q")
    assert found[4] == {"type": "refusal", "content": "No."}
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("tool_calls",)


def _event(kind, **more):
    return {"type": f"response.{kind}", "output_index": 0, "item_id": "i", "sequence_number": 0, **more}


def test_a_response_that_is_cut_has_the_items_so_far(traced, service):
    """A stream of items that breaks off: reasoning, a call's arguments, a text, each as far as they came."""
    call = {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": ""}
    events = [
        _event("reasoning_summary_text.delta", summary_index=0, delta="Hm"),
        _event("output_item.added", output_index=1, item=call),
        _event("function_call_arguments.delta", output_index=1, delta='{"a'),
        _event("output_text.delta", output_index=2, content_index=0, delta="Hel"),
        http.ReadError("cut"),
    ]
    with pytest.raises((openai.APIConnectionError, http.ReadError)):
        list(RESPONSES.stream(service.answer(stream(*events)).client()))
    assert [p for p in parts(traced) if p["type"] != "reasoning"] == [
        {"type": "tool_call", "id": "call_1", "name": "add", "arguments": '{"a'},
        {"type": "text", "content": "Hel"},
    ]


@pytest.mark.parametrize("how", ["plain", "stream"])
def test_a_failed_response_is_an_error(how, traced, service):
    """Trap 22: HTTP 200 and ``status: failed``."""
    failed = response(status="failed", error={"code": "server_error", "message": "It broke"}) | {"output": []}
    if how == "plain":
        RESPONSES.call(service.answer(reply(failed)).client())
    else:
        event = {"type": "response.failed", "response": failed, "sequence_number": 1}
        list(RESPONSES.stream(service.answer(stream(event)).client()))
    assert traced.span.status.status_code.name == "ERROR"
    assert traced.attributes["error.type"] == "server_error"
    assert traced.attributes["gen_ai.response.status"] == "failed"
    assert "It broke" in traced.span.status.description


def test_an_incomplete_response_says_why(traced, service):
    """Cut at the limit is no error; the finish reason tells."""
    cut = response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    RESPONSES.call(service.answer(reply(cut)).client())
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("length",)
    assert traced.span.status.status_code.name == "UNSET"


def test_a_prompt_of_the_services_own_is_the_prompt(traced, service):
    """``prompt={id, version, variables}`` of the Responses API is prompt identity."""
    reference = {
        "id": "pmpt_1",
        "version": "3",
        "variables": {"who": "Ada", "pic": {"type": "input_text", "text": "x"}},
    }
    service.answer(answered(RESPONSES)).client().responses.create(prompt=reference)
    found = traced.attributes
    assert (found["gen_ai.prompt.name"], found["gen_ai.prompt.version"]) == ("pmpt_1", "3")
    assert (found["gen_ai.prompt.variable.who"], found["gen_ai.prompt.variable.pic"]) == ("Ada", "x")


def test_a_conversation_is_named(traced, service):
    """``previous_response_id`` and ``conversation``."""
    client = service.answer(reply(response(conversation={"id": "conv_1"}))).client()
    client.responses.create(model="m", input="Go", previous_response_id="resp_0")
    assert traced.attributes["gen_ai.request.previous_response.id"] == "resp_0"
    assert traced.attributes["gen_ai.conversation.id"] == "conv_1"


# Limits.


def test_json_stays_json_under_an_attribute_limit(monkeypatch, instrument, service):
    """``OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`` cuts by message, not by byte: what is there is JSON, the last one too."""
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2000")
    traced = instrument()
    ask(service, messages=[{"role": "user", "content": f"{n} " + "long " * 200} for n in range(20)])
    messages = traced.content("input.messages")
    assert len(traced.attributes["gen_ai.input.messages"]) <= 2000
    assert messages[-1]["parts"][0]["content"].startswith("19 ")


def test_many_messages_evict_nothing(traced, service):
    """Trap 23: 200 messages and 20 tools are four attributes, not 800."""
    tools = [{"type": "function", "function": {"name": f"t{n}", "parameters": {}}} for n in range(20)]
    ask(service, messages=[{"role": "user", "content": str(n)} for n in range(200)], tools=tools)
    assert len(traced.content("input.messages")) == 200
    assert len(traced.content("tool.definitions")) == 20
    assert traced.span.dropped_attributes == 0


def test_an_empty_schema_of_a_tool(traced, service):
    """Trap 30: ``parameters: {}``."""
    ask(service, tools=[{"type": "function", "function": {"name": "now", "parameters": {}}}])
    assert traced.content("tool.definitions") == [{"type": "function", "name": "now", "parameters": {}}]


def test_many_variables_do_not_evict_the_rest(traced, service):
    """A span holds 128 attributes and then drops its oldest: a prompt of 200 variables must not push out the model."""
    names = [f"v{n}" for n in range(200)]
    prompt = Prompt("wide", " ".join(f"{{{{{n}}}}}" for n in names), version="1")
    ask(service, messages=[{"role": "user", "content": prompt.render(**{n: n for n in names})}])
    assert traced.span.dropped_attributes == 0
    assert traced.attributes["gen_ai.request.model"] == "gpt-4o"


# Standing back.


def test_suppressed_instrumentation_is_silent(traced, service):
    """Trap 26: ``suppress_instrumentation()`` means no span and no metric."""
    with suppress_instrumentation():
        ask(service)
    assert traced.processor.started == []
    assert traced.metrics == {}


class Counted(list):
    """A list that counts how often it is walked."""

    walks = 0

    def __iter__(self):
        type(self).walks += 1
        return super().__iter__()


def test_an_unsampled_call_is_not_walked(instrument, service, nothing_rendered):
    """Trap 27: if the span is not recorded, no message is looked at; the metrics still count."""
    traced = instrument(sampler=ALWAYS_OFF)
    seen = {}
    with mock.patch.object(Counted, "walks", 0):
        messages = Counted([{"role": "user", "content": "x" * 2_000_000}])
        service.answer(answered(CHAT)).client().post(
            "/chat/completions", cast_to=openai.types.chat.ChatCompletion, body={"model": "m", "messages": messages}
        )
        seen["traced"] = Counted.walks
        traced.remove()
        service.client().post(
            "/chat/completions", cast_to=openai.types.chat.ChatCompletion, body={"model": "m", "messages": messages}
        )
        seen["bare"] = Counted.walks - seen["traced"]
    assert seen["traced"] == seen["bare"]
    assert traced.spans == []
    [duration] = traced.metrics["gen_ai.client.inference.duration"]
    [tokens] = traced.metrics["gen_ai.client.inference.operation.input_tokens"]
    assert (duration.count, tokens.sum) == (1, 11)


def test_an_unsampled_stream_is_counted(instrument, service):
    """Trap 27, streamed: tokens and times are in the metrics."""
    traced = instrument(sampler=ALWAYS_OFF)
    list(CHAT.stream(service.answer(streamed(CHAT)).client()))
    [tokens] = traced.metrics["gen_ai.client.inference.operation.output_tokens"]
    [first] = traced.metrics["gen_ai.client.inference.time_to_first_chunk"]
    assert (tokens.sum, first.count) == (7, 1)


def test_an_unsampled_failure_is_counted_as_one(instrument, service):
    """A response that failed with HTTP 200 is a failure in the metrics too."""
    traced = instrument(sampler=ALWAYS_OFF)
    RESPONSES.call(service.answer(reply(response(status="failed", error={"code": "server_error"}))).client())
    [duration] = traced.metrics["gen_ai.client.inference.duration"]
    assert duration.attributes["error.type"] == "server_error"


# Clients that are used in other ways.


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_call_that_is_made_inside_another(asynchronous, traced, service):
    """By an event hook, as a cache of answers does: it has a span of its own, and attempts of its own."""
    inner = Service().answer(answered(EMBEDDINGS)).client()
    hook = lambda _: EMBEDDINGS.call(inner)  # noqa: E731 - shorter so

    async def async_hook(_):
        hook(_)

    client = service.answer(answered(CHAT)).client(asynchronous=asynchronous, max_retries=1)
    client._client.event_hooks = {"request": [async_hook if asynchronous else hook], "response": []}
    service.answer(reply({"error": {"message": "busy"}}, 500, {"retry-after-ms": "1"}), answered(CHAT))
    made = CHAT.call(client)
    if asynchronous:
        await made
    first, second, outer = traced.spans
    assert [s.attributes["gen_ai.operation.name"] for s in traced.spans] == ["embeddings", "embeddings", "chat"]
    assert first.parent.span_id == second.parent.span_id == outer.context.span_id
    assert outer.attributes["otel_prompt.request.attempts"] == 2
    assert "otel_prompt.request.attempts" not in first.attributes


def test_a_whole_address_in_place_of_a_path(traced, service):
    """The span names who was asked."""
    client = service.answer(answered(CHAT)).client()
    address = "https://api.groq.com:8443/openai/v1/chat/completions"
    client.post(address, cast_to=object, body={"model": "m", "messages": QUESTION})
    assert str(service.requests[0].url) == address
    assert traced.attributes["server.address"] == "api.groq.com"
    assert traced.attributes["server.port"] == 8443
    assert traced.attributes["gen_ai.provider.name"] == "groq"


def test_the_http_response_itself(traced, service):
    """``cast_to=httpx.Response``: what is in it is recorded."""
    client = service.answer(answered(CHAT)).client()
    got = client.post("/chat/completions", cast_to=http.Response, body={"model": "m", "messages": QUESTION})
    assert got.json()["id"] == "chatcmpl-1"
    assert traced.output == [["Hello, world"]]


@dataclasses.dataclass
class Regional(openai.OpenAI):
    """A client that is compared by its fields, and so has no hash."""

    region: str = "eu"

    def __post_init__(self) -> None:
        super().__init__(api_key="k", http_client=self.http)


def test_a_client_without_a_hash(traced, service):
    """It is traced as any other."""
    Regional.http = service.answer(answered(CHAT)).client()._client
    CHAT.call(Regional())
    assert traced.attributes["server.address"] == "api.openai.com"


# What services and callers send that they should not, or that is rare.


def test_a_streamed_function_call_of_the_older_kind(traced, service):
    """Name and arguments, as of a plain call."""
    deltas = [{"name": "weather", "arguments": ""}, {"arguments": '{"a":'}, {"arguments": "1}"}]
    chunks = [chunk() for _ in deltas]
    for each, delta in zip(chunks, deltas):
        each["choices"][0]["delta"] = {"function_call": delta}
    list(CHAT.stream(service.answer(stream(*chunks, chunk(finish="function_call"), "[DONE]")).client()))
    assert parts(traced) == [{"type": "tool_call", "name": "weather", "arguments": {"a": 1}}]


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streamed"])
def test_content_in_parts(streaming, traced, service):
    """Mistral's thoughts and texts, through the OpenAI client: the same whether streamed or not."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    reference = {"type": "reference", "reference_ids": [1]}
    answers = [[thinking], [{"type": "text", "text": "hello"}, reference]]
    if streaming:
        list(CHAT.stream(service.answer(stream(*map(chunk, answers), chunk(finish="stop"), "[DONE]")).client()))
    else:
        CHAT.call(service.answer(reply(chat([part for answer in answers for part in answer]))).client())
    assert parts(traced) == [
        {"type": "reasoning", "content": "hm"},
        {"type": "text", "content": "hello"},
        reference,
    ]


class Model(str, enum.Enum):
    """As applications name their models."""

    LARGE = "gpt-4o"


@pytest.mark.parametrize("endpoint", [CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS], ids=lambda e: e.name)
def test_a_model_that_is_an_enum(endpoint, traced, service):
    """Plain text on the span, in its name and in the metrics."""
    client = service.answer(answered(endpoint)).client()
    endpoint.bound(client)(**{**endpoint.arguments, "model": Model.LARGE})
    assert traced.span.name == f"{endpoint.operation} gpt-4o"
    labels = [point.attributes for points in traced.metrics.values() for point in points]
    for attributes in (traced.attributes, *labels):
        assert type(attributes["gen_ai.request.model"]) is str
        assert attributes["gen_ai.request.model"] == "gpt-4o"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (chat() | {"id": [1], "model": {"a": 1}, "service_tier": [], "system_fingerprint": 3}, True),
        (chat(finish=["stop"]), True),
        (chat([{"type": ["text"]}, {"type": "text", "text": "Hello, world"}]), True),
        (chat() | {"choices": 3}, False),
    ],
)
def test_one_odd_field(body, kept, traced, service):
    """All the rest is recorded."""
    ask(service, reply(body))
    assert traced.attributes["gen_ai.usage.input_tokens"] == 11
    assert traced.output == ([["Hello, world"]] if kept else [])


def test_a_price_that_cannot_be_told(instrument, service, shield_up):
    """The call is recorded without it."""
    traced = instrument()
    with mock.patch("otel_prompt.pricing.price", side_effect=RuntimeError("broke")):
        ask(service)
    traced._complaints.heard.clear()
    assert traced.output == [["Hello, world"]]
    assert "otel_prompt.cost.total_usd" not in traced.attributes


def test_negative_counts_are_none(traced, service):
    """There is no such number of tokens, and no such cost."""
    usage = {"prompt_tokens": -1, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": -5}}
    ask(service, reply(chat() | {"usage": usage}))
    assert "gen_ai.usage.input_tokens" not in traced.attributes
    assert "gen_ai.usage.cache_read.input_tokens" not in traced.attributes
    assert traced.attributes["gen_ai.usage.output_tokens"] == 7


class MuteError(Exception):
    """An exception that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def test_an_exception_that_says_nothing(instrument, service, shield_up):
    """It reaches the caller, and its type the span."""
    traced = instrument()
    with mock.patch.object(openai.OpenAI, "_prepare_request", side_effect=MuteError), pytest.raises(MuteError):
        ask(service)
    traced._complaints.heard.clear()
    assert traced.attributes["error.type"].endswith("MuteError")
    assert traced.content("input.messages")


# Answers that are no JSON.


@pytest.mark.parametrize("wrapper", [None, "with_raw_response", "with_streaming_response"])
def test_a_transcript_that_is_plain_text(wrapper, traced, service):
    """``response_format="text"``: the same output however it was asked for, also if it looks like JSON."""
    answer = reply("42 is the answer\n", headers={"content-type": "text/plain; charset=utf-8"})
    made = TRANSCRIPTIONS.call(service.answer(answer).client(), wrapper, response_format="text")
    if wrapper == "with_streaming_response":
        with made as got:
            assert got.text() == "42 is the answer\n"
    assert traced.output == [["42 is the answer\n"]]


@pytest.mark.parametrize("wrapper", [None, "with_raw_response", "with_streaming_response"])
def test_speech_is_not_read(wrapper, traced, service):
    """Sound reaches the caller byte for byte; the span has the words that were to be spoken."""
    sound = bytes(range(256)) * 100
    client = service.answer(reply(sound, headers={"content-type": "audio/mpeg"})).client()
    speech = client.audio.speech
    made = (getattr(speech, wrapper) if wrapper else speech).create(model="tts-1", voice="alloy", input="Hello")
    if wrapper == "with_streaming_response":
        with made as got:
            assert b"".join(got.iter_bytes(1000)) == sound
    else:
        assert made.content == sound
    assert traced.attributes["gen_ai.output.type"] == "speech"
    assert parts(traced, "input.messages") == [{"type": "text", "content": "Hello"}]


# Values that are no values.


def test_what_was_not_given_is_not_recorded(traced, service):
    """Trap 29: the SDKs' sentinels are no values."""
    omit = getattr(openai, "omit", openai.NOT_GIVEN)
    ask(service, temperature=openai.NOT_GIVEN, top_p=omit, seed=None, tools=omit, stop=openai.NOT_GIVEN)
    text = traced.everything()
    assert "NotGiven" not in text
    assert "Omit" not in text
    assert "gen_ai.request.seed" not in traced.attributes


def test_parsing_warns_of_nothing(traced, service):
    """Trap 29: ``parse()`` passes its sentinels and a class along; no warning, and the format is told."""

    class Sum(BaseModel):
        total: int

    client = service.answer(reply(chat('{"total": 3}'))).client()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = client.chat.completions.parse(**CHAT.arguments, response_format=Sum)
    assert got.choices[0].message.parsed.total == 3
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.output == [['{"total": 3}']]


def test_parsing_responses(traced, service):
    """``responses.parse()``."""

    class Sum(BaseModel):
        total: int

    client = service.answer(reply(response(said('{"total": 3}')))).client()
    assert client.responses.parse(**RESPONSES.arguments, text_format=Sum).output_parsed.total == 3
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.output == [['{"total": 3}']]


class Total(BaseModel):
    """What is asked for."""

    total: int


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("content", "finish", "error"),
    [
        ('{"total', "length", "openai.LengthFinishReasonError"),
        ('{"total', "content_filter", "openai.ContentFilterFinishReasonError"),
        ("three", "stop", "ValidationError"),
    ],
)
async def test_an_answer_that_cannot_be_parsed(content, finish, error, asynchronous, traced, service):
    """It was paid for: tokens, cost and text are recorded, and that it failed."""
    client = service.answer(reply(chat(content, finish=finish))).client(asynchronous=asynchronous)
    with pytest.raises((openai.OpenAIError, ValueError)):  # noqa: PT012 - one call, of either kind
        asked = client.chat.completions.parse(**CHAT.arguments, response_format=Total)
        if asynchronous:
            await asked
    assert traced.attributes["error.type"].endswith(error)
    assert traced.attributes["gen_ai.usage.output_tokens"] == 7
    assert traced.attributes["otel_prompt.cost.total_usd"] > 0
    assert traced.attributes["gen_ai.response.finish_reasons"] == (finish,)
    assert traced.output == [[content]]


def test_a_models_own_message_can_be_sent_back(traced, service):
    """The answer's message, an object of the SDK's, as the next request's: its tool calls are read."""
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    answer = ask(service, reply(chat(None, tool_calls=[call])))
    history = [*QUESTION, answer.choices[0].message, {"role": "tool", "tool_call_id": "call_1", "content": "2"}]
    ask(service, messages=history)
    messages = json.loads(traced.spans[-1].attributes["gen_ai.input.messages"])
    assert messages[1]["parts"] == [{"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1}}]
    assert messages[2]["parts"] == [{"type": "tool_call_response", "response": "2", "id": "call_1"}]


def test_lone_surrogates_are_made_printable(traced, service):
    """Half a character, for which a collector refuses a whole batch, becomes U+FFFD in every attribute."""
    ask(service, reply(json.dumps(chat("oh \ud83d") | {"model": "m\ud83d", "id": "\ud83d"})))
    assert traced.output == [["oh \ufffd"]]
    for value in traced.attributes.values():
        str(value).encode()


def test_what_happens_in_telemetry_stays_there(instrument, service, shield_up):
    """A fault of ours is logged, once for its place, without a word of the prompt; the call goes on."""
    traced = instrument()
    with mock.patch("otel_prompt.recorder.to_attributes", side_effect=RuntimeError("with the prompt in it")):
        for _ in range(3):
            assert ask(service).choices[0].message.content == "Hello, world"
    assert len(traced.spans) == 3
    heard, traced._complaints.heard = traced._complaints.heard, []
    assert len(heard) == 1
    assert "RuntimeError" in heard[0]
    assert "with the prompt in it" not in heard[0]


@pytest.mark.parametrize("when", ["on_start", "on_end"])
def test_a_processor_that_fails(when, instrument, service, shield_up):
    """A fault in a span processor of the application's own: it is said once, and the call goes on."""
    traced = instrument()
    with mock.patch.object(traced.processor, when, side_effect=RuntimeError("broke")):
        for _ in range(2):
            assert ask(service).choices[0].message.content == "Hello, world"
            assert len(list(CHAT.stream(service.answer(streamed(CHAT)).client()))) == 4
    heard, traced._complaints.heard = traced._complaints.heard, []
    assert len(heard) == 1
    traced.processor.started.clear()


def test_no_call_is_kept_alive(traced, service):
    """A long-running process: what a call held is freed when it has ended."""
    import weakref

    client = service.answer(streamed(CHAT)).client()
    got = CHAT.stream(client)
    list(got)
    recorder = weakref.ref(got._self_recorder) if hasattr(type(got._self_recorder), "__weakref__") else None
    response_gone = weakref.ref(got.response)
    del got
    gc.collect()
    assert response_gone() is None
    assert recorder is None or recorder() is None


def test_attempts_are_counted_once(instrument, service):
    """Also where a wrapper of an instrumentation that was undone stays, because another's was put around it."""
    before = vars(openai.OpenAI).get("_prepare_request")
    undone = instrument()
    ours = openai.OpenAI._prepare_request
    openai.OpenAI._prepare_request = lambda self, request: ours(self, request)  # noqa: PLW0108 - another's
    try:
        undone.remove()
        traced = instrument()
        service.answer(reply({"error": {"message": "busy"}}, 500, {"retry-after-ms": "1"}), answered(CHAT))
        CHAT.call(service.client(max_retries=1))
        assert traced.spans[0].attributes["otel_prompt.request.attempts"] == 2
        traced.remove()
    finally:
        if before is None:
            del openai.OpenAI._prepare_request
        else:
            openai.OpenAI._prepare_request = before
