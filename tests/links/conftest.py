"""A call of the ``openai`` client that uses a text which another library rendered."""

from __future__ import annotations

import json

import pytest

from otel_prompt import semconv
from otel_prompt.links import Linking

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
}  # fmt: skip


@pytest.fixture
def linked():
    """Links in place."""
    links = Linking()
    yield links
    links.remove()


@pytest.fixture
def ask(service, traced, linked, nothing_rendered):
    """Make a call with some messages, or one text of the user; gives what its span says of the prompt."""
    from openai_double import reply

    service.answer(reply(ANSWER))

    def call(messages):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        service.client().chat.completions.create(model="gpt-4o-mini", messages=messages)
        sent = service.bodies[-1]["messages"]
        assert sent == json.loads(json.dumps(messages))
        return about(traced.attributes)

    return call


def about(attributes):
    """What a span says of the prompt, by the last part of each name."""
    found = {
        name: attributes[key]
        for name, key in (
            ("name", semconv.PROMPT_NAME), ("version", semconv.PROMPT_VERSION), ("label", semconv.PROMPT_LABEL),
            ("template", semconv.PROMPT_TEMPLATE), ("hash", semconv.PROMPT_TEMPLATE_HASH),
            ("source", semconv.PROMPT_SOURCE), ("id", semconv.PROMPT_ID),
        )
        if key in attributes
    }  # fmt: skip
    prefix = semconv.PROMPT_VARIABLE_PREFIX
    variables = {key[len(prefix) :]: value for key, value in attributes.items() if key.startswith(prefix)}
    return found | ({"variables": variables} if variables else {})
