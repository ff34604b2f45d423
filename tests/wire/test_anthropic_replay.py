"""Exchanges recorded from Anthropic's service, replayed through the real SDK and its clients for other platforms.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import base64
import inspect
import json
import re
from functools import partial
from operator import attrgetter
from typing import Any

import anthropic_reading as wire
import pytest
import wire_reading
from replay import alike, check_schemas, every_way, http_client, messages, rows, tokens
from wire_reading import events, is_stream

anthropic = pytest.importorskip("anthropic")

ROWS = rows("anthropic")
STREAM = "/model/anthropic.claude-v2/invoke-with-response-stream"
CLAUDE_ON_BEDROCK = [
    row
    for row in rows("bedrock")
    if "claude" in row["path"] and row["path"].endswith("/invoke") and "messages" in row["request"]
]
MESSAGES = [pytest.param(row, id=row["id"]) for row in ROWS if row["path"] == "/v1/messages"]
COMPLETIONS = [pytest.param(row, id=row["id"]) for row in ROWS if row["path"] == "/v1/complete"]
BEDROCK = [pytest.param(row, id=row["id"]) for row in CLAUDE_ON_BEDROCK]
pytestmark = [
    pytest.mark.skipif(not ROWS, reason="the recordings are not here"),
    # The models of the recordings are old, and the SDK says so.
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),
]


def _client(row: dict[str, Any], asynchronous: bool) -> Any:
    http = http_client(row, anthropic, asynchronous=asynchronous)
    kind = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic
    return kind(api_key="k", max_retries=0, http_client=http)


def _arguments(row: dict[str, Any], method: str, **more: Any) -> dict[str, Any]:
    """The arguments of the SDK's method that send the recorded request."""
    body = {**row["request"], **more}
    accepted = inspect.signature(attrgetter(method)(anthropic.Anthropic(api_key="k"))).parameters
    known = {k: v for k, v in body.items() if k in accepted and k != "output_format"}
    extra = {k: v for k, v in body.items() if k not in known}
    return {**known, **({"extra_body": extra} if extra else {})}


async def _same(row: dict[str, Any], ways: Any, instrument: Any) -> tuple[Any, dict[str, Any]]:
    """What was traced of every way to call, and what all spans say; the caller has what it has without us."""
    without = await ways()
    traced = instrument(meters=False, redact=False)
    assert await ways() == without
    assert len(traced.spans) == len(traced.processor.started) == len(without)
    return traced, alike(row, traced.spans)


@pytest.mark.parametrize("row", MESSAGES)
async def test_a_message_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Sync, async, raw and streamed: the caller's values as without us; one span each, and all alike."""
    method = "beta.messages.create" if row["query"] else "messages.create"
    ways = partial(every_way, partial(_client, row), method, _arguments(row, method), anthropic)
    traced, found = await _same(row, ways, instrument)
    assert found["gen_ai.provider.name"] == "anthropic"
    assert (found["server.address"], found["server.port"]) == ("api.anthropic.com", 443)
    _check(row, traced.spans[0], found)


@pytest.mark.parametrize("row", BEDROCK)
async def test_a_message_on_bedrock_is_what_was_on_the_wire(row, instrument):
    """The same API behind another address, with the model in the path."""
    asked = {k: v for k, v in row["request"].items() if k != "anthropic_version"}
    model = row["path"].split("/")[2]
    row = {**row, "request": {**asked, "model": model}}
    keys = {"aws_secret_key": "s", "aws_access_key": "a", "aws_region": "us-east-1", "max_retries": 0}

    def client(asynchronous: bool) -> Any:
        kind = anthropic.AsyncAnthropicBedrock if asynchronous else anthropic.AnthropicBedrock
        return kind(http_client=http_client(row, anthropic, asynchronous=asynchronous), **keys)

    ways = partial(every_way, client, "messages.create", _arguments(row, "messages.create"), anthropic)
    traced, found = await _same(row, ways, instrument)
    assert found["gen_ai.provider.name"] == "aws.bedrock"
    assert found["server.address"] == "bedrock-runtime.us-east-1.amazonaws.com"
    _check(row, traced.spans[0], found)


@pytest.mark.parametrize("row", [row for row in rows("bedrock") if row["path"] == STREAM], ids=lambda row: row["id"])
def test_a_stream_on_bedrock_is_what_was_on_the_wire(row, instrument):
    """Its events come in AWS's own binary framing, which the SDK reads."""
    asked = {k: v for k, v in row["request"].items() if k != "anthropic_version"}
    asked |= {"model": row["path"].split("/")[2], "stream": True}
    pieces = re.findall(rb'"bytes":"([^"]*)"', wire_reading.body_of(row))
    events_of = [json.loads(base64.b64decode(piece)) for piece in pieces]
    traced = instrument(meters=False, redact=False)
    http = http_client(row, anthropic, asynchronous=False)
    keys = {"aws_secret_key": "s", "aws_access_key": "a", "aws_region": "us-east-1"}
    assert len(list(anthropic.AnthropicBedrock(http_client=http, **keys).messages.create(**asked))) == len(pieces)
    body, found = wire.merged(events_of), traced.attributes
    assert messages(found, "output") == [wire.message(body)]
    assert tokens(found) == wire.usage(body)
    assert found["gen_ai.response.time_to_first_chunk"] > 0


@pytest.mark.parametrize("row", COMPLETIONS)
def test_a_completion_is_what_was_on_the_wire(row, instrument):
    """The API before messages: newer SDKs have no method of it, and its address is still theirs to call."""
    asked = row["request"]

    def call() -> Any:
        streamed = {"stream": True, "stream_cls": anthropic.Stream[object]} if asked.get("stream") else {}
        got = _client(row, asynchronous=False).post("/v1/complete", cast_to=object, body=asked, **streamed)
        return list(got) if asked.get("stream") else got

    without = call()
    traced = instrument(meters=False, redact=False)
    assert call() == without
    found = traced.attributes
    chunks = [e for e in events(row) if e["type"] == "completion"] if asked.get("stream") else [without]
    assert traced.span.name == "text_completion claude-2.1"
    assert found["gen_ai.request.max_tokens"] == asked["max_tokens_to_sample"]
    assert found["gen_ai.response.id"] == chunks[0]["id"]
    assert found["gen_ai.response.model"] == chunks[0]["model"]
    assert list(found["gen_ai.response.finish_reasons"]) == [chunks[-1]["stop_reason"]]
    assert traced.output == [["".join(chunk["completion"] for chunk in chunks)]]
    assert messages(found, "input")[0].texts == [asked["prompt"]]


# The span, held against the bytes.


def _check(row: dict[str, Any], span: Any, found: dict[str, Any]) -> None:
    asked = row["request"]
    assert span.name == f"chat {asked['model']}"
    assert span.status.status_code.name == "UNSET"
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.request.model"] == asked["model"]
    assert found.get("gen_ai.request.stream", False) is bool(asked.get("stream"))
    assert found["gen_ai.request.max_tokens"] == asked["max_tokens"]
    for name in ("temperature", "top_p", "top_k"):
        assert found.get(f"gen_ai.request.{name}") == asked.get(name)
    structured = "output_format" in asked or "format" in asked.get("output_config", {})
    assert found.get("gen_ai.output.type") == ("json" if structured else None)
    check_schemas(found)
    assert messages(found, "input") == [wire.message(m) for m in asked["messages"]]
    assert _pictures(found) == [
        (b["source"]["media_type"], len(b["source"]["data"]))
        for m in asked["messages"]
        for b in (m["content"] if isinstance(m["content"], list) else [])
        if b["type"] == "image"
    ]
    system = asked.get("system") or []
    said = [p["content"] for p in json.loads(found.get("gen_ai.system_instructions", "[]"))]
    assert said == ([system] if isinstance(system, str) else [b["text"] for b in system])
    tools = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    assert [(t["name"], t["parameters"]) for t in tools] == [
        (t["name"], t["input_schema"]) for t in asked.get("tools", ())
    ]

    body = wire.merged(events(row)) if is_stream(row) else json.loads(row["response"])
    assert found["gen_ai.response.id"] == body["id"]
    assert found["gen_ai.response.model"] == body["model"]
    assert list(found["gen_ai.response.finish_reasons"]) == [body["stop_reason"]]
    assert messages(found, "output") == [wire.message(body)]
    assert tokens(found) == wire.usage(body)


def _pictures(found: dict[str, Any]) -> list[tuple[str, int]]:
    parts = [p for m in json.loads(found["gen_ai.input.messages"]) for p in m["parts"] if p["type"] == "blob"]
    assert all(base64.b64decode(p["content"]) is not None for p in parts)
    return [(p["mime_type"], len(p["content"]) or p["omitted"]["characters"]) for p in parts]
