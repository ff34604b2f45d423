"""Bedrock under OpenTelemetry's own botocore instrumentation as well: one call has one owner of its tokens."""

from __future__ import annotations

import asyncio

import pytest
from bedrock_endpoints import CLAUDE, CONVERSE, EMBEDDINGS, NOVA, TITAN
from endpoint import answered, streamed
from openai_double import Service

from otel_prompt import Prompt, semconv
from otel_prompt.exporters.sdk_spans import to_record
from otel_prompt.patching import Patch
from otel_prompt.providers import provider
from otel_prompt.same_call import Calls
from otel_prompt.span_processor import PromptSpanProcessor

pytest.importorskip("botocore")
instrumentation = pytest.importorskip("opentelemetry.instrumentation.botocore")
import aws_double as double  # noqa: E402 - only where what it is made of is installed

ALL = (CONVERSE, NOVA, CLAUDE, TITAN, EMBEDDINGS)


@pytest.fixture(params=["around ours", "inside ours"])
def traced(request, instrument):
    """Both, one around the other."""
    traced, kinds = instrument(), ("BotocoreInstrumentor", "AiobotocoreInstrumentor")
    theirs = [getattr(instrumentation, kind)() for kind in kinds if hasattr(instrumentation, kind)]
    processor = PromptSpanProcessor()
    processor.start(())
    traced.tracer_provider.add_span_processor(processor)
    if request.param == "inside ours":
        traced.remove()
    for each in theirs:
        each.instrument(tracer_provider=traced.tracer_provider, skip_dep_check=True)
    if request.param == "inside ours":
        traced._patches += [Patch(provider(name), traced.telemetry) for name in ("bedrock", "aiobotocore")]
    yield traced
    if request.param == "inside ours":
        traced.remove()
    for each in theirs:
        each.uninstrument()


def owned(traced):
    """The records of the spans, with each call counted once, and those of them that have tokens."""
    records = Calls().owned([to_record(span) for span in traced.processor.ended])
    counted = [r for r in records if semconv.INPUT_TOKENS in r.attributes or semconv.OUTPUT_TOKENS in r.attributes]
    assert len(counted) == 1, [r.attributes for r in records]
    return counted[0]


@pytest.mark.parametrize("endpoint", ALL, ids=lambda e: e.name)
def test_a_call_is_counted_once(endpoint, traced):
    """By the span that was there first; it has our names, and all tokens of the input."""
    endpoint.call(double.client(Service().answer(answered(endpoint))))
    found = owned(traced).attributes
    assert found[semconv.PROVIDER] == "aws.bedrock"
    assert semconv.COST_TOTAL in found


@pytest.mark.parametrize("endpoint", [e for e in ALL if e.events], ids=lambda e: e.name)
def test_a_stream_is_counted_once(endpoint, traced):
    """The same, streamed."""
    list(endpoint.stream(double.client(Service().answer(streamed(endpoint)))))
    assert owned(traced).attributes[semconv.OUTPUT_TOKENS] == 7


def test_a_stream_whose_span_is_ended_by_its_owner_has_its_prompt(traced):
    """Theirs ends at the last event, before the stream does: by then it knows which prompt made the call."""
    text = Prompt("greet", "Please greet {{name}} in a friendly way", version="7").render(name="Ada")
    asked = {**CONVERSE.arguments, "messages": [{"role": "user", "content": [{"text": text}]}]}
    list(double.client(Service().answer(streamed(CONVERSE))).converse_stream(**asked)["stream"])
    assert owned(traced).attributes[semconv.PROMPT_VERSION] == "7"


def test_an_asynchronous_call_is_counted_once(traced):
    """The same, by aiobotocore."""

    async def call():
        await CONVERSE.call(double.client(Service().answer(answered(CONVERSE)), asynchronous=True))

    asyncio.run(call())
    assert owned(traced).attributes[semconv.OUTPUT_TOKENS] == 7
