"""Steps: each kind of function keeps its kind, its span its place, its input and output their names."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import threading

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_prompt import agent, attributes, current, retriever, step, telemetry, tool, workflow
from otel_prompt.config import Capture, Settings
from otel_prompt.errors import ConfigurationError


@pytest.fixture
def spans():
    """The steps' finished spans by name."""
    yield from _spans(Settings())


@pytest.fixture
def spans_without_content():
    """The same, with content off."""
    yield from _spans(Settings(capture_content=Capture.NO_CONTENT))


def _spans(settings):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry.use(telemetry.Telemetry(settings, provider))
    yield lambda: {span.name: span for span in exporter.get_finished_spans()}
    telemetry.use(telemetry.Telemetry(Settings()))


def here():
    """The name of the current span."""
    return getattr(trace.get_current_span(), "name", None)


def test_a_workflow_with_a_tool(spans):
    """The conventions' names, one inside the other, with what went in and came out."""

    @tool
    def add(a: int, b: int = 2) -> int:
        """Add two numbers.

        More is not said.
        """
        return a + b

    @workflow(name="sum")
    def whole(question):
        return add(1)

    with attributes(session="s-1"):
        assert whole("what is 1 + 2?") == 3
    found = spans()
    outer, inner = found["invoke_workflow sum"], found["execute_tool add"]
    assert inner.parent.span_id == outer.context.span_id
    assert dict(inner.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "add",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.description": "Add two numbers.",
        "gen_ai.tool.call.arguments": '{"a":1}',
        "gen_ai.tool.call.result": "3",
        "session.id": "s-1",
    }
    assert dict(outer.attributes) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "sum",
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"what is 1 + 2?"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"3"}]}]',
        "session.id": "s-1",
    }


async def test_an_agent_that_retrieves(spans):
    """Coroutines and async generators nest as functions do."""

    @retriever(name="docs")
    async def search(query, limit=2):
        for n in range(limit):
            assert here() == "retrieval docs"
            yield {"id": str(n), "score": 0.5}

    @agent
    async def helper(question):
        """Help."""
        found = []
        async for document in search(question):
            assert here() == "invoke_agent helper"
            found.append(document["id"])
        return found

    assert inspect.iscoroutinefunction(helper)
    assert inspect.isasyncgenfunction(search)
    assert await helper("why?") == ["0", "1"]
    found = spans()
    assert found["retrieval docs"].parent.span_id == found["invoke_agent helper"].context.span_id
    assert found["retrieval docs"].kind is trace.SpanKind.CLIENT
    assert found["retrieval docs"].attributes["gen_ai.data_source.id"] == "docs"
    assert found["retrieval docs"].attributes["gen_ai.retrieval.query.text"] == "why?"
    assert found["retrieval docs"].attributes["gen_ai.retrieval.documents"].startswith('[{"id":"0"')
    assert found["invoke_agent helper"].attributes["gen_ai.agent.description"] == "Help."


def test_a_generator(spans):
    """Current only while its own body runs; values are sent and returned through it; its texts are one output."""

    @step
    def speak():
        """Say things."""
        heard = yield "one "
        assert here() == "speak"
        assert heard == "louder"
        yield "two"
        return "done"

    assert inspect.isgeneratorfunction(speak)
    words = speak()
    assert next(words) == "one "
    assert here() is None
    assert words.send("louder") == "two"
    with pytest.raises(StopIteration) as stop:
        next(words)
    assert stop.value.value == "done"
    assert spans()["speak"].attributes["otel_prompt.step.output"] == '"one two"'


def test_what_is_thrown_into_a_generator(spans):
    """The body hears it, and may go on."""

    @step
    def patient():
        try:
            yield 1
        except KeyError:
            yield 2

    values = patient()
    next(values)
    assert values.throw(KeyError("k")) == 2
    values.close()
    assert spans()["patient"].status.status_code is trace.StatusCode.UNSET


def test_a_generator_that_is_left(spans):
    """It ends, without error, with what it gave until then."""

    @step
    def numbers():
        yield from range(10)

    for _ in numbers():
        break
    gc.collect()
    span = spans()["numbers"]
    assert span.status.status_code is trace.StatusCode.UNSET
    assert span.attributes["otel_prompt.step.output"] == "[0]"


async def test_an_async_generator_closed_in_another_task(spans, caplog):
    """No context is left attached, and nothing is logged about one."""

    @step
    async def numbers():
        yield 1
        yield 2

    values = numbers()
    assert await anext_(values) == 1
    await asyncio.create_task(values.aclose())
    assert spans()["numbers"].status.status_code is trace.StatusCode.UNSET
    assert here() is None
    assert not caplog.records


async def anext_(values):
    """The next value."""
    return await values.__anext__()


def test_an_error(spans):
    """It is the caller's as it was, and the span tells of it, without the secret in it."""

    @step
    def fails():
        raise ValueError("no: sk-abcdefghijklmnopqrstuvwx")

    with pytest.raises(ValueError, match="sk-abc"):
        fails()
    span = spans()["fails"]
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "ValueError"
    [event] = span.events
    assert dict(event.attributes) == {"exception.type": "ValueError", "exception.message": "no: [REDACTED]"}


class MuteError(Exception):
    """An exception that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_that_says_nothing(spans, shield_up):
    """It is the caller's as it was, and the span has its type."""

    @step
    def fails():
        raise MuteError

    with pytest.raises(MuteError):
        fails()
    assert spans()["fails"].attributes["error.type"].endswith("MuteError")


async def test_cancellation(spans):
    """A cancelled step is ended, and still cancelled."""

    @step
    async def waits():
        await asyncio.sleep(60)

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spans()["waits"].attributes["error.type"] == "asyncio.exceptions.CancelledError"


def test_methods(spans):
    """Neither ``self`` nor ``cls`` is an argument."""

    class Kitchen:
        @tool
        def cook(self, dish):
            return dish

        @classmethod
        @tool
        def clean(cls, room):
            return room

        @tool
        @staticmethod
        def shop(item):
            return item

    assert (Kitchen().cook("soup"), Kitchen.clean("hall"), Kitchen.shop("salt")) == ("soup", "hall", "salt")
    arguments = {name: span.attributes["gen_ai.tool.call.arguments"] for name, span in spans().items()}
    assert arguments == {
        "execute_tool cook": '{"dish":"soup"}',
        "execute_tool clean": '{"room":"hall"}',
        "execute_tool shop": '{"item":"salt"}',
    }


def test_threads(spans):
    """A copied context carries a step and its surroundings into a thread."""

    @step
    def inner():
        return None

    @workflow
    def outer():
        thread = threading.Thread(target=contextvars.copy_context().run, args=(inner,))
        thread.start()
        thread.join()

    with attributes(user="u"):
        outer()
    found = spans()
    assert found["inner"].parent.span_id == found["invoke_workflow outer"].context.span_id
    assert found["inner"].attributes["user.id"] == "u"


def test_without_content(spans_without_content):
    """Names stay; what went in, what came out and what an error says do not."""

    @tool
    def fails(word):
        raise ValueError(word)

    with pytest.raises(ValueError, match="hush"):
        fails("hush")
    span = spans_without_content()["execute_tool fails"]
    assert "hush" not in span.to_json()
    assert span.attributes["error.type"] == "ValueError"


def test_suppressed(spans):
    """Where nothing is to be traced, the function alone runs."""

    @step
    def quiet():
        return here()

    with suppress_instrumentation():
        assert quiet() is None
    assert spans() == {}


def test_where_a_step_is_recorded(spans):
    """``current()`` tells, inside."""

    @step
    def asked():
        return current()

    found = asked()
    span = spans()["asked"]
    assert (found.trace_id, found.span_id) == (f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}")
    assert found.mlflow_trace_id == f"tr-{found.trace_id}"


def test_an_answer_that_is_returned_whole_is_what_it_says(spans):
    """A client's answer is read as the call's own span reads it: as messages, not as JSON of the SDK's model."""
    chats = pytest.importorskip("openai.types.chat")
    responses = pytest.importorskip("openai.types.responses")
    message = {"role": "assistant", "content": "Rome fell."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    chat = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    output = [{"id": "m", "type": "message", "role": "assistant", "status": "completed",
               "content": [{"type": "output_text", "text": "Rome fell.", "annotations": []}]}]  # fmt: skip
    response = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": output,
                "parallel_tool_calls": False, "tool_choice": "auto", "tools": []}  # fmt: skip

    @workflow
    def talk():
        return chats.ChatCompletion.model_validate(chat)

    @agent
    def act():
        return responses.Response.model_validate(response)

    @workflow
    def other():
        return {"object": "ship"}

    talk(), act(), other()
    written = {name: span.attributes["gen_ai.output.messages"] for name, span in spans().items()}
    parts = '"parts":[{"type":"text","content":"Rome fell."}],"finish_reason":"stop"'
    assert written["invoke_workflow talk"] == f'[{{"role":"assistant",{parts}}}]'
    assert '"parts":[{"type":"text","content":"Rome fell."}]' in written["invoke_agent act"]
    assert r"{\"object\":\"ship\"}" in written["invoke_workflow other"]


def test_a_step_without_arguments_has_no_input(spans):
    """Nothing given is nothing said; a tool says that it was called with nothing."""

    @workflow
    def morning():
        return now()

    @tool
    def now():
        return "7:00"

    morning()
    assert "gen_ai.input.messages" not in spans()["invoke_workflow morning"].attributes
    assert spans()["execute_tool now"].attributes["gen_ai.tool.call.arguments"] == "{}"


class Broken(SpanProcessor):
    """The application's own processor, with a fault in it."""

    def __init__(self, when) -> None:
        self.when = when

    def on_start(self, span, parent_context=None) -> None:
        """Fail, if this is the place."""
        assert self.when != "start"

    def on_end(self, span) -> None:
        """Fail, if this is the place."""
        assert self.when != "end"


@pytest.mark.parametrize("when", ["start", "end"])
async def test_a_processor_that_fails(when, shield_up, caplog):
    """A step returns what it returns, and the fault is said once."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Broken(when))
    telemetry.use(telemetry.Telemetry(Settings(), provider))

    @step
    def plain():
        return 1

    @step
    async def coroutine():
        return 2

    @step
    def generator():
        yield 3

    for _ in range(2):
        assert (plain(), await coroutine(), list(generator())) == (1, 2, [3])
    telemetry.use(telemetry.Telemetry(Settings()))
    assert len(caplog.messages) == 1
    assert here() is None


class Pause:
    """Something to await that never comes."""

    def __await__(self):
        yield


def test_a_coroutine_closed_from_elsewhere(spans, caplog):
    """As an event loop does at its end: it ends, and nothing is logged about a context."""

    @step
    async def waits():
        with attributes(user="u"):
            await Pause()

    begun = waits()
    contextvars.copy_context().run(begun.send, None)
    begun.close()
    assert spans()["waits"].status.status_code is trace.StatusCode.UNSET
    assert here() is None
    assert not caplog.records


class Caller:
    """Objects that can be called, in each way."""

    def __call__(self, word):
        """Call it."""
        return word


class AsyncCaller:
    """One that is awaited."""

    async def __call__(self, word):
        """Await it."""
        assert here() == "execute_tool AsyncCaller"
        return word


async def test_what_can_be_called(spans):
    """Partials, callable objects and functions without a signature; each by the name that it has."""

    async def say(word, times):
        assert here() == "execute_tool say"
        return word * times

    assert tool(functools.partial(pow, 2))(3) == 8
    assert tool(max)(1, 2) == 2
    assert tool(Caller())("a") == "a"
    assert await tool(AsyncCaller())("a") == "a"
    assert await tool(functools.partial(say, times=2))("a") == "aa"
    arguments = {name: span.attributes["gen_ai.tool.call.arguments"] for name, span in spans().items()}
    assert arguments == {
        "execute_tool pow": '{"exp":3}',
        "execute_tool max": '{"0":1,"1":2}',
        "execute_tool Caller": '{"word":"a"}',
        "execute_tool AsyncCaller": '{"word":"a"}',
        "execute_tool say": '{"word":"a"}',
    }


def test_what_cannot_be_called():
    """A name without its keyword: one sentence."""
    with pytest.raises(ConfigurationError, match="a name is given as name="):
        step("summarize")
