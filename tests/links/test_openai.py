"""Prompts that OpenAI's service keeps: ``responses.create(prompt={"id", "version", "variables"})``."""

from __future__ import annotations

import pytest

from otel_prompt import Prompt, semconv

pytest.importorskip("openai")
ANSWER = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5", "status": "completed", "output": [],
    "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
}  # fmt: skip
KEPT = {"id": "pmpt_abc", "version": "2", "variables": {"city": "Rome", "n": "3"}}


@pytest.fixture
def ask(service, traced, nothing_rendered):
    """Make a call; gives its attributes."""
    from openai_double import reply

    service.answer(reply(ANSWER))

    def call(**request):
        service.client().responses.create(model="gpt-5", **request)
        return traced.attributes

    return call


def test_a_kept_prompt(ask):
    """The call knows the prompt's id, version and variables, though no text of it passes by."""
    found = ask(prompt=KEPT)
    assert found[semconv.PROMPT_NAME] == "pmpt_abc"
    assert found[semconv.PROMPT_ID] == "pmpt_abc"
    assert found[semconv.PROMPT_VERSION] == "2"
    assert found[semconv.PROMPT_SOURCE] == "openai"
    assert found[semconv.PROMPT_VARIABLE_PREFIX + "city"] == "Rome"
    assert semconv.PROMPT_TEMPLATE_HASH not in found


def test_with_another(ask):
    """It is *the* prompt of the call; a rendered one beside it is listed."""
    found = ask(prompt=KEPT, input=Prompt("ours", "Tell me about {{x}}", version="1").render(x="Rome"))
    assert found[semconv.PROMPT_NAME] == "pmpt_abc"
    assert '"ours"' in found[semconv.PROMPT_ALL]
