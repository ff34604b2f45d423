"""What surrounds a call reaches its span, through awaits, tasks and threads, and no other span."""

from __future__ import annotations

import asyncio
import contextvars
import threading

from endpoint import answered, streamed
from endpoints import CHAT
from inline_snapshot import snapshot

from otel_prompt import Prompt, context
from otel_prompt.context import attributes, configure, current, surroundings
from otel_prompt.processors.redact import redact


def test_all_that_can_be_said(traced, service):
    """Every argument, by its attribute's name."""
    dataset = {"name": "d", "version": "2", "digest": "abc", "item": {"id": "7", "expected": {"a": 1}}}
    with attributes(
        session="s",
        user="u",
        conversation="c",
        experimenter="ada",
        experiment="e",
        tags=["a", "b"],
        metadata={"n": 1, "deep": {"x": [1]}, "none": None},
        dataset=dataset,
    ):
        CHAT.call(service.answer(answered(CHAT)).client())
        said = dict(surroundings())
    assert said == snapshot(
        {
            "session.id": "s",
            "user.id": "u",
            "gen_ai.conversation.id": "c",
            "otel_prompt.experimenter": "ada",
            "otel_prompt.experiment.name": "e",
            "otel_prompt.metadata.n": 1,
            "otel_prompt.metadata.deep": '{"x":[1]}',
            "otel_prompt.dataset.name": "d",
            "otel_prompt.dataset.version": "2",
            "otel_prompt.dataset.digest": "abc",
            "otel_prompt.dataset.item.id": "7",
            "otel_prompt.dataset.item.expected": '{"a":1}',
            "otel_prompt.tags": ["a", "b"],
        }
    )
    found = traced.attributes
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in found.items() if k in said} == said


def test_inner_ones_win_and_tags_add_up():
    """The nearer to the call, the stronger; a tag does not take another's place."""
    with attributes(session="outer", user="u", tags="a"), attributes(session="inner", tags=["b", "a"]):
        assert dict(surroundings()) == {"session.id": "inner", "user.id": "u", "otel_prompt.tags": ["a", "b"]}
    assert dict(surroundings()) == {}


async def test_tasks_have_it_and_do_not_share_it(traced, service):
    """Each of many tasks side by side has its own."""
    client = service.answer(answered(CHAT)).client(asynchronous=True)

    async def call(n):
        with attributes(session=str(n)):
            await asyncio.sleep(0)
            await CHAT.call(client)

    await asyncio.gather(*(call(n) for n in range(20)))
    assert sorted(s.attributes["session.id"] for s in traced.spans) == sorted(map(str, range(20)))


def test_threads_have_it(traced, service):
    """Those that are started with a copy of the context."""
    client = service.answer(answered(CHAT)).client()
    with attributes(session="s"):
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(CHAT.call, client))
        thread.start()
        thread.join()
    assert traced.attributes["session.id"] == "s"


def test_a_stream_keeps_what_surrounded_its_beginning(traced, service):
    """Read outside, it is still the session's."""
    with attributes(session="s"):
        got = CHAT.stream(service.answer(streamed(CHAT)).client())
    list(got)
    assert traced.attributes["session.id"] == "s"


def test_current_is_the_last_call(traced, service):
    """After a call: where it is recorded, with the service's own id."""

    def call():
        CHAT.call(service.answer(answered(CHAT)).client())
        return current()

    found = contextvars.copy_context().run(call)
    ids = traced.span.context
    assert (found.trace_id, found.span_id) == (f"{ids.trace_id:032x}", f"{ids.span_id:016x}")
    assert found.response_id == "chatcmpl-1"
    assert found.mlflow_trace_id == f"tr-{ids.trace_id:032x}"


def test_current_is_the_open_span(traced, service):
    """Inside a span of the caller's: that one, with the id of the call that was made in it."""

    def call():
        with traced.tracer.start_as_current_span("mine") as span:
            CHAT.call(service.answer(answered(CHAT)).client())
            return span.get_span_context(), current()

    ids, found = contextvars.copy_context().run(call)
    assert (found.span_id, found.response_id) == (f"{ids.span_id:016x}", "chatcmpl-1")


def test_current_is_nothing_before_any_call():
    """A fresh context has made none."""
    assert contextvars.Context().run(current) is None


def test_secrets_and_content_around_a_call(traced, service):
    """Secrets are taken out of what is said around a call; without content, an expected answer is left out."""
    secret = "sk-abcdefghijklmnopqrstuvwx"
    dataset = {"name": "d", "item": {"expected": "Paris"}}
    with attributes(metadata={"key": secret}, tags=[secret], dataset=dataset):
        CHAT.call(service.answer(answered(CHAT)).client())
    [span] = traced.spans
    assert span.attributes["otel_prompt.metadata.key"] == "[REDACTED]"
    assert span.attributes["otel_prompt.tags"] == ("[REDACTED]",)
    assert span.attributes["otel_prompt.dataset.item.expected"] == "Paris"
    try:
        configure({}, str, content=False)
        with attributes(dataset=dataset):
            assert surroundings() == {"otel_prompt.dataset.name": "d"}
    finally:
        configure({}, redact)


def test_many_facts(traced, service, caplog):
    """Those that there is room for, in a sentence; what the call is, and whose, is never crowded out."""
    context._say_there_are_too_many.cache_clear()
    variables = {f"v{n}": str(n) for n in range(60)}
    prompt = Prompt("big", " ".join(f"{{{{{name}}}}}" for name in variables))
    outer = attributes(session="s", metadata={f"a{n}": n for n in range(30)})
    inner = attributes(user="u", metadata={f"b{n}": n for n in range(130)})
    with outer, inner:
        messages = [{"role": "user", "content": prompt.render(**variables)}]
        service.answer(answered(CHAT)).client().chat.completions.create(model="gpt-4o", messages=messages)
    found = traced.attributes
    assert {name: found.get(name) for name in ("session.id", "user.id", "gen_ai.prompt.name")} == {
        "session.id": "s",
        "user.id": "u",
        "gen_ai.prompt.name": "big",
    }
    assert found["gen_ai.operation.name"] == "chat"
    assert found["otel_prompt.metadata.b9"] == 9
    assert "otel_prompt.metadata.b10" not in found
    assert len(caplog.messages) == 1
    assert "names more than 40 facts" in caplog.text
    traced._complaints.heard.clear()


def test_a_small_limit_of_attributes(instrument, service, monkeypatch):
    """Where the SDK holds few, what the call is stays."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "20")
    traced = instrument()
    with attributes(metadata={f"a{n}": n for n in range(18)}):
        CHAT.call(service.answer(answered(CHAT)).client())
    found = traced.attributes
    traced._complaints.heard.clear()  # the SDK says that it drops some
    assert len(found) == 20
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.request.model"] == "gpt-4o"
    assert found["gen_ai.usage.input_tokens"] == 11
