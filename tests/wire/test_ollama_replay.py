"""Exchanges recorded from Ollama's server, replayed through its own client.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import wire_reading as wire
from ollama_endpoints import LINES
from openai_double import Body
from replay import alike, check_schemas, messages, present, rows, tokens

ollama = pytest.importorskip("ollama")
httpx = pytest.importorskip("httpx")
ROWS = rows("ollama")
EACH = pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['path'][5:]}-{row['id']}") for row in ROWS])
pytestmark = pytest.mark.skipif(not ROWS, reason="the recordings are not here")
_OPERATIONS = {"/api/chat": "chat", "/api/generate": "text_completion", "/api/embeddings": "embeddings"}


def _client(row: dict[str, Any], *, asynchronous: bool) -> Any:
    data = row["response"].encode()
    pieces = [data[i : i + 700] for i in range(0, len(data), 700)]

    def answer(_: Any) -> Any:
        return httpx.Response(row["status"], headers=LINES, stream=Body(pieces))

    async def answer_async(request: Any) -> Any:
        return answer(request)

    kind = ollama.AsyncClient if asynchronous else ollama.Client
    return kind(host="http://localhost:11434", transport=httpx.MockTransport(answer_async if asynchronous else answer))


def _seen(value: Any) -> Any:
    return type(value).__name__, value.model_dump()


async def _ways(row: dict[str, Any]) -> list[Any]:
    """What the caller gets of either client."""
    name = row["path"].removeprefix("/api/")
    got = getattr(_client(row, asynchronous=False), name)(**row["request"])
    first = [_seen(chunk) for chunk in got] if row["request"].get("stream") else _seen(got)
    got = await getattr(_client(row, asynchronous=True), name)(**row["request"])
    return [first, [_seen(chunk) async for chunk in got] if row["request"].get("stream") else _seen(got)]


@EACH
async def test_a_call_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Sync and async, plain and streamed: the caller's values as without us; one span each, and all alike."""
    without = await _ways(row)
    traced = instrument(meters=False, redact=False)
    assert await _ways(row) == without
    assert without[0] == without[1]
    assert len(traced.spans) == len(traced.processor.started) == 2
    _check(row, traced.spans[0], alike(row, traced.spans))


# The span, held against the bytes.


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """The answer that the lines add up to: each says the model, the last one how it ended."""
    parts = [json.loads(line) for line in row["response"].splitlines() if line]
    said = [part.get("message", {}) for part in parts]
    calls = [call for message in said for call in message.get("tool_calls", ())]
    texts = {key: "".join(m.get(key) or "" for m in said) for key in ("content", "thinking")}
    return {**parts[0], **parts[-1], "message": {"role": "assistant", **texts, "tool_calls": calls}}


def _answer(m: dict[str, Any]) -> wire.Answer:
    # The client drops the ids of calls that the server gives them; an older one, what was thought.
    calls = [(None, c["function"]["name"], c["function"]["arguments"]) for c in m.get("tool_calls", ())]
    texts, thoughts = ([m[key]] if m.get(key) else [] for key in ("content", "thinking"))
    thoughts = thoughts if "thinking" in ollama.Message.model_fields else []
    return wire.Answer(m["role"], texts, thoughts, calls=calls)


def _check(row: dict[str, Any], span: Any, found: dict[str, Any]) -> None:
    asked, whole = row["request"], _whole(row)
    assert span.name == f"{_OPERATIONS[row['path']]} {asked['model']}"
    assert (found["gen_ai.provider.name"], found["server.address"], found["server.port"]) == (
        "ollama",
        "localhost",
        11434,
    )
    assert found.get("gen_ai.request.stream", False) is bool(asked.get("stream"))
    for name in ("temperature", "seed"):
        assert found.get(f"gen_ai.request.{name}") == asked["options"].get(name)
    tools = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    assert [t["name"] for t in tools] == [t["function"]["name"] for t in asked.get("tools", ())]
    check_schemas(found)
    if "messages" in asked:
        assert messages(found, "input") == [_answer(m) for m in asked["messages"]]
    else:
        assert messages(found, "input") == [wire.Answer("user", [asked["prompt"]])]
    if row["path"] == "/api/embeddings":
        assert found["gen_ai.embeddings.dimension.count"] == len(whole["embedding"])
        return
    said = {"role": "assistant", "content": whole["response"]} if "response" in whole else whole["message"]
    assert messages(found, "output") == [_answer(said)]
    assert found["gen_ai.response.model"] == whole["model"]
    assert list(found.get("gen_ai.response.finish_reasons", [])) == [whole[k] for k in ("done_reason",) if k in whole]
    assert tokens(found) == present(input=whole.get("prompt_eval_count"), output=whole.get("eval_count"))
    for name in ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"):
        assert found[f"otel_prompt.ollama.{name}"] == pytest.approx(whole[name] / 1e9)
