"""A prompt: its variables, its hash, and how strictly it renders."""

from __future__ import annotations

from hashlib import sha256

import pytest

from otel_prompt import Prompt, PromptError
from otel_prompt.prompts import Variable


def test_the_hash_is_of_the_template():
    """The hash is sha256 of the text, the same for every prompt of that text, and another for any other text."""
    assert Prompt("a", "Hi {{x}}").template_hash == sha256(b"Hi {{x}}").hexdigest()
    assert Prompt("a", "Hi {{x}}", version="2").template_hash == Prompt("b", "Hi {{x}}").template_hash
    assert Prompt("a", "Hi {{x}} ").template_hash != Prompt("a", "Hi {{x}}").template_hash


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "prompt 'p' needs 'text', 'n': render(text=...)"),
        ({"text": "x", "n": 1, "m": 2, "o": 3}, "prompt 'p' has no variable 'm', 'o'; it has 'text', 'n', 'tone'"),
        ({"text": 3, "n": 1}, "prompt 'p': 'text' takes str, not 3 (int)"),
        ({"text": "x", "n": True}, "prompt 'p': 'n' takes int, not True (bool)"),
        ({"text": "x", "n": 1, "tone": "rude"}, "prompt 'p': 'tone' takes one of 'dry', 'warm', not 'rude' (str)"),
    ],
)
def test_variables_are_strict(given, message):
    """What is missing, unknown or of another type is one sentence, before any text is made."""
    prompt = Prompt(
        "p",
        "{{text}} {{n}} {{tone}}",
        declared={
            "text": Variable("str"),
            "n": Variable("int"),
            "tone": Variable("str", False, "dry", ("dry", "warm")),
        },
    )
    with pytest.raises(PromptError) as caught:
        prompt.render(**given)
    assert str(caught.value) == message


def test_defaults():
    """A variable with a default need not be given."""
    prompt = Prompt("p", "{{a}}-{{b}}", declared={"b": Variable("int", False, 3)})
    assert prompt.render(a="x") == "x-3"


def test_a_chat():
    """A chat renders to messages; parts that are no text stay as they are."""
    image = {"type": "image_url", "image_url": {"url": "https://example.org/{{a}}.png"}}
    prompt = Prompt(
        "p",
        [
            {"role": "system", "content": "Be {{a}}."},
            {"role": "user", "content": [{"type": "text", "text": "See {{b}}"}, image]},
        ],
    )
    assert prompt.variables == ("a", "b")
    assert prompt.render(a="kind", b="this") == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "See this"}, image]},
    ]


def test_a_placeholder():
    """The messages of a variable stand where its placeholder does."""
    prompt = Prompt("p", [{"role": "system", "content": "Hi"}, {"type": "placeholder", "name": "history"}])
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert prompt.variables == ("history",)
    assert prompt.render(history=history) == [{"role": "system", "content": "Hi"}, *history]
    with pytest.raises(PromptError, match="takes a list of messages"):
        prompt.render(history="a")


def test_rendering_leaves_the_template_alone():
    """What a caller does with rendered messages does not reach the prompt."""
    prompt = Prompt("p", [{"role": "user", "content": "Hi"}])
    prompt.render()[0]["content"] = "changed"
    assert prompt.render() == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("name", ["", None])
def test_a_prompt_needs_a_name(name):
    """A prompt without a name is refused with an example."""
    with pytest.raises(PromptError, match="needs a name"):
        Prompt(name, "x")


@pytest.mark.parametrize("template", [5, None, b"Hi", ["Hi"], [5]], ids=str)
def test_a_template_that_is_none(template):
    """What is neither a text nor messages is refused in a sentence that shows it."""
    with pytest.raises(PromptError, match=r"prompt 'a': a template is a text or a list of messages, not .*\w"):
        Prompt("a", template)
