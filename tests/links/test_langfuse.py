"""Langfuse's own client, against a local server that speaks its documented interface."""

from __future__ import annotations

import pytest

pytest.importorskip("langfuse")
from prompt_services import Langfuse as Server
from prompt_services import serving

CHAT = [
    {"type": "chatmessage", "role": "system", "content": "You are an expert on {{topic}}."},
    {"type": "chatmessage", "role": "user", "content": "{{question}}"},
]


@pytest.fixture
def server():
    """Langfuse's service."""
    return Server()


@pytest.fixture
def client(server):
    """Langfuse's client, as an application makes one."""
    from langfuse import Langfuse
    from opentelemetry.sdk.trace import TracerProvider

    with serving(server) as address:
        provider = TracerProvider(shutdown_on_exit=False)
        it = Langfuse(
            public_key=f"pk-lf-{id(server)}", secret_key="sk-lf-test", base_url=address, tracer_provider=provider,
            tracing_enabled=False,
        )  # fmt: skip
        yield it
        it.shutdown()


def test_a_text(server, client, ask):
    """A compiled text is known by name, version, label, template and variables."""
    server.add("summary", "Summarize in {{n}} words: {{text}}", ("production",))
    text = client.get_prompt("summary").compile(n=3, text="Rome")
    assert (type(text), text) == (str, "Summarize in 3 words: Rome")
    found = ask(text)
    assert len(found.pop("hash")) == 64
    assert found == {
        "name": "summary",
        "version": "1",
        "label": "production",
        "template": "Summarize in {{n}} words: {{text}}",
        "source": "langfuse",
        "id": "summary:1",
        "variables": {"n": "3", "text": "Rome"},
    }


def test_a_chat(server, client, ask):
    """A compiled chat is known by each of its messages, and its hash is that of the prompt as we load it."""
    server.add("expert", CHAT, ("production",))
    messages = client.get_prompt("expert", type="chat").compile(topic="Rome", question="Why did it fall?")
    found = ask(messages)
    assert (found["name"], found["version"]) == ("expert", "1")
    assert found["variables"] == {"topic": "Rome", "question": "Why did it fall?"}
    assert found["template"] == (
        '[{"role":"system","content":"You are an expert on {{topic}}."},{"role":"user","content":"{{question}}"}]'
    )


def test_a_fallback(client, ask):
    """A text that the application falls back to, because there is no such prompt, is no version of it."""
    text = client.get_prompt("nothing", fallback="Summarize the text below, briefly.").compile()
    assert "name" not in ask(text)
