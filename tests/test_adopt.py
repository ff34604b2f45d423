"""Another instrumentation's span of the very call is written on, and no second one is started."""

from __future__ import annotations

import openai
import pytest
from endpoint import answered, streamed
from endpoints import CHAT
from openai_double import reply
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from otel_prompt import Prompt

THEIRS = [
    {"gen_ai.operation.name": "chat", "gen_ai.request.model": "theirs"},
    {"openinference.span.kind": "LLM"},
    {"llm.request.type": "chat"},
]


@pytest.mark.parametrize("attributes", THEIRS, ids=lambda a: next(iter(a)))
def test_the_open_span_of_the_call_is_adopted(attributes, traced, service):
    """It gains what it lacks, keeps what it says, and is ended by its owner."""
    prompt = Prompt("greeting", "Please say hello to {{who}} in a friendly way", version="7")
    with traced.tracer.start_as_current_span("theirs", kind=SpanKind.CLIENT, attributes=attributes) as span:
        messages = [{"role": "user", "content": prompt.render(who="Ada")}]
        service.answer(answered(CHAT)).client().chat.completions.create(model="gpt-4o", messages=messages)
        assert span.is_recording()
    assert traced.spans == []
    [adopted] = traced.processor.ended
    assert adopted.attributes["gen_ai.prompt.version"] == "7"
    assert adopted.attributes["gen_ai.usage.input_tokens"] == 11
    assert adopted.attributes["gen_ai.request.model"] == attributes.get("gen_ai.request.model", "gpt-4o")
    assert adopted.attributes["otel_prompt.cost.total_usd"] > 0


@pytest.mark.parametrize(("model", "adopted"), [("gpt-4o", True), ("gpt-5", False)])
def test_a_call_by_another_name_is_known_by_its_model(model, adopted, traced, service):
    """What we take for a chat is a completion of text to another: the same model, the same call."""
    theirs = {"gen_ai.operation.name": "text_completion", "gen_ai.request.model": model}
    with traced.tracer.start_as_current_span("theirs", kind=SpanKind.CLIENT, attributes=theirs):
        CHAT.call(service.answer(answered(CHAT)).client())
    assert (traced.spans == []) is adopted


def test_one_span_is_adopted_once(traced, service):
    """A second call inside the same span is another call: it has a span of its own, beneath."""
    with traced.tracer.start_as_current_span("theirs", attributes=THEIRS[0]) as span:
        client = service.answer(answered(CHAT)).client()
        CHAT.call(client)
        CHAT.call(client)
    assert traced.span.parent.span_id == span.get_span_context().span_id


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.operation.name": "invoke_agent"},
        {"openinference.span.kind": "CHAIN"},
        {"llm.request.type": "rerank"},
    ],
    ids=str,
)
def test_a_span_of_something_else_is_a_parent(attributes, traced, service):
    """Agents, chains and the application's own spans are not the call."""
    with traced.tracer.start_as_current_span("outer", attributes=attributes) as span:
        CHAT.call(service.answer(answered(CHAT)).client())
    assert traced.span.parent.span_id == span.get_span_context().span_id


def test_a_failure_is_the_owners_to_record(traced, service):
    """The owner sees the exception too; its status is not set twice."""
    span = traced.tracer.start_span("theirs", attributes=THEIRS[0])
    with trace.use_span(span, record_exception=False, set_status_on_exception=False), pytest.raises(openai.APIError):
        CHAT.call(service.answer(reply({"error": {"message": "no"}}, 400)).client())
    span.end()
    [adopted] = traced.processor.ended
    assert adopted.attributes["error.type"] == "openai.BadRequestError"
    assert adopted.status.status_code.name == "UNSET"


def test_a_span_that_its_owner_ended_first(traced, service):
    """The stream goes on after it: nothing is written on an ended span, and nothing complains."""
    with traced.tracer.start_as_current_span("theirs", attributes=THEIRS[0]):
        got = CHAT.stream(service.answer(streamed(CHAT)).client())
    assert len(list(got)) == 4
    assert len(traced.processor.ended) == 1
    assert traced.spans == []
