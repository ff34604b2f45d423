"""LangSmith's prompts, from a local server that speaks its documented interface."""

from __future__ import annotations

import json

import pytest

from otel_prompt import Prompt, PromptError, load_prompt
from otel_prompt.prompts.registries import registry
from otel_prompt.prompts.registries._manifest import read, write


def manifest(template):
    """What LangChain itself would send."""
    return json.loads(pytest.importorskip("langchain_core.load").dumps(template))


def test_loading(langsmith):
    """A commit, its beginning, a tag and a bare name each give the version they stand for."""
    prompts = pytest.importorskip("langchain_core.prompts")
    one = langsmith.add("acme/summary", manifest(prompts.PromptTemplate.from_template("One {x} {{y}}")))
    two = langsmith.add("acme/summary", manifest(prompts.PromptTemplate.from_template("Two {x}")))
    langsmith.tags["acme/summary"] = {"production": one["id"]}
    latest = load_prompt("langsmith:acme/summary")
    assert (latest.name, latest.version, latest.source) == ("acme/summary", two["commit_hash"], "langsmith")
    assert latest.id == f"acme/summary:{two['commit_hash']}"
    assert load_prompt(f"langsmith:acme/summary:{one['commit_hash'][:8]}").render(x="x") == "One x {y}"
    tagged = load_prompt("langsmith:acme/summary@production")
    assert (tagged.version, tagged.label) == (one["commit_hash"], "production")


@pytest.mark.parametrize("language", ["f-string", "mustache"])
def test_a_chat(langsmith, language):
    """Messages, placeholders, constant messages and parts are read as LangChain renders them."""
    prompts, messages = pytest.importorskip("langchain_core.prompts"), pytest.importorskip("langchain_core.messages")
    tag = "{tone}" if language == "f-string" else "{{tone}}"
    template = prompts.ChatPromptTemplate(
        [
            ("system", f"Be {tag}."),
            *([messages.AIMessage("I {am}.")] if language == "f-string" else []),
            prompts.MessagesPlaceholder("history"),
            ("human", [{"type": "text", "text": f"Now {tag}"}]),
        ],
        template_format=language,
    )
    langsmith.add("-/chat", manifest(template))
    found = load_prompt("langsmith:chat").render(tone="kind", history=[{"role": "user", "content": "a"}])
    theirs = template.invoke({"tone": "kind", "history": [("human", "a")]}).to_messages()
    assert [m["content"] for m in found] == [m.content for m in theirs]
    roles = {"system": "system", "human": "user", "ai": "assistant"}
    assert [m["role"] for m in found] == [roles[m.type] for m in theirs]


def test_a_bound_model(langsmith):
    """Of a prompt with a model bound to it, the model and its parameters are known."""
    inner = write(Prompt("p", "Hi {x}", format="fstring"))
    bound = {"id": ["x", "RunnableBinding"], "kwargs": {"bound": {"kwargs": {"model": "gpt-5", "temperature": 0.3}}}}
    langsmith.add("-/p", {"id": ["x", "RunnableSequence"], "kwargs": {"first": inner, "last": bound}})
    prompt = load_prompt("langsmith:p")
    assert (prompt.template, prompt.model, prompt.parameters) == ("Hi {x}", "gpt-5", {"temperature": 0.3})


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
@pytest.mark.parametrize("language", ["simple", "mustache", "fstring", "jinja2"])
def test_pushing_is_idempotent(langsmith, language):
    """The same template is pushed once; LangChain reads it, and what is pulled is what it was."""
    tag = "{x}" if language == "fstring" else "{{x}}"
    service = registry("langsmith")
    prompt = Prompt(
        "p", [{"role": "system", "content": f"Be {tag}"}, {"role": "user", "content": "Go"}], format=language
    )
    version, new = service.push(prompt)
    assert new
    assert service.push(prompt) == (version, False)
    assert service.push(Prompt("p", "Other"))[1]
    assert service.push(prompt) == (version, False)
    assert load_prompt(f"langsmith:p:{version}").template_hash == prompt.template_hash
    if language != "jinja2":
        load = pytest.importorskip("langchain_core.load").load
        theirs = load(langsmith.commits["-/p"][-1]["manifest"], allowed_objects="all")
        assert [m.content for m in theirs.format_messages(x="kind")] == ["Be kind", "Go"]


def test_labels(langsmith):
    """A tag is made, and moved."""
    service = registry("langsmith")
    one, two = (service.push(Prompt("p", text))[0] for text in ("One", "Two"))
    for version in (one, two):
        service.label("p", version, "production")
        assert load_prompt(f"langsmith:p:{version}").version == version
        assert langsmith.tags["-/p"]["production"] in [c["id"] for c in langsmith.commits["-/p"]]
    assert load_prompt("langsmith:p@production").version == two
    with pytest.raises(PromptError, match="has no commit abcd"):
        service.label("p", "abcd", "production")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"id": ["x", "FewShotPromptTemplate"], "kwargs": {}}, "is a FewShotPromptTemplate, no prompt"),
        ({"id": ["x", "ChatPromptTemplate"], "kwargs": {"messages": [{"id": ["x", "Image"]}]}}, "has a Image"),
        (3, "is a int"),
    ],
)
def test_other_kinds(found, message):
    """What is no prompt of text or messages is named."""
    with pytest.raises(PromptError, match=message):
        read(found, "p", "1", None)


def test_what_is_not_there(langsmith, monkeypatch):
    """A prompt that is not there, and a server that is not, are each one sentence."""
    with pytest.raises(PromptError, match="does not give prompt langsmith:nothing: "):
        load_prompt("langsmith:nothing")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(PromptError, match=r"LangSmith at http://127\.0\.0\.1:9 does not give"):
        load_prompt("langsmith:nothing")
