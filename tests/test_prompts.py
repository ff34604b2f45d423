"""A rendered prompt is known again at the call that uses it, and no other text is taken for it."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle

import pytest
from endpoint import answered
from endpoints import CHAT, RESPONSES

from otel_prompt import Prompt, PromptError

pytestmark = pytest.mark.usefixtures("nothing_rendered")

SUMMARY = Prompt("summary", "Summarize the following text in {{n}} words: {{text}}", version="3")
TEXT = "OpenTelemetry is a collection of APIs and SDKs."


def ask(service, *contents, endpoint=CHAT):
    """One call with these texts."""
    client = service.answer(answered(endpoint)).client()
    if endpoint is RESPONSES:
        return client.responses.create(model="m", input=contents[0])
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": c} for c in contents])


def prompt_of(traced):
    """The name and version of the prompt on the only span."""
    return traced.attributes.get("gen_ai.prompt.name"), traced.attributes.get("gen_ai.prompt.version")


# Rendering.


def test_a_text_is_filled_in():
    """Values as text; what is no text as JSON; spaces in a tag do not matter."""
    prompt = Prompt("p", "{{ a }}, {{b}} and {{a}}")
    assert prompt.render(a="x", b=[1, {"c": None}]) == 'x, [1,{"c":null}] and x'
    assert tuple(prompt.variables) == ("a", "b")


def test_a_chat_is_filled_in():
    """Messages, and the parts of messages; what is no text stays as it is."""
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/{{a}}.png"}}
    template = [
        {"role": "system", "content": "You are {{a}}."},
        {"role": "user", "content": [{"type": "text", "text": "Hello {{b}}"}, picture]},
    ]
    assert Prompt("p", template).render(a="kind", b="Ada") == [
        {"role": "system", "content": "You are kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello Ada"}, picture]},
    ]
    assert "{{a}}" in template[0]["content"]


def test_values_are_not_templates():
    """What a user typed is never filled in itself."""
    assert Prompt("p", "Say {{what}}").render(what="{{secret}}") == "Say {{secret}}"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "'n'"),
        ({"n": 1}, "'text'"),
        ({"n": 1, "text": "x", "extra": 1}, "'extra'"),
    ],
)
def test_variables_that_do_not_fit_are_one_error(variables, says):
    """Before the call, with the prompt's name and the variable's."""
    with pytest.raises(PromptError, match="summary") as caught:
        SUMMARY.render(**variables)
    assert says in str(caught.value)


@pytest.mark.parametrize("template", ["{{", "Hello {{name", "{{}}", "{{ two words }}", "{{9}}"])
def test_a_template_that_cannot_be_is_one_error(template):
    """When it is made, not when it is used."""
    with pytest.raises(PromptError, match="greeting"):
        Prompt("greeting", template)


def test_single_braces_are_text():
    """JSON in a prompt is no template."""
    assert Prompt("p", 'Answer as {"a": {"b": 1}}').render() == 'Answer as {"a": {"b": 1}}'


def test_the_hash_is_of_the_template():
    """The same template, the same hash, whatever its name."""
    assert Prompt("a", "x {{y}}").template_hash == Prompt("b", "x {{y}}", version="2").template_hash
    assert Prompt("a", "x {{y}}").template_hash != Prompt("a", "x {{z}}").template_hash


# Identity.


def test_the_call_knows_its_prompt(traced, service):
    """Name, version, template, hash and variables, with no argument at the call."""
    ask(service, SUMMARY.render(n=9, text=TEXT))
    found = traced.attributes
    assert prompt_of(traced) == ("summary", "3")
    assert found["otel_prompt.prompt.template"] == SUMMARY.template
    assert found["otel_prompt.prompt.template_hash"] == SUMMARY.template_hash
    assert (found["gen_ai.prompt.variable.n"], found["gen_ai.prompt.variable.text"]) == ("9", TEXT)


USES = {
    "as it is": lambda text: text,
    "in an f-string": lambda text: f"Please. {text} Thanks.",
    "added to": lambda text: text + " Be kind.",
    "joined": lambda text: "\n".join([text] * 2),
    "formatted": "<task>{}</task>".format,
    "copied": copy.deepcopy,
    "pickled": lambda text: pickle.loads(pickle.dumps(text)),
    "through JSON": lambda text: json.loads(json.dumps(text)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("endpoint", [CHAT, RESPONSES], ids=lambda e: e.name)
def test_a_text_is_known_however_it_is_passed_on(use, endpoint, traced, service):
    """The text itself, the same words, or a larger text around them."""
    ask(service, use(SUMMARY.render(n=9, text=TEXT)), endpoint=endpoint)
    assert prompt_of(traced) == ("summary", "3")


def test_a_chat_is_known(traced, service):
    """A list of messages, added to another."""
    prompt = Prompt("chat", [{"role": "system", "content": "You are a {{who}} who tells stories."}], version="2")
    history = [{"role": "user", "content": "Go on"}]
    service.answer(answered(CHAT)).client().chat.completions.create(
        model="m", messages=prompt.render(who="bard") + history
    )
    assert prompt_of(traced) == ("chat", "2")


def test_parts_are_known(traced, service):
    """A text beside a picture."""
    content = [
        {"type": "text", "text": SUMMARY.render(n=1, text=TEXT)},
        {"type": "image_url", "image_url": {"url": "u"}},
    ]
    ask(service, content)
    assert prompt_of(traced) == ("summary", "3")


def test_the_prompt_of_the_last_message_is_the_prompt(traced, service):
    """Several prompts in a call: the last message's comes first, all are listed."""
    system = Prompt("system", "You are a helpful assistant named {{name}}.", version="1")
    ask(service, system.render(name="Ada"), SUMMARY.render(n=9, text=TEXT))
    assert prompt_of(traced) == ("summary", "3")
    listed = json.loads(traced.attributes["otel_prompt.prompts"])
    assert [p["name"] for p in listed] == ["summary", "system"]


def test_the_longest_match_wins(traced, service):
    """A prompt that is part of another's text is not taken for it."""
    short = Prompt("short", "Summarize the following text", version="1")
    short.render()
    text = SUMMARY.render(n=9, text=TEXT)
    ask(service, f"Please. {text}")
    assert prompt_of(traced) == ("summary", "3")


def test_two_versions_with_the_same_words(traced, service):
    """The object knows which of them it was, whichever was rendered last."""
    older = Prompt("summary", SUMMARY.template, version="2").render(n=9, text=TEXT)
    SUMMARY.render(n=9, text=TEXT)
    ask(service, older)
    assert prompt_of(traced) == ("summary", "2")


@pytest.mark.parametrize(
    "content",
    [
        "Summarize the following text in 8 words: " + TEXT,
        "Summarize the following text",
        TEXT,
        "yes",
        "",
    ],
)
def test_other_texts_are_not_linked(content, traced, service):
    """A wrong link is worse than none: another rendering, a part, a variable's value."""
    SUMMARY.render(n=9, text=TEXT)
    ask(service, content)
    assert prompt_of(traced) == (None, None)


@pytest.mark.parametrize("text", ["yes", "Go on.", "{{x}}"])
def test_a_short_rendering_is_not_found_in_other_texts(text, traced, service):
    """People say "yes" for many reasons."""
    Prompt("short", text).render(**({"x": "ok"} if "{{" in text else {}))
    ask(service, "yes, go on. Go on. ok")
    assert prompt_of(traced) == (None, None)


def test_another_context_is_not_searched(traced, service):
    """A larger text is looked through for what was rendered in this context alone: users do not mix."""

    async def other():
        SUMMARY.render(n=9, text=TEXT)

    async def main():
        await asyncio.create_task(other())
        plain = str.__str__(f"Please. Summarize the following text in 9 words: {TEXT}")
        ask(service, plain)

    asyncio.run(main())
    assert prompt_of(traced) == (None, None)


def test_the_text_is_plain_text():
    """Equal, of the same hash, the same JSON; what is made of it is ``str``."""
    text = SUMMARY.render(n=9, text=TEXT)
    plain = str.__str__(text)
    assert (text, hash(text), json.dumps(text)) == (plain, hash(plain), json.dumps(plain))
    assert isinstance(text, str)
    for made in (
        text[:],
        text + "",
        text.strip(),
        copy.copy(text),
        copy.deepcopy(text),
        pickle.loads(pickle.dumps(text)),
    ):
        assert made == plain
    assert type(pickle.loads(pickle.dumps(text))) is str
    assert type(copy.deepcopy(text)) is str


def test_the_service_gets_the_text(traced, service):
    """On the wire there is nothing but the words."""
    text = SUMMARY.render(n=9, text=TEXT)
    ask(service, text)
    assert service.bodies[0]["messages"][0]["content"] == str.__str__(text)


def test_many_renderings_are_forgotten(traced, service):
    """Memory is bounded: of a thousand texts the last ones are known."""
    texts = [str.__str__(SUMMARY.render(n=n, text=TEXT)) for n in range(1000)]
    ask(service, texts[-1])
    ask(service, texts[0])
    names = [s.attributes.get("gen_ai.prompt.name") for s in traced.spans]
    assert names == ["summary", None]


def test_a_prompt_without_a_version_is_known_by_its_hash(traced, service):
    """No version is made up."""
    ask(service, Prompt("plain", "Tell a story about a {{what}} please", None).render(what="fox"))
    assert prompt_of(traced) == ("plain", None)
    assert "otel_prompt.prompt.template_hash" in traced.attributes
