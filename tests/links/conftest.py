"""A call of the ``openai`` client that uses a text which another library rendered."""

from __future__ import annotations

import json

import pytest
from prompt_on_span import ANSWER, about

from otel_prompt.links import Linking


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
