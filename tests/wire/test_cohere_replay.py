"""Exchanges recorded from Cohere's service, replayed through the real SDK, synchronous and asynchronous.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import cohere_reading as reading
import pytest
import wire_reading as wire
from replay import check_schemas, messages, rows, same

pytest.importorskip("cohere")
import cohere_double

ROWS = rows("cohere")
pytestmark = pytest.mark.skipif(not ROWS, reason="the recordings are not here")


def each(*paths: str) -> Any:
    """The rows of some paths."""
    return pytest.mark.parametrize("row", [pytest.param(r, id=r["id"]) for r in ROWS if r["path"] in paths])


async def replayed(row: dict[str, Any], method: str, instrument: Any) -> tuple[Any, dict[str, Any]]:
    """A row, in both ways, and what all of them have in common."""
    asked = row["request"]
    arguments = {k: v for k, v in asked.items() if k != "stream" and v is not None}
    span, found = await same(row, cohere_double, method, arguments, instrument)
    check_schemas(found)
    assert span.name == f"{found['gen_ai.operation.name']} {asked['model']}"
    assert found["gen_ai.provider.name"] == "cohere"
    assert (found["server.address"], found["server.port"]) == ("api.cohere.com", 443)
    assert found["gen_ai.request.model"] == asked["model"]
    assert found.get("gen_ai.request.stream", False) is bool(asked.get("stream"))
    assert "gen_ai.response.model" not in found  # the service does not say it
    return span, found


def check_counts(found: dict[str, Any], said: dict[str, Any]) -> None:
    """The counts are those of the answer, and there are no others."""
    named = {k: v for k, v in found.items() if k.startswith(("gen_ai.usage.", "otel_prompt.usage."))}
    assert named == reading.counted(said)


@each("/v2/chat")
async def test_a_chat_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Whole and streamed, with tools, plans and citations."""
    span, found = await replayed(row, "chat.create", instrument)
    asked = row["request"]
    body = reading.merged(wire.events(row)) if asked.get("stream") else json.loads(row["response"])
    assert span.status.status_code.name == "UNSET"
    assert found["gen_ai.operation.name"] == "chat"
    assert found.get("gen_ai.request.temperature") == asked.get("temperature")
    assert messages(found, "input") == [reading.message(m) for m in asked["messages"]]
    tools = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    assert [(t["name"], t["description"], t["parameters"]) for t in tools] == [
        tuple(t["function"][name] for name in ("name", "description", "parameters")) for t in asked.get("tools", ())
    ]
    assert found["gen_ai.response.id"] == body["id"]
    assert list(found["gen_ai.response.finish_reasons"]) == [body["finish_reason"]]
    assert messages(found, "output") == [reading.message(body["message"])]
    said = [p for m in json.loads(found["gen_ai.output.messages"]) for p in m["parts"] if p["type"] == "text"]
    assert [c for p in said for c in p.get("citations", ())] == body["message"].get("citations", [])
    check_counts(found, body["usage"])


@each("/v1/chat")
async def test_a_first_chat_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """The history and the message; lines of JSON where it is streamed; a model that is gone."""
    span, found = await replayed(row, "first_chat.create", instrument)
    asked = row["request"]
    history = [reading.first_message(m) for m in asked.get("chat_history", ())]
    assert messages(found, "input") == [*history, wire.Answer("user", texts=[asked["message"]])]
    for name in ("temperature", "max_tokens"):
        assert found.get(f"gen_ai.request.{name}") == asked.get(name)
    assert list(found.get("gen_ai.request.stop_sequences", ())) == (asked.get("stop_sequences") or [])
    if row["status"] != 200:
        assert span.status.status_code.name == "ERROR"
        assert span.status.description == json.loads(row["response"])["message"]
        assert found["http.response.status_code"] == row["status"]
        assert found["error.type"] == "cohere.errors.not_found_error.NotFoundError"
        return
    body = reading.last_line(row) if asked["stream"] else json.loads(row["response"])
    assert span.status.status_code.name == "UNSET"
    assert found["gen_ai.response.id"] == body["response_id"]
    assert list(found["gen_ai.response.finish_reasons"]) == [body["finish_reason"]]
    assert messages(found, "output") == [wire.Answer("assistant", texts=[body["text"]])]
    check_counts(found, body["meta"])


@each("/v1/generate")
async def test_a_generation_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """The API before chats."""
    _, found = await replayed(row, "generate.create", instrument)
    body = json.loads(row["response"])
    [made] = body["generations"]
    assert found["gen_ai.operation.name"] == "text_completion"
    assert found["gen_ai.response.id"] == body["id"]
    assert messages(found, "input") == [wire.Answer("user", texts=[row["request"]["prompt"]])]
    assert messages(found, "output") == [wire.Answer("assistant", texts=[made["text"]])]
    assert list(found["gen_ai.response.finish_reasons"]) == [made["finish_reason"]]
    check_counts(found, body["meta"])


@each("/v2/embed")
async def test_embeddings_are_the_same_and_their_span_is_what_was_on_the_wire(row, instrument):
    """Texts, what they are for, tokens and the size of the vectors."""
    asked, body = row["request"], json.loads(row["response"])
    row = {**row, "request": {"embedding_types": list(body["embeddings"]), **asked}}
    _, found = await replayed(row, "embed.create", instrument)
    assert found["gen_ai.operation.name"] == "embeddings"
    assert [m.texts for m in messages(found, "input")] == [[text] for text in asked["texts"]]
    assert found["otel_prompt.param.input_type"] == asked["input_type"]
    [vectors] = body["embeddings"].values()
    assert found["gen_ai.embeddings.dimension.count"] == len(vectors[0])
    check_counts(found, body["meta"])


@each("/v1/rerank", "/v2/rerank")
async def test_a_ranking_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """The question, and the documents by their relevance, with what they say."""
    asked, body = row["request"], json.loads(row["response"])
    method = "rerank.create" if row["path"] == "/v2/rerank" else "first_rerank.create"
    row = {**row, "request": {k: v for k, v in asked.items() if v is not None}}
    _, found = await replayed(row, method, instrument)
    assert found["gen_ai.operation.name"] == "retrieval"
    assert found["gen_ai.retrieval.query.text"] == asked["query"]
    assert found.get("gen_ai.retrieval.top_k") == asked.get("top_n")
    assert found["gen_ai.response.id"] == body["id"]
    assert json.loads(found["gen_ai.retrieval.documents"]) == [
        {"id": str(r["index"]), "content": asked["documents"][r["index"]], "score": r["relevance_score"]}
        for r in body["results"]
    ]
    check_counts(found, body["meta"])
