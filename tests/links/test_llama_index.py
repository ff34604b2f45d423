"""LlamaIndex's templates, and the calls of its own model."""

from __future__ import annotations

from hashlib import sha256

import pytest
from prompt_on_span import ANSWER, about

from otel_prompt.links import Linking

pytestmark = pytest.mark.filterwarnings("ignore")
core = pytest.importorskip("llama_index.core")
TEXT = "Summarize in {n} words: {text}"
VALUES = {"n": "3", "text": "Rome"}


def test_a_text(ask):
    """A named template's text is known by name, version, template, hash and variables."""
    template = core.PromptTemplate(TEXT, metadata={"prompt_name": "summary", "prompt_version": 3})
    assert ask(template.format(**VALUES)) == {
        "name": "summary",
        "version": "3",
        "template": TEXT,
        "hash": sha256(TEXT.encode()).hexdigest(),
        "source": "llama_index",
        "variables": VALUES,
    }


def test_one_of_its_own(ask):
    """A template that LlamaIndex names by its kind has that name."""
    assert ask(core.PromptTemplate(TEXT, prompt_type="summary").format(**VALUES))["name"] == "summary"


def test_without_a_name(ask):
    """Another one is known by the function that renders it."""
    found = ask(core.PromptTemplate(TEXT).partial_format(n="3").format(text="Rome"))
    assert found["name"].endswith("test_llama_index.test_without_a_name()")
    assert found["variables"] == VALUES


@pytest.mark.parametrize("rich", [False, True])
def test_a_chat(ask, rich):
    """A chat is known by its messages."""
    if rich:
        text = (
            '{% chat role="system" %}Be an expert on {{ topic }}.{% endchat %}'
            '{% chat role="user" %}{{ q }}{% endchat %}'
        )
        template = core.prompts.RichPromptTemplate(text, metadata={"prompt_name": "expert"})
    else:
        text = '[{"role":"system","content":"Be an expert on {topic}."},{"role":"user","content":"{q}"}]'
        template = core.ChatPromptTemplate.from_messages(
            [("system", "Be an expert on {topic}."), ("user", "{q}")], metadata={"prompt_name": "expert"}
        )
    rendered = template.format_messages(topic="Rome", q="Why did it fall?")
    found = ask([{"role": m.role.value, "content": m.content} for m in rendered])
    assert (found["name"], found["template"]) == ("expert", text)
    assert found["variables"] == {"topic": "Rome", "q": "Why did it fall?"}


@pytest.mark.parametrize("use", ["predict", "apredict", "chat"])
async def test_llama_indexs_own_call(service, traced, linked, nothing_rendered, use):
    """A prompt reaches the span of the call that LlamaIndex's own model makes."""
    model = pytest.importorskip("llama_index.llms.openai").OpenAI
    from openai_double import http, reply

    service.answer(reply(ANSWER))
    llm = model(
        model="gpt-4o-mini", api_key="sk-test", max_retries=0,
        http_client=http.Client(transport=http.MockTransport(service._reply)),
        async_http_client=http.AsyncClient(transport=http.MockTransport(service._reply_async)),
    )  # fmt: skip
    template = core.PromptTemplate(TEXT, metadata={"prompt_name": "summary"})
    if use == "predict":
        llm.predict(template, **VALUES)
    elif use == "apredict":
        await llm.apredict(template, **VALUES)
    else:
        llm.chat(template.format_messages(**VALUES))
    found = about(traced.attributes)
    assert (found["name"], found["source"], found["variables"]) == ("summary", "llama_index", VALUES)


def test_off():
    """Without links it is LlamaIndex's own method."""
    before = vars(core.PromptTemplate)["format"]
    Linking().remove()
    assert vars(core.PromptTemplate)["format"] is before
