"""What is Hugging Face's alone: who answers, the two shapes of a generation, and vectors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from endpoint import answered
from huggingface_endpoints import CHAT, DETAILS, GENERATION
from openai_double import reply

from otel_prompt.providers.huggingface import PROVIDER, call

pytest.importorskip("huggingface_hub")


def client(service, **options):
    """A client of a service."""
    return service.client(sdk=CHAT.module, **options)


def asked(url, task="conversational", **body):
    """The wire's view of a request to an address."""
    parameters = SimpleNamespace(url=url, task=task, model="m", json=body, data=None)
    return call((parameters,), {})


@pytest.mark.parametrize(
    ("url", "name", "routed"),
    [
        ("https://router.huggingface.co/v1/chat/completions", "hugging_face", None),
        ("https://router.huggingface.co/together/v1/chat/completions", "hugging_face", "together"),
        ("https://api.groq.com/openai/v1/chat/completions", "groq", None),
        ("http://localhost:8080/v1/chat/completions", "local", None),
        ("https://abc.endpoints.huggingface.cloud/v1/chat/completions", "hugging_face", None),
    ],
)
def test_who_answers(url, name, routed):
    """The service itself, the one that it routes to, or a server."""
    found = asked(url, messages=[])
    assert found.server.provider == name
    inv = PROVIDER.endpoint(found.method, found.path).request(found)
    assert inv.parameters.get("routed_to") == routed


def test_tools_and_structured_output(traced, service):
    """The chat is OpenAI's."""
    tools = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}}
    client(service.answer(answered(CHAT))).chat_completion(
        **CHAT.arguments, tools=tools, response_format=form, max_tokens=5
    )
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.attributes["gen_ai.request.max_tokens"] == 5
    assert traced.content("tool.definitions")[0]["name"] == "find"
    assert traced.attributes["server.port"] == 8080


async def test_a_generation(traced, service):
    """Its parameters under the conventions' names, why it ended, and the tokens of which there are details."""
    answer = [{"generated_text": "Hello, world", "details": {**DETAILS, "prefill": [{"id": 1}, {"id": 2}]}}]
    caller = client(service.answer(reply(answer)), asynchronous=True)
    got = await caller.text_generation(**GENERATION.arguments, max_new_tokens=5, top_k=3, stop=["END"])
    assert got.generated_text == "Hello, world"
    held = traced.attributes
    assert traced.content("input.messages")[0]["parts"][0]["content"] == "Say hello"
    assert (held["gen_ai.request.max_tokens"], held["gen_ai.request.top_k"]) == (5, 3)
    assert held["gen_ai.request.stop_sequences"] == ("END",)
    assert held["gen_ai.response.finish_reasons"] == ("eos_token",)
    assert (held["gen_ai.usage.input_tokens"], held["gen_ai.usage.output_tokens"]) == (2, 7)


def test_a_generation_in_the_other_shape():
    """Services that are routed to answer as OpenAI does."""
    endpoint = PROVIDER.endpoint("POST", "/text-generation")
    inv = endpoint.request(
        asked("https://router.huggingface.co/together/v1/completions", "text-generation", prompt="Hi")
    )
    body = {"choices": [{"index": 0, "text": "Hello", "finish_reason": "stop"}], "usage": {"prompt_tokens": 2}}
    endpoint.response(inv, body)
    assert inv.input_messages[0].parts[0]["content"] == "Hi"
    assert inv.output_messages[0].parts[0]["content"] == "Hello"
    assert endpoint.usage(body).input_tokens == 2


@pytest.mark.parametrize("vectors", [[0.1, 0.2, 0.3], [[0.1, 0.2, 0.3]], [[[0.1, 0.2, 0.3]] * 4]])
def test_the_size_of_a_vector(vectors):
    """Of a text, of several, and of each of its words."""
    endpoint = PROVIDER.endpoint("POST", "/feature-extraction")
    inv = endpoint.request(asked("http://localhost:8080/", "feature-extraction", inputs="one"))
    endpoint.response(inv, {"data": vectors})
    assert inv.embedding_dimensions == 3
    assert inv.input_messages[0].parts[0]["content"] == "one"


def test_other_tasks_are_left_alone(traced, service):
    """They are no calls to a language model."""
    caller = client(service.answer(reply([[{"label": "POSITIVE", "score": 0.9}]])))
    assert caller.text_classification("I like it")[0].label == "POSITIVE"
    assert traced.processor.started == []


def test_a_generation_without_details_counts_nothing(traced, service):
    """The text, and no token made up."""
    caller = client(service.answer(reply([{"generated_text": "Hello, world"}])))
    assert caller.text_generation("Say hello") == "Hello, world"
    assert traced.output == [["Hello, world"]]
    assert not [name for name in traced.attributes if "usage" in name]
