"""Exchanges recorded from Mistral's service, replayed through the real SDK, synchronous and asynchronous.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import wire_reading as wire
from replay import check_schemas, messages, rows, same, tokens

pytest.importorskip("mistralai")
import mistral_double

ROWS = rows("mistral")
CHATS = [pytest.param(row, id=row["id"]) for row in ROWS if row["path"] == "/v1/chat/completions"]
EMBEDDINGS = [pytest.param(row, id=row["id"]) for row in ROWS if row["path"] == "/v1/embeddings"]
pytestmark = pytest.mark.skipif(not ROWS, reason="the recordings are not here")


@pytest.mark.parametrize("row", CHATS)
async def test_a_chat_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Whole and streamed: one span for each way to call, and all alike."""
    asked = row["request"]
    arguments = {k: v for k, v in asked.items() if k != "stream"}
    span, found = await same(row, mistral_double, "chat.create", arguments, instrument)
    _check(row, span, found, "chat")
    check_schemas(found)
    assert found.get("gen_ai.request.stream", False) is asked["stream"]
    for name in ("temperature", "top_p"):
        assert found.get(f"gen_ai.request.{name}") == asked.get(name)
    assert found.get("otel_prompt.param.tool_choice") == asked.get("tool_choice")
    assert found.get("otel_prompt.param.safe_prompt") == asked.get("safe_prompt")
    assert messages(found, "input") == [wire.chat_message(m) for m in asked["messages"]]
    tools = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    assert [(t["name"], t["parameters"]) for t in tools] == [
        (t["function"]["name"], t["function"]["parameters"]) for t in asked.get("tools", ())
    ]

    body = wire.merged_chat(wire.events(row)) if asked["stream"] else json.loads(row["response"])
    assert found["gen_ai.response.id"] == body["id"]
    assert list(found["gen_ai.response.finish_reasons"]) == [c["finish_reason"] for c in body["choices"]]
    assert messages(found, "output") == [wire.chat_message(c["message"]) for c in body["choices"]]
    assert tokens(found) == {"input": body["usage"]["prompt_tokens"], "output": body["usage"]["completion_tokens"]}


@pytest.mark.parametrize("row", EMBEDDINGS)
async def test_embeddings_are_the_same_and_their_span_is_what_was_on_the_wire(row, instrument):
    """Texts, tokens and the size of the vectors."""
    asked, body = row["request"], json.loads(row["response"])
    arguments = {"model": asked["model"], "inputs": asked["input"]}
    span, found = await same(row, mistral_double, "embeddings.create", arguments, instrument)
    _check(row, span, found, "embeddings")
    given = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    assert [m.texts for m in messages(found, "input")] == [[text] for text in given]
    assert found["gen_ai.embeddings.dimension.count"] == wire.dimensions(body["data"][0]["embedding"])
    assert tokens(found) == {"input": body["usage"]["prompt_tokens"]}
    assert "gen_ai.output.messages" not in found


def _check(row: dict[str, Any], span: Any, found: dict[str, Any], operation: str) -> None:
    assert span.name == f"{operation} {row['request']['model']}"
    assert span.status.status_code.name == "UNSET"
    assert found["gen_ai.operation.name"] == operation
    assert found["gen_ai.provider.name"] == "mistral_ai"
    assert (found["server.address"], found["server.port"]) == ("api.mistral.ai", 443)
    assert found["gen_ai.request.model"] == row["request"]["model"]
    first = wire.events(row)[0] if row["request"].get("stream") else json.loads(row["response"])
    assert found["gen_ai.response.model"] == first["model"]
