"""Langfuse's prompts, from a local server that speaks its documented interface."""

from __future__ import annotations

import pytest

from otel_prompt import Prompt, PromptError, load_prompt, load_prompt_async
from otel_prompt.prompts.registries import registry

CHAT = [
    {"type": "chatmessage", "role": "system", "content": "Be {{tone}}."},
    {"type": "placeholder", "name": "history"},
    {"type": "chatmessage", "role": "user", "content": "{{question}}"},
]


def test_loading(langfuse):
    """A label, a version and a bare name, which is production, each give the version they stand for."""
    langfuse.add("a/b", "One {{x}}", ("production",), {"temperature": 0.2, "model": "gpt-5", "owner": "Ada"})
    langfuse.add("a/b", "Two {{x}}", ("canary",))
    prompt = load_prompt("langfuse:a/b")
    assert (prompt.name, prompt.version, prompt.label, prompt.source) == ("a/b", "1", "production", "langfuse")
    assert (prompt.parameters, prompt.model, prompt.labels) == ({"temperature": 0.2}, "gpt-5", ("production",))
    assert prompt.render(x="x") == "One x"
    assert load_prompt("langfuse:a/b@canary").version == "2"
    assert load_prompt("langfuse:a/b:2").template == "Two {{x}}"


async def test_async(langfuse):
    """The async face gives the same."""
    langfuse.add("p", "Hi", ("production",))
    assert (await load_prompt_async("langfuse:p")).template == "Hi"


def test_a_chat(langfuse):
    """A chat is messages, and its placeholder is a variable."""
    langfuse.add("chat", CHAT, ("production",))
    prompt = load_prompt("langfuse:chat@production")
    history = [{"role": "user", "content": "a"}]
    assert prompt.render(tone="kind", question="Why?", history=history) == [
        {"role": "system", "content": "Be kind."},
        *history,
        {"role": "user", "content": "Why?"},
    ]


@pytest.mark.parametrize("template", ["Hi {{x}}\n", [{k: v for k, v in m.items() if v != "chatmessage"} for m in CHAT]])
def test_pushing_is_idempotent(langfuse, template):
    """The same template is pushed once, whichever version is the newest; what is pulled is what it was."""
    service, prompt = registry("langfuse"), Prompt("p", template, parameters={"temperature": 0.1}, model="m")
    assert service.push(prompt) == ("1", True)
    assert service.push(prompt) == ("1", False)
    assert service.push(Prompt("p", "Other")) == ("2", True)
    assert service.push(prompt) == ("1", False)
    pulled = load_prompt("langfuse:p:1")
    assert (pulled.template_hash, pulled.parameters) == (prompt.template_hash, prompt.parameters)


def test_labels(langfuse):
    """A label is moved, and the others of a version stay."""
    langfuse.add("p", "One", ("production", "a"))
    langfuse.add("p", "Two", ("b",))
    registry("langfuse").label("p", "2", "production")
    assert langfuse.prompts["p"][0]["labels"] == ["a"]
    assert langfuse.prompts["p"][1]["labels"] == ["b", "latest", "production"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("langfuse:nothing", r"Langfuse at http://127.* answers 404 for prompt langfuse:nothing: Prompt not found\."),
        ("langfuse:p@canary", "answers 404"),
        ("langfuse:p:v2", "they are numbers"),
    ],
)
def test_what_is_not_there(langfuse, reference, message):
    """What Langfuse does not have is one sentence."""
    langfuse.add("p", "One", ("production",))
    with pytest.raises(PromptError, match=message):
        load_prompt(reference)


def test_down(langfuse, monkeypatch):
    """A server in trouble, one that is not there and keys that are missing are each one sentence."""
    langfuse.status = 500
    with pytest.raises(PromptError, match="answers 500"):
        load_prompt("langfuse:p")
    monkeypatch.setenv("LANGFUSE_HOST", "http://127.0.0.1:9")
    with pytest.raises(PromptError, match=r"Langfuse at http://127\.0\.0\.1:9 does not give prompt langfuse:p"):
        load_prompt("langfuse:p")
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")
    with pytest.raises(PromptError, match="LANGFUSE_SECRET_KEY"):
        load_prompt("langfuse:p")


def test_another_language(langfuse):
    """A template that Langfuse would not understand is not pushed."""
    with pytest.raises(PromptError, match="write it as 'simple'"):
        registry("langfuse").push(Prompt("p", "{x}", format="fstring"))
