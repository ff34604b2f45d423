"""Recorded exchanges replayed through an SDK's real client, in every way to make a call."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import wire_reading as wire
from jsonschema import Draft202012Validator
from openai_double import EVENTS, JSON, Body, http_of

SHARED = Path(__file__).resolve().parents[3] / "shared"


def rows(*names: str) -> list[Any]:
    """The rows of files of recordings; none where they are not here."""
    found: list[Any] = []
    for name in names:
        file = SHARED / "wire" / f"{name}.jsonl"
        if file.exists():
            found += [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
    return found


def http_client(row: dict[str, Any], sdk: Any, *, asynchronous: bool) -> Any:
    """An HTTP client for an SDK that gives a row's answer, in pieces."""
    http = http_of(sdk)
    headers = {"content-type": row["content_type"]} if "response_base64" in row else _headers(row)

    def answer(request: Any) -> Any:
        data = wire.body_of(row)
        pieces = [data[i : i + 700] for i in range(0, len(data), 700)]
        return http.Response(row["status"], headers=headers, stream=Body(pieces), request=request)

    async def answer_async(request: Any) -> Any:
        return answer(request)

    transport = http.MockTransport(answer_async if asynchronous else answer)
    return (http.AsyncClient if asynchronous else http.Client)(transport=transport)


def _headers(row: dict[str, Any]) -> dict[str, str]:
    if "stream+json" in row["content_type"]:
        return {"content-type": row["content_type"]}
    return EVENTS if wire.is_stream(row) else JSON


def _seen(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return type(value).__name__, value.model_dump(warnings=False)
    return type(value).__name__, value


def call(client: Any, method: str, arguments: dict[str, Any], sdk: Any, mode: str) -> Any:
    """What the caller gets in one of the ways to call: values, chunks, or the exception."""
    path, _, name = method.rpartition(".")
    resource = attrgetter(path)(client)
    try:
        if mode == "plain":
            got = getattr(resource, name)(**arguments)
        elif mode == "raw":
            got = getattr(resource.with_raw_response, name)(**arguments).parse()
        else:
            with getattr(resource.with_streaming_response, name)(**arguments) as response:
                got = response.parse()
                return [_seen(chunk) for chunk in got] if hasattr(got, "__next__") else _seen(got)
        return [_seen(chunk) for chunk in got] if hasattr(got, "__next__") else _seen(got)
    except sdk.APIError as error:
        return type(error), getattr(error, "status_code", None), str(error)


async def call_async(client: Any, method: str, arguments: dict[str, Any], sdk: Any, mode: str) -> Any:
    """The same, by the asynchronous client."""
    path, _, name = method.rpartition(".")
    resource = attrgetter(path)(client)
    try:
        if mode == "plain":
            got = await getattr(resource, name)(**arguments)
        elif mode == "raw":
            got = (await getattr(resource.with_raw_response, name)(**arguments)).parse()
            got = await got if hasattr(got, "__await__") else got
        else:
            async with getattr(resource.with_streaming_response, name)(**arguments) as response:
                got = await response.parse()
                return [_seen(chunk) async for chunk in got] if hasattr(got, "__anext__") else _seen(got)
        return [_seen(chunk) async for chunk in got] if hasattr(got, "__anext__") else _seen(got)
    except sdk.APIError as error:
        return type(error), getattr(error, "status_code", None), str(error)


async def every_way(made: Callable[[bool], Any], method: str, arguments: dict[str, Any], sdk: Any) -> dict[str, Any]:
    """What the caller gets in every way; ``made`` makes a client, asynchronous or not."""
    modes = ("plain", "raw", "streaming")
    found = {f"sync {mode}": call(made(False), method, arguments, sdk, mode) for mode in modes}
    return found | {f"async {mode}": await call_async(made(True), method, arguments, sdk, mode) for mode in modes}


async def both_ways(row: dict[str, Any], sdk: Any, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the caller gets of an SDK without raw responses; ``sdk`` is the double that has the names known here."""
    found: dict[str, Any] = {}
    for asynchronous, kind in ((False, sdk.Client), (True, sdk.AsyncClient)):
        client = kind(http_client=http_client(row, sdk, asynchronous=asynchronous), api_key="k")
        try:
            got = attrgetter(method)(client)(**arguments, stream=row["request"].get("stream") is True)
            got = await got if hasattr(got, "__await__") else got
            if hasattr(got, "__anext__"):
                found["async"] = [_seen(chunk) async for chunk in got]
            else:
                seen = [_seen(chunk) for chunk in got] if hasattr(got, "__next__") else _seen(got)
                found["async" if asynchronous else "sync"] = seen
        except sdk.APIStatusError as error:
            found["async" if asynchronous else "sync"] = type(error), error.status_code, str(error)
    return found


async def same(row: dict[str, Any], sdk: Any, method: str, arguments: dict[str, Any], instrument: Any) -> Any:
    """What was traced of both ways to call, and what all spans say; the caller has what it has without us."""
    without = await both_ways(row, sdk, method, arguments)
    traced = instrument(meters=False, redact=False)
    assert await both_ways(row, sdk, method, arguments) == without
    assert len(traced.spans) == len(traced.processor.started) == len(without) == 2
    return traced.spans[0], alike(row, traced.spans)


def alike(row: dict[str, Any], spans: list[Any]) -> dict[str, Any]:
    """The attributes that the spans of all the ways have, after it is sure that they are the same."""
    attributes = [dict(span.attributes) for span in spans]
    for found in attributes:
        if row["request"].get("stream") and row["status"] == 200:
            assert found.pop("gen_ai.response.time_to_first_chunk") > 0
        found.pop("otel_prompt.prompt.function", None)  # the caller's function here is the driver's, one for each way
        assert _parsed(found) == _parsed(attributes[0])
    return attributes[0]


def _parsed(found: dict[str, Any]) -> dict[str, Any]:
    """Attributes with their JSON read: an SDK's model has its fields in an order of its own."""
    return {
        k: json.loads(v) if k.endswith(("messages", "instructions", "definitions", "documents")) else v
        for k, v in found.items()
    }


@cache
def _validator(name: str) -> Draft202012Validator | None:
    file = SHARED / "semconv" / f"gen-ai-{name}.json"
    if not file.exists():
        return None
    schema = json.loads(file.read_text())
    for definition in schema.get("$defs", {}).values():  # a stream that was cut has no finish reason to tell
        if "finish_reason" in definition.get("required", ()):
            definition["required"].remove("finish_reason")
    return Draft202012Validator(schema)


def check_schemas(found: dict[str, Any]) -> None:
    """Content has the shapes of the conventions' own schemas."""
    for key, name in (
        ("gen_ai.input.messages", "input-messages"),
        ("gen_ai.output.messages", "output-messages"),
        ("gen_ai.system_instructions", "system-instructions"),
        ("gen_ai.tool.definitions", "tool-definitions"),
        ("gen_ai.retrieval.documents", "retrieval-documents"),
    ):
        if key in found and (validator := _validator(name)) is not None:
            validator.validate(json.loads(found[key]))


def messages(found: dict[str, Any], name: str) -> list[wire.Answer]:
    """The messages on a span: ``input`` or ``output``."""
    return [wire.recorded(m) for m in json.loads(found.get(f"gen_ai.{name}.messages", "[]"))]


def tokens(found: dict[str, Any]) -> dict[str, int]:
    """The tokens on a span, under short names."""
    return present(
        input=found.get("gen_ai.usage.input_tokens"),
        output=found.get("gen_ai.usage.output_tokens"),
        cached=found.get("gen_ai.usage.cache_read.input_tokens"),
        written=found.get("gen_ai.usage.cache_write.input_tokens"),
        reasoning=found.get("gen_ai.usage.reasoning.output_tokens"),
    )


def present(**values: int | None) -> dict[str, int]:
    """What is there."""
    return {k: v for k, v in values.items() if v is not None}
