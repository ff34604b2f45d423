"""What must not be anywhere is nowhere: no span, event, metric, log or byte of the store, at any endpoint or step."""

from __future__ import annotations

import contextlib
import json

import openai
import pytest
from endpoints import chat, chunk, response, said
from openai_double import reply, stream
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import otel_prompt
from otel_prompt import Prompt, pipeline, telemetry
from otel_prompt.config import Capture, Settings
from otel_prompt.exporters import span_exporter

WORDS = "the quokka sleeps"
KEY = "sk-proj-abcdefghijklmnop1234567890"


@pytest.fixture
def everywhere(instrument, tmp_path):
    """Trace into memory and a store: gives a function that shows all that was recorded, the store's bytes too."""

    def begin(**settings):
        traced = instrument(**settings)
        exporter = span_exporter("store", Settings(store=tmp_path / "spans.db", experimenter="ada"))
        traced.tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
        telemetry.use(traced.telemetry)
        pipeline._surround(Settings(**settings), traced.telemetry)

        def shown():
            files = [file.read_bytes() for file in tmp_path.iterdir()]
            assert files
            return traced.everything() + b"".join(files).decode("utf-8", "replace")

        traced.shown = shown
        return traced

    yield begin
    signals = telemetry.Telemetry(Settings())
    telemetry.use(signals)
    pipeline._surround(Settings(), signals)


def _answers(what):
    """What a chat may be answered, with ``what`` wherever a service says something; whether it is a stream."""
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "f", "arguments": json.dumps({"a": what, what: [what]})},
    }
    fault = {"error": {"message": what, "code": what, "type": what}}
    yield reply(chat(what, refusal=what, reasoning_content=what, tool_calls=[call])), False
    yield stream(chunk(what), chunk(finish="stop"), "[DONE]"), True
    yield stream(chunk(what), fault), True
    yield reply(fault), False
    yield reply({"error": what}), False
    yield reply(fault, 400), False
    yield reply(chat(what, finish=what) | {"service_tier": what, "system_fingerprint": what}), False
    yield reply(f"<html>{what}</html>"), False


def _chats(client, service, what):
    tool = {"type": "function", "function": {"name": what, "description": what, "parameters": {"title": what}}}
    text = Prompt("fine", "{{what}} and fixed words " + what, version="1").render(what=what)
    messages = [
        {"role": "system", "content": what},
        {
            "role": "user",
            "content": [{"type": "text", "text": what}, {"type": "image_url", "image_url": {"url": what}}],
        },
        {
            "role": "assistant",
            "content": what,
            "tool_calls": [{"id": "1", "function": {"name": what, "arguments": what}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": json.dumps({"a": f"\f{what}", "b": f"é{what}"})},
        {"role": "user", "name": what, "content": text},
        {"role": "user", "content": Prompt("other", "some other fixed words {{v}}").render(v=what)},
    ]
    choices = (
        {"type": "function", "function": {"name": what}},
        {"type": "allowed_tools", "allowed_tools": [tool]},
        what,
    )
    odd = {"temperature": what, "verbosity": what, "reasoning_effort": what, "modalities": [what], "seed": [what]}
    for n, (answer, streamed) in enumerate(_answers(what)):
        service.answer(answer)
        with contextlib.suppress(openai.OpenAIError, TypeError, ValueError):
            made = client.chat.completions.create(
                model="m",
                messages=messages,
                tools=[tool],
                tool_choice=choices[n % 3],
                stop=[what],
                logit_bias={what: 1},
                service_tier=what,
                metadata={what: what},
                user=what,
                stream=streamed,
                response_format={"type": "json_schema", "json_schema": {"name": what, "schema": {"title": what}}},
                extra_body=odd,
                extra_headers={"X-Key": what},
            )
            list(made)


def _responses(client, service, what):
    item = {"type": "function_call", "id": "1", "call_id": "1", "name": what, "arguments": json.dumps({"a": what})}
    incomplete = response(status="incomplete") | {"incomplete_details": {"reason": what}}
    failed = response(status="failed", error={"code": what, "message": what})
    for answer in (response(said(what), item, instructions=what), incomplete, failed, response(status=what)):
        service.answer(reply(answer))
        client.responses.create(
            model="m",
            input=[{"role": "user", "content": what}, {"type": "computer_call_output", "call_id": "1", "output": what}],
            instructions=what,
            prompt={
                "id": "pmpt_1",
                "version": "3",
                "variables": {"who": what, what: {"type": "input_text", "text": what}},
            },
            conversation=what,
            service_tier=what,
            truncation=what,
            tool_choice={"type": "function", "name": what},
            tools=[{"type": "function", "name": what, "description": what, "parameters": {}}],
            text={"verbosity": what, "format": {"type": "json_schema", "name": what, "schema": {}}},
            reasoning={"effort": what},
            metadata={what: what},
        )


def _others(client, service, what):
    service.answer(reply({"id": "c", "choices": [{"index": 0, "text": what, "finish_reason": what}]}))
    client.completions.create(model="m", prompt=[what], suffix=what, stop=what)
    service.answer(reply({"model": "m", "data": [{"embedding": [0.1], "index": 0}]}))
    client.embeddings.create(model="m", input=[what], encoding_format=what, user=what)
    service.answer(reply({"created": 1, "data": [{"url": what, "revised_prompt": what}], "output_format": what}))
    client.images.generate(model="m", prompt=what, style=what, background=what, size=what, quality=what, user=what)
    service.answer(reply({"text": what}))
    client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF"), prompt=what, language=what)
    service.answer(reply(b"sound", headers={"content-type": "audio/mpeg"}))
    client.audio.speech.create(model="m", voice=what, input=what, instructions=what)
    client.audio.speech.create(model="m", voice={"id": what}, input=what)
    service.answer(reply({"id": "m", "model": "m", "results": [{"flagged": True, "categories": {what: True}}]}))
    client.moderations.create(model="m", input=what)
    client.moderations.create(model="m", input=[{"type": "text", "text": what}])


class _Holder:
    """Not made to hold data."""

    def __init__(self, what):
        self.value = what


def _steps(what):
    for decorate in (
        otel_prompt.step,
        otel_prompt.workflow,
        otel_prompt.agent,
        otel_prompt.tool,
        otel_prompt.retriever,
    ):

        @decorate
        def work(asked, holder=None):
            return {what: [asked], "holder": holder}

        @decorate
        def fails(asked):
            raise ValueError(asked)

        @decorate
        def gives(asked):
            yield asked

        work({what: what}, _Holder(what))
        work(what)
        list(gives(what))
        with pytest.raises(ValueError, match=WORDS if what is WORDS else "sk-"):
            fails(what)


def use(service, what):
    """Every kind of call and of step, with ``what`` in every place that holds what people say."""
    client = service.client()
    item = {"id": "1", "input": what, "expected": what, "notes": {"a": what}}
    with otel_prompt.attributes(dataset={"name": "d", "rows": [what], "item": item}):
        _steps(what)
        for calls in (_chats, _responses, _others):
            calls(client, service, what)


@pytest.mark.parametrize("mode", [Capture.NO_CONTENT, Capture.EVENT_ONLY])
def test_content_is_nowhere_that_it_was_not_asked_for(mode, everywhere, service):
    """Without content, nothing that anybody said is recorded; on events only, it is there and nowhere else."""
    traced = everywhere(capture_content=mode)
    use(service, WORDS)
    assert len(traced.spans) > 30
    said = [repr(event.attributes) for event in traced.events]
    assert any(WORDS in text for text in said) == (mode is Capture.EVENT_ONLY)
    traced._logs.clear()
    for span in traced.spans:
        assert "quokka" not in span.to_json(), span.to_json()
    assert "quokka" not in traced.shown()


@pytest.mark.parametrize("mode", [Capture.SPAN_ONLY, Capture.SPAN_AND_EVENT])
def test_content_is_there_when_it_was_asked_for(mode, everywhere, service):
    """The test above can fail: with content on, spans and store have the words, but nothing of a mere object."""
    traced = everywhere(capture_content=mode)
    use(service, WORDS)
    assert sum(WORDS in span.to_json() for span in traced.spans) > 30
    assert '\\"holder\\":\\"<_Holder>\\"' in json.dumps([dict(s.attributes) for s in traced.spans])
    assert WORDS in traced.shown()


def _named_with(service, what):
    """A secret in all that a user may call something."""
    names = {"session": what, "user": what, "conversation": what, "experimenter": what, "experiment": what}
    dataset = {
        "name": what,
        "version": what,
        "digest": what,
        what: what,
        "item": {"id": what, "expected": what, what: 1},
    }
    metadata = {what: 1, "v": {what: {"deep": [what]}}, "api_key": "hunter2", "w": {"password": "hunter2"}}
    client = service.client()
    one = Prompt(what, "one text of its own {{api_key}} {{v}}", version=what, label=what, id=what)
    two = Prompt("two", "another text of its own", version=what)

    def work(api_key):
        """A step."""
        raise ValueError(what)

    work.__doc__ = f"uses {what}"
    with otel_prompt.attributes(**names, tags=[what], metadata=metadata, dataset=dataset):
        for decorate in (otel_prompt.step, otel_prompt.agent, otel_prompt.tool, otel_prompt.retriever):
            with pytest.raises(ValueError, match="sk-"):
                decorate(name=f"uses {what}")(work)("hunter2")
        service.answer(reply(chat("fine") | {"model": what}))
        messages = [
            {"role": "system", "content": one.render(api_key=what, v=what)},
            {"role": "user", "content": two.render()},
        ]
        client.chat.completions.create(model=what, messages=messages)
        service.answer(reply(response(said("fine"))))
        prompt = {"id": what, "version": what, "variables": {"password": "hunter2", what: what}}
        client.responses.create(model=what, input="x", prompt=prompt, conversation=what)


def test_a_secret_is_nowhere(everywhere, service):
    """Wherever it stands in a call, a step, a name, a tag: no span, event, metric, log or byte of the store has it."""
    traced = everywhere(capture_content=Capture.SPAN_AND_EVENT)
    use(service, KEY)
    _named_with(service, KEY)
    for span in traced.spans:
        assert "abcdefghijklmnop" not in span.to_json(), span.to_json()
        assert "hunter2" not in span.to_json(), span.to_json()
    shown = traced.shown()
    assert "abcdefghijklmnop" not in shown
    assert "hunter2" not in shown
    assert "[REDACTED]" in shown


def test_a_secret_in_the_settings_is_nowhere(everywhere, service):
    """The experiment and the experimenter are on every span."""
    traced = everywhere(experiment=KEY, experimenter=KEY)
    service.answer(reply(chat("fine")))
    service.client().chat.completions.create(model="m", messages=[])
    assert KEY not in traced.shown()
