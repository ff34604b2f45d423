"""LangChain's templates, and those that LangSmith's hub gives."""

from __future__ import annotations

from hashlib import sha256

import pytest

prompts = pytest.importorskip("langchain_core.prompts")
TEXT = "Summarize in {n} words: {text}"


def messages(rendered):
    """LangChain's messages as the SDK takes them."""
    roles = {"system": "system", "human": "user", "ai": "assistant"}
    return [{"role": roles[m.type], "content": m.content} for m in rendered]


@pytest.mark.parametrize("use", ["format", "invoke", "aformat", "ainvoke", "format_prompt"])
async def test_a_text(ask, use):
    """However a named template is rendered, the call knows it."""
    template = prompts.PromptTemplate.from_template(TEXT, name="summary", metadata={"prompt_version": 3})
    values = {"n": 3, "text": "Rome"}
    if use in ("format", "format_prompt"):
        text = getattr(template, use)(**values)
    elif use == "invoke":
        text = template.invoke(values)
    else:
        text = await (template.aformat(**values) if use == "aformat" else template.ainvoke(values))
    assert ask(text if isinstance(text, str) else text.to_string()) == {
        "name": "summary",
        "version": "3",
        "template": TEXT,
        "hash": sha256(TEXT.encode()).hexdigest(),
        "source": "langchain",
        "variables": {"n": "3", "text": "Rome"},
    }


@pytest.mark.parametrize("use", ["format_messages", "invoke", "ainvoke", "partial"])
async def test_a_chat(ask, use):
    """Messages are known by the chat that they come from."""
    template = prompts.ChatPromptTemplate(
        [("system", "You are an expert on {topic}."), ("human", "{question}")], name="expert"
    )
    values = {"topic": "Rome", "question": "Why did it fall?"}
    if use == "format_messages":
        rendered = template.format_messages(**values)
    elif use == "partial":
        rendered = template.partial(topic="Rome").invoke({"question": values["question"]}).to_messages()
    else:
        value = template.invoke(values) if use == "invoke" else await template.ainvoke(values)
        rendered = value.to_messages()
    found = ask(messages(rendered))
    assert (found["name"], found["variables"]) == ("expert", values)
    assert found["template"] == (
        '[{"role":"system","content":"You are an expert on {topic}."},{"role":"user","content":"{question}"}]'
    )


def test_from_the_hub(ask):
    """What was pulled from LangSmith is known by its owner, name and commit."""
    template = prompts.ChatPromptTemplate([("human", TEXT)])
    template.metadata = {"lc_hub_owner": "acme", "lc_hub_repo": "summary", "lc_hub_commit_hash": "1f0c9a"}
    found = ask(messages(template.format_messages(n=3, text="Rome")))
    assert (found["name"], found["version"], found["source"], found["id"]) == (
        "acme/summary",
        "1f0c9a",
        "langsmith",
        "acme/summary:1f0c9a",
    )
    assert found["variables"] == {"n": "3", "text": "Rome"}


def test_through_a_chain(ask):
    """A template that is one step of a chain is known too."""
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.runnables import RunnableLambda

    template = prompts.PromptTemplate.from_template(TEXT, name="summary")
    chain = template | RunnableLambda(lambda value: value.to_string()) | StrOutputParser()
    assert ask(chain.invoke({"n": 3, "text": "Rome"}))["name"] == "summary"


def test_types_are_langchains_own(linked):
    """What a template gives is what it gives without us."""
    text = prompts.PromptTemplate.from_template(TEXT, name="summary").format(n=3, text="Rome")
    assert (type(text), text) == (str, "Summarize in 3 words: Rome")
    before = vars(prompts.PromptTemplate)["format"]
    linked.remove()
    assert vars(prompts.PromptTemplate)["format"] is not before
