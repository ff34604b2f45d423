"""A call with no known prompt is known by its function and by what stays the same in it, and claims no more."""

from __future__ import annotations

import asyncio
import sys
import timeit
from hashlib import sha256

import pytest

from otel_prompt import Prompt, recorder, semconv
from otel_prompt.prompts.automatic import automatic

pytestmark = pytest.mark.usefixtures("nothing_rendered")
ON_SPANS = pytest.mark.skipif(not hasattr(recorder, "automatic"), reason="the recorder does not ask for it yet")
TEMPLATE = "Explain this well: {}"
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
}  # fmt: skip


def request(system, user):
    """A request."""
    return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]}


def of_version(source, *arguments, **scope):
    """The hash of a function's call, as its source says."""
    scope |= {"automatic": automatic, "request": request, "__name__": "an_app"}
    exec(compile(source, "app.py", "exec"), scope)
    return scope["ask"](*arguments)[semconv.PROMPT_TEMPLATE_HASH]


SOURCE = '''
def ask(topic, model="gpt-5"):
    """Ask."""
    return automatic(request("Be brief.", f"Explain {topic} to a child."))
'''


def test_what_it_says():
    """The function's full name, the hash, and that it is automatic; no name and no version."""

    def ask():
        return automatic(request("Be brief.", "Hi"))

    found = ask()
    assert found[semconv.PROMPT_SOURCE] == "auto"
    # Until 3.10 a code object knows its own name alone.
    name = "test_what_it_says.<locals>.ask" if sys.version_info >= (3, 11) else "ask"
    assert found[semconv.PROMPT_FUNCTION].endswith(f"test_automatic.{name}")
    assert len(found[semconv.PROMPT_TEMPLATE_HASH]) == 64
    assert set(found) == {semconv.PROMPT_SOURCE, semconv.PROMPT_FUNCTION, semconv.PROMPT_TEMPLATE_HASH}


def test_values_do_not_change_it():
    """What differs from call to call does not change the hash."""
    assert of_version(SOURCE, "Rome") == of_version(SOURCE, "the sea, as it is seen from a ship")


@pytest.mark.parametrize(
    "change", [("Be brief.", "Be long."), ("to a child", "to a judge"), ("Explain ", "Say what is ")]
)
def test_a_changed_prompt_changes_it(change):
    """Another system message and another wording of the function's own texts give another hash."""
    assert of_version(SOURCE, "Rome") != of_version(SOURCE.replace(*change), "Rome")


@pytest.mark.parametrize("change", [("Ask.", "Ask it."), ("gpt-5", "gpt-6"), ("topic", "matter"), ("def", "\n\ndef")])
def test_other_changes_do_not(change):
    """A docstring, a model's name, a variable's name and a moved line are no change of the prompt."""
    assert of_version(SOURCE, "Rome") == of_version(SOURCE.replace(*change), "Rome")


def test_a_constant_of_the_module():
    """A template that stands in a constant beside the function counts as well."""
    source = "def ask(x):\n    return automatic(request('a', TEMPLATE.format(x)))"
    one, two = (of_version(source, "x", TEMPLATE=text) for text in ("Explain {} well", "Explain {} badly"))
    assert one != two
    assert one == of_version(source, "y", TEMPLATE="Explain {} well")


@ON_SPANS
def test_on_the_span(service, traced):
    """A plain call has the automatic identity; one with a rendered prompt has the prompt's own."""
    from openai_double import reply

    service.answer(reply(ANSWER))
    client = service.client()
    client.chat.completions.create(model="m", **request("Be brief.", TEMPLATE.format("Rome")))
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": Prompt("p", "Hi there").render()}])
    plain, named = (dict(span.attributes) for span in traced.spans)
    assert plain[semconv.PROMPT_FUNCTION].endswith("test_automatic.test_on_the_span")
    assert plain[semconv.PROMPT_SOURCE] == "auto"
    assert semconv.PROMPT_NAME not in plain
    assert semconv.PROMPT_FUNCTION not in named
    assert named[semconv.PROMPT_NAME] == "p"


@ON_SPANS
async def test_async(service, traced):
    """An async function is found just so."""
    from openai_double import reply

    service.answer(reply(ANSWER))
    await service.client(asynchronous=True).chat.completions.create(model="m", **request("Be brief.", "Hi"))
    assert traced.attributes[semconv.PROMPT_FUNCTION].endswith("test_automatic.test_async")


async def test_a_task_of_a_librarys_own():
    """Of a call in a task that a library began no function is named: the one that runs the loop did not make it.

    The hash is then that of the system message.
    """
    scope = {"__name__": "openai.streaming", "automatic": automatic}
    exec("async def call(body): return automatic(body)", scope)
    found = await asyncio.create_task(scope["call"](request("Be brief.", "Hi")))
    assert found == {semconv.PROMPT_SOURCE: "auto", semconv.PROMPT_TEMPLATE_HASH: sha256(b"Be brief.").hexdigest()}
    assert await asyncio.create_task(scope["call"]({"input": "Hi"})) == {}
    assert (await scope["call"](request("Be brief.", "Hi")))[semconv.PROMPT_FUNCTION].endswith("librarys_own")


def test_a_long_constant_is_hashed_once():
    """A system message that stays the same object is hashed once, however long it is."""
    body = request("Be brief. " * 9000, "Hi")
    assert min(timeit.repeat(lambda: automatic(body), number=100, repeat=5)) / 100 < 30e-6


def test_it_is_cheap():
    """Some ten frames deep it costs a few microseconds at most; the benchmark has the figures."""
    body = request("Be brief. " * 50, "Hi")

    def deep(n):
        return deep(n - 1) if n else min(timeit.repeat(lambda: automatic(body), number=2000, repeat=5)) / 2000

    assert deep(10) < 20e-6
