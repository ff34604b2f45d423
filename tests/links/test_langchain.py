"""LangChain's templates, and those that LangSmith's hub gives."""

from __future__ import annotations

from hashlib import sha256

import pytest
from prompt_on_span import ANSWER, about

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


@pytest.mark.parametrize("kind", ["text", "chat"])
def test_a_pull_from_the_hub(ask, kind):
    """What LangSmith's own client pulls is known by the hub's name and commit, also when it is rendered by a chain."""
    langsmith = pytest.importorskip("langsmith")
    import json

    from langchain_core.load import dumps
    from prompt_services import LangSmith, serving

    template = prompts.PromptTemplate.from_template(TEXT)
    if kind == "chat":
        template = prompts.ChatPromptTemplate([("system", "Be brief, and never guess."), ("human", TEXT)])
    service = LangSmith()
    made = service.add(f"acme/{kind}", json.loads(dumps(template)))
    with serving(service) as address:
        client = langsmith.Client(api_url=address, api_key="lsv2_test", auto_batch_tracing=False)
        pulled = client.pull_prompt(f"acme/{kind}", dangerously_pull_public_prompt=True)
    value = pulled.invoke({"n": 3, "text": "Rome"})
    found = ask(messages(value.to_messages()) if kind == "chat" else value.to_string())
    assert (found["name"], found["version"], found["source"]) == (f"acme/{kind}", made["commit_hash"], "langsmith")
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


def test_without_a_name(ask):
    """A template without a name is known by the function that renders it, its text, its hash and its variables."""
    found = ask(prompts.PromptTemplate.from_template(TEXT).format(n=3, text="Rome"))
    assert found.pop("name").endswith("test_langchain.test_without_a_name()")
    assert found == {
        "template": TEXT,
        "hash": sha256(TEXT.encode()).hexdigest(),
        "source": "langchain",
        "variables": {"n": "3", "text": "Rome"},
    }


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_chat_without_a_name(ask, asynchronous):
    """So is a chat, as one prompt, however deep in a chain; in a task of LangChain's own it is known by its class."""
    template = prompts.ChatPromptTemplate([("system", "You are an expert on {topic}."), ("human", "{question}")])
    chain, values = template | (lambda value: value), {"topic": "Rome", "question": "Why did it fall?"}
    value = await chain.ainvoke(values) if asynchronous else chain.invoke(values)
    found = ask(messages(value.to_messages()))
    assert found["name"] == "ChatPromptTemplate()" or found["name"].endswith(".test_a_chat_without_a_name()")
    assert asynchronous or "test_langchain" in found["name"]
    assert found["template"].startswith('[{"role":"system","content":"You are an expert on {topic}."}')


def test_examples(ask):
    """A prompt with examples is one prompt, not one for each of its examples."""
    example = prompts.PromptTemplate.from_template("The question is: {q}\nThe answer is: {a}")
    template = prompts.FewShotPromptTemplate(
        examples=[{"q": "one and one", "a": "two"}, {"q": "two and two", "a": "four"}], example_prompt=example,
        prefix="Answer like this.", suffix="The question is: {q}", input_variables=["q"], name="sums",
    )  # fmt: skip
    found = ask(template.format(q="one and two"))
    assert (found["name"], found["variables"]) == ("sums", {"q": "one and two"})
    assert found["template"] == "Answer like this.\n\nThe question is: {q}\nThe answer is: {a}\n\nThe question is: {q}"


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_langchains_own_call(service, traced, linked, nothing_rendered, asynchronous):
    """A prompt reaches the span of the call that LangChain's own model makes, after the prompt in the chain."""
    model = pytest.importorskip("langchain_openai").ChatOpenAI
    from openai_double import http, reply

    service.answer(reply(ANSWER))
    made = model(
        model="gpt-4o-mini", api_key="sk-test", http_client=http.Client(transport=http.MockTransport(service._reply)),
        http_async_client=http.AsyncClient(transport=http.MockTransport(service._reply_async)),
    )  # fmt: skip
    chain = prompts.ChatPromptTemplate([("system", "Be an expert on {topic}."), ("human", "{q}")], name="expert") | made
    values = {"topic": "Rome", "q": "Why did it fall?"}
    await chain.ainvoke(values) if asynchronous else chain.invoke(values)
    found = about(traced.attributes)
    assert (found["name"], found["source"], found["variables"]) == ("expert", "langchain", values)
