"""Exchanges recorded from Bedrock, replayed through botocore and aiobotocore.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import bedrock_reading
import pytest
import wire_reading as wire
from replay import check_schemas, messages, rows, tokens

pytest.importorskip("botocore")
import aws_double as double
from openai_double import JSON, Body, Service

ROWS = rows("bedrock")
CALLS = [row for row in ROWS if row["path"].startswith("/model/") and row["status"] == 200]
GUARDRAILS = [row for row in ROWS if row["path"].startswith("/guardrail/")]
REFUSED = [row for row in ROWS if row["status"] != 200]
pytestmark = pytest.mark.skipif(not ROWS, reason="the recordings are not here")


def _service(row: dict[str, Any]) -> Any:
    """A service that gives a row's answer, in pieces."""
    data = wire.body_of(row)
    headers = double.EVENT_STREAM if "response_base64" in row else JSON

    def answer(_: Any) -> Any:
        pieces = [data[i : i + 700] for i in range(0, len(data), 700)]
        return double.Answer(row["status"], {**headers, "x-amzn-requestid": f"r-{row['id']}"}, Body(pieces))

    return Service().answer(answer)


def _request(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The method of the client, and its arguments, that send a row's request."""
    kind, _, rest = row["path"][1:].partition("/")
    if kind == "guardrail":
        identity, _, version, _ = rest.split("/")
        return "apply_guardrail", {"guardrailIdentifier": identity, "guardrailVersion": version, **row["request"]}
    model, _, operation = rest.rpartition("/")
    if operation.startswith("converse"):
        return operation.replace("-", "_"), {"modelId": model, **row["request"]}
    method = "invoke_model" if operation == "invoke" else "invoke_model_with_response_stream"
    return method, {"modelId": model, "body": json.dumps(row["request"])}


def _sync(row: dict[str, Any], way: str) -> Any:
    method, arguments = _request(row)
    got = getattr(double.client(_service(row)), method)(**arguments)
    held = got.pop("stream", None) or got.pop("body", None)
    if held is None:
        return got
    if not hasattr(held, "read"):
        return got, list(held)
    return got, held.read() if way == "whole" else b"".join(held.iter_chunks(100))


async def _async(row: dict[str, Any], way: str) -> Any:
    method, arguments = _request(row)
    got = await getattr(double.client(_service(row), asynchronous=True), method)(**arguments)
    held = got.pop("stream", None) or got.pop("body", None)
    if held is None:
        return got
    if not hasattr(held, "read"):
        return got, [event async for event in held]
    return got, await held.read() if way == "whole" else b"".join([piece async for piece in held.iter_chunks(100)])


async def _ways(row: dict[str, Any]) -> list[Any]:
    ways = ("whole", "pieces") if row["path"].endswith("/invoke") else ("whole",)
    asynchronously = ways if double.ASYNCHRONOUS else ()
    return [_sync(row, way) for way in ways] + [await _async(row, way) for way in asynchronously]


async def _same(row: dict[str, Any], instrument: Any) -> tuple[Any, dict[str, Any]]:
    """What was traced of every way to call, and what all spans say; the caller has what it has without us."""
    without = await _ways(row)
    traced = instrument(meters=False, redact=False)
    assert await _ways(row) == without
    assert len(traced.spans) == len(traced.processor.started) == len(without)
    found = [dict(span.attributes) for span in traced.spans]
    for each in found:
        if row["path"].endswith("stream"):
            assert each.pop("gen_ai.response.time_to_first_chunk") > 0
        each.pop("otel_prompt.prompt.function", None)
        each.pop("otel_prompt.prompt.template_hash", None)  # of the driver's function, one for each way
        assert each == found[0]
    return traced.spans[0], found[0]


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row["id"])
async def test_a_call_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Sync and async, whole and in pieces: the caller's values as without us; one span each, and all alike."""
    span, found = await _same(row, instrument)
    said = bedrock_reading.read(row)
    model = row["path"].removeprefix("/model/").rpartition("/")[0].rpartition("/")[2]
    assert span.name == f"{said.operation} {model}"
    assert span.status.status_code.name == "UNSET"
    assert found["gen_ai.operation.name"] == said.operation
    assert found["gen_ai.provider.name"] == "aws.bedrock"
    assert (found["server.address"], found["server.port"]) == ("bedrock-runtime.us-east-1.amazonaws.com", 443)
    assert found["gen_ai.request.model"] == model
    assert found.get("gen_ai.request.stream", False) is row["path"].endswith("stream")
    for name in ("max_tokens", "temperature", "top_p", "top_k", "stop_sequences"):
        held = found.get(f"gen_ai.request.{name}")
        assert (list(held) if isinstance(held, tuple) else held) == said.parameters.get(name)
    guardrail = row["request"].get("guardrailConfig", {}).get("guardrailIdentifier")
    assert found.get("aws.bedrock.guardrail.id") == guardrail
    check_schemas(found)
    assert messages(found, "input") == said.asked
    assert [p["content"] for p in json.loads(found.get("gen_ai.system_instructions", "[]"))] == said.system
    definitions = json.loads(found.get("gen_ai.tool.definitions", "[]"))
    assert [(t["name"], t["parameters"]) for t in definitions] == said.tools
    assert messages(found, "output") == said.answer
    assert list(found["gen_ai.response.finish_reasons"]) == [said.reason]
    assert found["gen_ai.response.id"] == (said.identity or f"r-{row['id']}")
    assert tokens(found) == said.tokens


@pytest.mark.parametrize("row", GUARDRAILS, ids=lambda row: row["id"])
async def test_a_guardrail_is_a_moderation(row, instrument):
    """What was judged, the verdict and the text in its place."""
    span, found = await _same(row, instrument)
    body = json.loads(row["response"])
    assert span.name == "moderation"
    assert found["aws.bedrock.guardrail.id"] == row["path"].split("/")[2]
    assert messages(found, "input")[0].texts == [c["text"]["text"] for c in row["request"]["content"]]
    [message] = json.loads(found["gen_ai.output.messages"])
    verdict, *instead = message["parts"]
    assert verdict["flagged"] is (body["action"] == "GUARDRAIL_INTERVENED")
    assert bool(verdict["categories"]) is verdict["flagged"]
    assert [part["content"] for part in instead] == [output["text"] for output in body["outputs"]]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["id"])
async def test_a_refused_call_is_an_error(row, instrument):
    """An unknown model: botocore's exception as without us, and its status and words on the span."""
    traced = instrument()
    row = {**row, "request": {}}
    with pytest.raises(double.SDK.APIStatusError) as caught:
        _sync(row, "whole")
    assert json.loads(row["response"])["message"] in str(caught.value)
    if double.ASYNCHRONOUS:
        with pytest.raises(double.SDK.APIStatusError) as caught_async:
            await _async(row, "whole")
        assert str(caught.value) == str(caught_async.value)
    assert len(traced.spans) == 1 + double.ASYNCHRONOUS
    for span in traced.spans:
        assert span.attributes["http.response.status_code"] == row["status"]
        assert "model identifier is invalid" in span.status.description
