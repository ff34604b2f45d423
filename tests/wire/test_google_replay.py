"""Exchanges recorded from Gemini and Vertex, replayed through the real SDK.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. Some of Vertex'
recordings are of another client of Google's, which asks for numbers in place of names: this SDK takes those answers
for none of its own and raises, with and without us; the span knows the answer all the same. The recordings are no part
of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import google_reading as wire
import pytest
from replay import SHARED, alike, check_schemas, http_client, messages, rows, tokens
from wire_reading import Answer, events, is_stream

genai = pytest.importorskip("google.genai")
google_double = pytest.importorskip("google_double")
credentials = pytest.importorskip("google.oauth2.credentials")

ROWS = rows("google_genai")
HAS_INTERACTIONS = hasattr(genai, "interactions") or hasattr(genai.Client, "interactions")
CLIENT_OF_NUMBERS = "enum-encoding"
TYPES = {1: "STRING", 6: "OBJECT"}


def _of(*endings: str) -> list[Any]:
    return [pytest.param(row, id=row["id"]) for row in ROWS if row["path"].endswith(endings)]


CONTENT = _of(":generateContent", ":streamGenerateContent")
EMBEDDINGS = _of(":batchEmbedContents")
INTERACTIONS = _of("/interactions")
pytestmark = [
    pytest.mark.skipif(not ROWS, reason=f"the recordings are not in {SHARED}"),
    # The SDK's, of its own future, and of interactions, which some of its versions call an experiment.
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:UserWarning"),
]


def test_every_row_is_replayed():
    """No row is left out of the tests below but those of interactions, in versions that have none."""
    assert len(CONTENT) + len(EMBEDDINGS) + len(INTERACTIONS) == len(ROWS)


def _client(row: dict[str, Any]) -> Any:
    sync, asynchronous = (http_client(row, google_double, asynchronous=a)._transport for a in (False, True))
    options = {"client_args": {"transport": sync}, "async_client_args": {"transport": asynchronous}}
    if "/projects/" in row["path"]:
        path = row["path"].split("/")
        where = {"project": path[path.index("projects") + 1], "location": path[path.index("locations") + 1]}
        token = credentials.Credentials(token="t")
        return genai.Client(vertexai=True, credentials=token, http_options=options, **where)
    return genai.Client(api_key="k", http_options=options)


def _seen(value: Any) -> Any:
    return type(value).__name__, value.model_dump(warnings=False) if hasattr(value, "model_dump") else value


def _sync(row: dict[str, Any], call: str, arguments: dict[str, Any]) -> Any:
    owner, name = call.split(".")
    client = _client(row)
    try:
        got = getattr(getattr(client, owner), name)(**arguments)
        return [_seen(chunk) for chunk in got] if hasattr(got, "__next__") else _seen(got)
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is compared
        return type(error), getattr(error, "code", None), str(error)


async def _async(row: dict[str, Any], call: str, arguments: dict[str, Any]) -> Any:
    owner, name = call.split(".")
    client = _client(row)
    try:
        got = await getattr(getattr(client.aio, owner), name)(**arguments)
        return [_seen(chunk) async for chunk in got] if hasattr(got, "__anext__") else _seen(got)
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is compared
        return type(error), getattr(error, "code", None), str(error)


async def _replayed(row: dict[str, Any], call: str, arguments: dict[str, Any], instrument: Any) -> Any:
    """What was traced of both ways to call, and what both spans say; the caller has what it has without us."""
    without = [_sync(row, call, arguments), await _async(row, call, arguments)]
    traced = instrument(meters=False, redact=False)
    assert [_sync(row, call, arguments), await _async(row, call, arguments)] == without
    assert len(traced.spans) == len(traced.processor.started) == 2
    return traced, without[0]


@pytest.mark.parametrize("row", CONTENT)
async def test_content_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Sync and async, plain and streamed, Gemini and Vertex."""
    streamed = row["path"].endswith(":streamGenerateContent")
    call = "models.generate_content_stream" if streamed else "models.generate_content"
    traced, got = await _replayed(row, call, _arguments(row), instrument)
    asked, model = row["request"], row["path"].rpartition("/")[2].partition(":")[0]
    row = {**row, "request": {**asked, "stream": streamed}}
    if streamed and not is_stream(row):
        # Another client's stream, a list of answers: this SDK can make nothing of it.
        assert {s.attributes["error.type"].rpartition(".")[2] for s in traced.spans} == {got[0].__name__}
        return
    found = alike(row, traced.spans)
    assert traced.spans[0].name == f"generate_content {model}"
    assert found["gen_ai.operation.name"] == "generate_content"
    assert found["gen_ai.request.model"] == model
    vertex = "/projects/" in row["path"]
    assert found["gen_ai.provider.name"] == ("gcp.vertex_ai" if vertex else "gcp.gemini")
    assert found["server.address"].endswith("googleapis.com")
    assert found.get("gen_ai.request.stream", False) is streamed
    check_schemas(found)
    _check_request(asked, found)
    if row["status"] >= 400:
        assert found["error.type"] == "google.genai.errors.ClientError"
        assert found["http.response.status_code"] == row["status"] == got[1]
        return
    body = wire.merged(events(row)) if streamed else json.loads(row["response"])
    assert found.get("gen_ai.response.id") == body.get("responseId")
    assert found["gen_ai.response.model"] == body["modelVersion"]
    why = [wire.REASONS.get(c["finishReason"], c["finishReason"]) for c in body["candidates"]]
    assert list(found["gen_ai.response.finish_reasons"]) == why
    assert [m.role for m in messages(found, "output")] == ["assistant"] * len(why)
    expected = [wire.content({"role": "model", **c.get("content", {})}) for c in body["candidates"]]
    assert messages(found, "output") == expected
    assert tokens(found) == wire.usage(body)
    numbers = CLIENT_OF_NUMBERS in row["query"]
    assert (got[0] is AttributeError) is numbers
    assert (traced.spans[0].status.status_code.name, "error.type" in found) == ("UNSET", False)


def _check_request(asked: dict[str, Any], found: dict[str, Any]) -> None:
    assert messages(found, "input") == [wire.content(c) for c in asked["contents"]]
    said = [p["content"] for p in json.loads(found.get("gen_ai.system_instructions", "[]"))]
    assert said == [p["text"] for p in asked.get("systemInstruction", {}).get("parts", [])]
    tools = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    functions = [f for tool in asked.get("tools", []) for f in tool.get("functionDeclarations", [])]
    assert [t["name"] for t in tools if t["type"] == "function"] == [f["name"] for f in functions]
    assert [t.get("description") for t in tools if t["type"] == "function"] == [f.get("description") for f in functions]
    own = [name for tool in asked.get("tools", []) for name in tool if name != "functionDeclarations"]
    assert [t["name"] for t in tools if t["type"] != "function"] == own
    config = asked.get("generationConfig", {})
    for name, sent in (
        *(("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"), ("max_tokens", "maxOutputTokens")),
        *(("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty"), ("seed", "seed")),
    ):
        assert found.get(f"gen_ai.request.{name}") == config.get(sent)
    assert list(found.get("gen_ai.request.stop_sequences", [])) == config.get("stopSequences", [])
    parts = [p for m in json.loads(found["gen_ai.input.messages"]) for p in m["parts"] if p["type"] in ("uri", "blob")]
    files = [p["fileData"] for c in asked["contents"] for p in c["parts"] if "fileData" in p]
    assert [(p["uri"], p["mime_type"], p["modality"]) for p in parts] == [
        (f["fileUri"], f["mimeType"], f["mimeType"].partition("/")[0]) for f in files
    ]


def _arguments(row: dict[str, Any]) -> dict[str, Any]:
    """The SDK's arguments that send the recorded request, with names for another client's numbers."""
    asked = _named(row["request"])
    config = {**asked.get("generationConfig", {}), "automaticFunctionCalling": {"disable": True}}
    config |= {k: asked[k] for k in ("systemInstruction", "tools") if k in asked}
    model = row["path"].rpartition("/")[2].partition(":")[0]
    return {
        "model": model,
        "contents": [genai.types.Content.model_validate(c) for c in asked["contents"]],
        "config": genai.types.GenerateContentConfig.model_validate(config),
    }


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(item) for item in value]
    if isinstance(value, dict):
        return {k: TYPES[v] if k == "type" and isinstance(v, int) else _named(v) for k, v in value.items()}
    return value


@pytest.mark.parametrize("row", EMBEDDINGS)
async def test_embeddings_are_what_was_on_the_wire(row, instrument):
    """Contents, and the size of the vectors; the service counts no tokens here."""
    asked = row["request"]["requests"]
    arguments = {
        "model": "gemini-embedding-001",
        "contents": [genai.types.Content.model_validate(r["content"]) for r in asked],
        "config": {k: v for k, v in asked[0].items() if k == "taskType"},
    }
    traced, _ = await _replayed(row, "models.embed_content", arguments, instrument)
    found = alike(row, traced.spans)
    assert traced.spans[0].name == "embeddings gemini-embedding-001"
    assert [m.texts for m in messages(found, "input")] == [[p["text"] for p in r["content"]["parts"]] for r in asked]
    body = json.loads(row["response"])
    assert found["gen_ai.embeddings.dimension.count"] == len(body["embeddings"][0]["values"])
    assert tokens(found) == {}


@pytest.mark.skipif(not HAS_INTERACTIONS, reason="this version has no interactions")
@pytest.mark.parametrize("row", INTERACTIONS)
async def test_an_interaction_is_what_was_on_the_wire(row, instrument):
    """Plain and streamed, by the generated client that newer versions bring along."""
    asked = row["request"]
    traced, _ = await _replayed(row, "interactions.create", asked, instrument)
    found = alike(row, traced.spans)
    body = wire.interaction(row)
    assert traced.spans[0].name == f"generate_content {asked['model']}"
    assert found["gen_ai.provider.name"] == "gcp.gemini"
    assert found["server.address"] == "generativelanguage.googleapis.com"
    assert found["gen_ai.request.model"] == asked["model"]
    config = asked["generation_config"]
    assert found["gen_ai.request.temperature"] == config["temperature"]
    assert found["gen_ai.request.max_tokens"] == config["max_output_tokens"]
    assert found["gen_ai.request.reasoning.level"] == config["thinking_level"]
    check_schemas(found)
    given = asked["input"] if isinstance(asked["input"], list) else [{"type": "text", "text": asked["input"]}]
    [question] = json.loads(found["gen_ai.input.messages"])
    pictures = [(p["mime_type"], p["content"]) for p in question["parts"] if p["type"] == "blob"]
    assert [p["content"] for p in question["parts"] if p["type"] == "text"] == [c["text"] for c in given if "text" in c]
    assert pictures == [(c["mime_type"], c["data"]) for c in given if "data" in c]
    assert found["gen_ai.response.id"] == body["id"]
    assert found["gen_ai.response.model"] == body["model"]
    assert list(found["gen_ai.response.finish_reasons"]) == [body["status"]]
    assert messages(found, "output") == [Answer("assistant", [wire.said(body)])]
    assert tokens(found) == wire.interaction_usage(body)
