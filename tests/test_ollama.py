"""What is Ollama's alone: pictures, thoughts, tools, schemas, its durations, and whose server it is."""

from __future__ import annotations

import pytest
from endpoint import answered, streamed
from ollama_endpoints import CHAT, EMBED, GENERATE, chat, generated
from openai_double import reply

from otel_prompt import Prompt

ollama = pytest.importorskip("ollama")
CALL = {"function": {"name": "weather", "arguments": {"city": "Paris"}}}


def client(service, **options):
    """A client of a service."""
    return service.client(sdk=CHAT.module, **options)


def test_what_is_sent(traced, service):
    """Pictures, results of tools, tools that are functions, a schema, and options under the conventions' names."""

    def weather(city: str) -> str:
        """Say what the weather is.

        Args:
            city: where
        """
        return city

    asked = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "What is it?", "images": [b"\x89PNG"]},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "Rain", "tool_name": "weather"},
    ]
    client(service.answer(answered(CHAT))).chat(
        "llama3.2",
        asked,
        tools=[weather],
        options={"temperature": 0, "num_predict": 5, "stop": "END", "num_ctx": 4096},
    )
    system, question, called, result = traced.content("input.messages")
    assert system["parts"] == [{"type": "text", "content": "Be brief"}]
    assert question["parts"] == [
        {"type": "text", "content": "What is it?"},
        {"type": "blob", "modality": "image", "content": "iVBORw=="},
    ]
    assert called["parts"] == [{"type": "tool_call", "name": "weather", "arguments": {"city": "Paris"}}]
    assert result["parts"][0]["response"] == "Rain"
    assert traced.content("tool.definitions")[0]["name"] == "weather"
    held = traced.attributes
    assert (held["gen_ai.request.temperature"], held["gen_ai.request.max_tokens"]) == (0, 5)
    assert held["gen_ai.request.stop_sequences"] == ("END",)
    assert held["otel_prompt.param.num_ctx"] == 4096


def test_a_generation(traced, service):
    """Instructions, a picture and JSON; how long the server took, in seconds."""
    client(service.answer(answered(GENERATE))).generate(
        "llama3.2", "Say hello", system="Be brief", images=[b"\x89PNG"], format="json"
    )
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be brief"}]
    assert [p["type"] for p in traced.content("input.messages")[0]["parts"]] == ["text", "blob"]
    assert traced.attributes["gen_ai.output.type"] == "json"
    assert traced.attributes["otel_prompt.ollama.load_duration"] == 1.5
    assert traced.attributes["otel_prompt.ollama.eval_duration"] == 3.0


def test_thoughts_and_tools_of_a_stream(traced, service):
    """A thought, a text and a call, in pieces."""
    if "thinking" not in ollama.Message.model_fields:
        pytest.skip("this client knows no thoughts")
    pieces = (chat("", thinking="Where"), chat("", thinking=" is it?"), chat("In "), chat("Paris", tool_calls=[CALL]))
    service.answer(CHAT.framed(*pieces, chat("", end=True)))
    for _ in client(service).chat("llama3.2", CHAT.arguments["messages"], stream=True, think="high"):
        pass
    [said] = traced.content("output.messages")
    assert said["parts"] == [
        {"type": "reasoning", "content": "Where is it?"},
        {"type": "text", "content": "In Paris"},
        {"type": "tool_call", "name": "weather", "arguments": {"city": "Paris"}},
    ]
    assert said["finish_reason"] == "stop"
    assert traced.attributes["gen_ai.request.reasoning.level"] == "high"


def test_embeddings(traced, service):
    """Several texts, their tokens and the size of a vector; the older endpoint counts none."""
    caller = client(service.answer(answered(EMBED), reply({"embedding": [0.1, 0.2]})))
    caller.embed("all-minilm", ["one", "two"])
    caller.embeddings("all-minilm", "one")
    assert [span.attributes["gen_ai.embeddings.dimension.count"] for span in traced.spans] == [3, 2]
    assert [span.attributes.get("gen_ai.usage.input_tokens") for span in traced.spans] == [11, None]
    assert all("otel_prompt.cost.total_usd" not in span.attributes for span in traced.spans)


def test_a_prompt_is_known(traced, service):
    """In the instructions of a generation, without a word at the call."""
    prompt = Prompt("greeter", "You are a friendly host who greets {{who}}", version="3")
    client(service.answer(answered(GENERATE))).generate("llama3.2", "Hello", system=prompt.render(who="Ada"))
    assert (traced.attributes["gen_ai.prompt.name"], traced.attributes["gen_ai.prompt.version"]) == ("greeter", "3")


def test_what_is_no_inference_is_left_alone(traced, service):
    """Lists of models, and pulling one."""
    caller = client(service.answer(reply({"models": []}), reply({"status": "success"})))
    caller.list()
    caller.pull("llama3.2")
    assert traced.processor.started == []


async def test_the_server(traced, service):
    """Its address is the client's; Ollama's own service is one, too."""
    import httpx

    service.answer(answered(GENERATE))
    for host in ("http://gpu.example.com:8000", "https://ollama.com"):
        there = ollama.AsyncClient(host=host, transport=httpx.MockTransport(service._reply_async))
        await there.generate("llama3.2", "Say hello")
    found = [(s.attributes["server.address"], s.attributes["server.port"]) for s in traced.spans]
    assert found == [("gpu.example.com", 8000), ("ollama.com", 443)]
    assert {s.attributes["gen_ai.provider.name"] for s in traced.spans} == {"ollama"}


def test_a_stream_is_a_generator_as_before(traced, service):
    """To whoever asks."""
    import types

    got = client(service.answer(streamed(GENERATE))).generate("llama3.2", "Say hello", stream=True)
    assert isinstance(got, types.GeneratorType)
    assert next(got)["response"] == generated("Hello")["response"]
    got.close()
    assert len(traced.spans) == 1
