"""Exchanges recorded from the services themselves, replayed through the real SDK.

The caller gets exactly what it gets without us, and the span says what the bytes of the recording say. The recordings
are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import inspect
import json
from functools import cache, partial
from operator import attrgetter
from typing import Any

import openai
import pytest
import wire_reading as wire
from replay import alike, check_schemas, every_way, http_client, messages, present, rows, tokens

_FILES = ("openai", "azure_openai", "openai_compatible", "groq", "together", "mistral")
_BASES = {
    "openai": "https://api.openai.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "together": "https://api.together.xyz/v1",
    "mistral": "https://api.mistral.ai/v1",
    "openai_compatible": "http://localhost:8000/v1",
}
_PROVIDERS = {
    "azure_openai": "azure.ai.openai",
    "mistral": "mistral_ai",
    "openai_compatible": "local",
}
_METHODS = {
    "chat/completions": "chat.completions.create",
    "completions": "completions.create",
    "responses": "responses.create",
    "embeddings": "embeddings.create",
    "images/generations": "images.generate",
}
_OPERATIONS = {
    "chat/completions": "chat",
    "completions": "text_completion",
    "responses": "chat",
    "embeddings": "embeddings",
    "images/generations": "generate_content",
}


def _kind(row: dict[str, Any]) -> str | None:
    """The endpoint of a row; None for one of the services' other APIs."""
    return next((kind for kind in sorted(_METHODS, key=len, reverse=True) if row["path"].endswith("/" + kind)), None)


ROWS = rows(*_FILES)
TRACED = [pytest.param(row, id=f"{row['provider']}-{row['id']}") for row in ROWS if _kind(row)]
OTHERS = [pytest.param(row, id=f"{row['path']}-{row['id']}") for row in ROWS if not _kind(row)]
pytestmark = pytest.mark.skipif(not ROWS, reason="the recordings are not here")


def _client(row: dict[str, Any], *, asynchronous: bool) -> Any:
    given: dict[str, Any] = {"api_key": "k", "max_retries": 0}
    given["http_client"] = http_client(row, openai, asynchronous=asynchronous)
    if row["provider"] == "azure_openai":
        azure = openai.AsyncAzureOpenAI if asynchronous else openai.AzureOpenAI
        return azure(azure_endpoint="https://resource.openai.azure.com", api_version="2025-01-01-preview", **given)
    return (openai.AsyncOpenAI if asynchronous else openai.OpenAI)(base_url=_BASES[row["provider"]], **given)


@cache
def _accepted(kind: str) -> frozenset[str]:
    return frozenset(inspect.signature(attrgetter(_METHODS[kind])(openai.OpenAI(api_key="k"))).parameters)


def _arguments(row: dict[str, Any], kind: str) -> dict[str, Any]:
    """The arguments of the SDK's method that send the recorded request."""
    body = dict(row["request"])
    if kind == "embeddings":
        body.setdefault("encoding_format", "float")
    known = {k: v for k, v in body.items() if k in _accepted(kind)}
    extra = {k: v for k, v in body.items() if k not in known}
    if kind in ("chat/completions", "completions", "embeddings"):
        known.setdefault("model", "gpt-of-the-deployment")
    return {**known, **({"extra_body": extra} if extra else {})}


@pytest.mark.parametrize("row", TRACED)
async def test_a_call_is_the_same_and_its_span_is_what_was_on_the_wire(row, instrument):
    """Sync, async, raw and streamed: the caller's values as without us; one span each, and all alike."""
    kind = _kind(row) or ""
    ways = partial(every_way, lambda a: _client(row, asynchronous=a), _METHODS[kind], _arguments(row, kind), openai)
    without = await ways()
    traced = instrument(meters=False, redact=False)
    with_us = await ways()
    assert with_us == without
    assert len(traced.spans) == len(traced.processor.started) == len(with_us)
    _check(row, traced.spans[0], alike(row, traced.spans))


@pytest.mark.parametrize("row", [param for param in TRACED if param.values[0]["provider"] in ("groq", "together")])
async def test_a_services_own_client_says_the_same(row, instrument):
    """The rows of Groq and of Together through their own SDKs: the same spans as through OpenAI's."""
    sdk = pytest.importorskip(row["provider"])

    def client(asynchronous: bool) -> Any:
        kind = sdk.AsyncClient if asynchronous else sdk.Client
        return kind(api_key="k", max_retries=0, http_client=http_client(row, sdk, asynchronous=asynchronous))

    kind = _kind(row) or ""
    ways = partial(every_way, client, _METHODS[kind], _arguments(row, kind), sdk)
    without = await ways()
    traced = instrument(meters=False, redact=False)
    assert await ways() == without
    assert len(traced.spans) == len(traced.processor.started) == len(without)
    _check(row, traced.spans[0], alike(row, traced.spans))


@pytest.mark.parametrize("row", OTHERS)
def test_other_endpoints_are_left_alone(row, instrument):
    """Assistants, threads, runs and uploads are state on the server, not calls to a model: no span."""

    def call() -> Any:
        client = _client(row, asynchronous=False)
        path = row["path"].removeprefix("/v1")
        return client.post(path, cast_to=object, body=row["request"])

    without = call()
    traced = instrument(meters=False)
    assert call() == without
    assert traced.processor.started == []


# The span, held against the bytes.


def _check(row: dict[str, Any], span: Any, found: dict[str, Any]) -> None:
    kind, asked = _kind(row) or "", row["request"]
    model = asked.get("model") or found.get("gen_ai.request.model")
    assert span.name == (f"{_OPERATIONS[kind]} {model}" if model else _OPERATIONS[kind])
    assert found["gen_ai.operation.name"] == _OPERATIONS[kind]
    assert found["gen_ai.provider.name"] == _PROVIDERS.get(row["provider"], row["provider"])
    assert found.get("gen_ai.request.model") == model
    assert found.get("gen_ai.request.stream", False) is bool(asked.get("stream"))
    assert found["server.address"] in ("resource.openai.azure.com", "localhost") or found["server.port"] == 443
    _check_parameters(asked, found)
    check_schemas(found)
    _check_input(kind, asked, found)
    if row["status"] >= 400:
        assert span.status.status_code.name == "ERROR"
        assert found["http.response.status_code"] == row["status"]
        assert found["error.type"].startswith("openai.")
        return
    if fault := (not wire.is_stream(row) and json.loads(row["response"]).get("error")) or None:
        assert (span.status.status_code.name, found["error.type"]) == ("ERROR", fault["code"])
        return
    assert span.status.status_code.name == "UNSET"
    assert "error.type" not in found
    _check_output(kind, row, found)


_STANDARD = {
    "temperature": "temperature",
    "top_p": "top_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "reasoning_effort": "reasoning.level",
    "previous_response_id": "previous_response.id",
}


def _check_parameters(asked: dict[str, Any], found: dict[str, Any]) -> None:
    expected = {f"gen_ai.request.{name}": asked[key] for key, name in _STANDARD.items() if asked.get(key) is not None}
    if asked.get("n") not in (None, 1):
        expected["gen_ai.request.choice.count"] = asked["n"]
    if (stop := asked.get("stop")) is not None:
        expected["gen_ai.request.stop_sequences"] = (stop,) if isinstance(stop, str) else tuple(stop)
    if effort := (asked.get("reasoning") or {}).get("effort"):
        expected["gen_ai.request.reasoning.level"] = effort
    known = ("gen_ai.request.model", "gen_ai.request.stream", "gen_ai.request.encoding_formats")
    assert {k: v for k, v in found.items() if k.startswith("gen_ai.request.") and k not in known} == expected
    form = (asked.get("response_format") or (asked.get("text") or {}).get("format") or {}) if "model" in asked else {}
    if isinstance(form, dict) and str(form.get("type")).startswith("json"):
        assert found["gen_ai.output.type"] == "json"


def _check_input(kind: str, asked: dict[str, Any], found: dict[str, Any]) -> None:
    given = messages(found, "input")
    if kind == "chat/completions":
        assert given == [wire.chat_message(m) for m in asked["messages"]]
        tools = [t.get("function", t)["name"] for t in [*(asked.get("tools") or []), *(asked.get("functions") or [])]]
        assert [t["name"] for t in json.loads(found.get("gen_ai.tool.definitions", "[]"))] == tools
    elif kind == "responses":
        if isinstance(asked.get("input"), str):
            assert given == [wire.Answer("user", [asked["input"]])]
        else:
            assert given == wire.response_items(asked.get("input") or [])
        said = [p["content"] for p in json.loads(found.get("gen_ai.system_instructions", "[]"))]
        assert said == ([asked["instructions"]] if asked.get("instructions") else [])
        tools = [t.get("name", t["type"]) for t in asked.get("tools") or []]
        assert [t["name"] for t in json.loads(found.get("gen_ai.tool.definitions", "[]"))] == tools
    else:
        texts = asked.get("prompt", asked.get("input"))
        texts = [texts] if isinstance(texts, str) else texts or []
        assert given == [wire.Answer("user", [text]) for text in texts if isinstance(text, str)]


def _check_output(kind: str, row: dict[str, Any], found: dict[str, Any]) -> None:
    if kind == "responses":
        return _check_response(row, found)
    whole = wire.merged_chat(wire.events(row)) if wire.is_stream(row) else json.loads(row["response"])
    assert found.get("gen_ai.response.model") == whole.get("model")
    usage = whole.get("usage") or {}
    given, made = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    assert tokens(found) == present(
        input=usage.get("prompt_tokens", usage.get("input_tokens")),
        output=usage.get("completion_tokens", usage.get("output_tokens")) if kind != "embeddings" else None,
        cached=given.get("cached_tokens", usage.get("cached_tokens")),
        written=given.get("cache_write_tokens"),
        reasoning=made.get("reasoning_tokens"),
    )
    if kind == "embeddings":
        assert found["gen_ai.embeddings.dimension.count"] == wire.dimensions(whole["data"][0]["embedding"])
        return None
    if kind == "images/generations":
        pictures = [m["parts"][0] for m in json.loads(found["gen_ai.output.messages"])]
        assert [p.get("uri") or p["type"] for p in pictures] == [d.get("url") or "blob" for d in whole["data"]]
        return None
    assert found.get("gen_ai.response.id") == whole.get("id")
    assert found.get("openai.response.system_fingerprint") == (whole.get("system_fingerprint") or None)
    choices = whole["choices"]
    reasons = [c["finish_reason"] for c in choices if c.get("finish_reason")]
    assert list(found.get("gen_ai.response.finish_reasons", [])) == reasons
    if kind == "completions":
        assert messages(found, "output") == [wire.Answer("assistant", [c["text"]]) for c in choices]
    else:
        assert messages(found, "output") == [wire.chat_message(c.get("message") or {}) for c in choices]
    return None


def _check_response(row: dict[str, Any], found: dict[str, Any]) -> None:
    if wire.is_stream(row):
        ended = [e for e in wire.events(row) if e["type"] in ("response.completed", "response.incomplete")]
        whole = ended[-1]["response"]
    else:
        whole = json.loads(row["response"])
    assert found["gen_ai.response.id"] == whole["id"]
    assert found["gen_ai.response.model"] == whole["model"]
    assert found["gen_ai.response.status"] == whole["status"]
    usage = whole["usage"]
    assert tokens(found) == present(
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        cached=(usage.get("input_tokens_details") or {}).get("cached_tokens"),
        written=(usage.get("input_tokens_details") or {}).get("cache_write_tokens"),
        reasoning=(usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
    )
    said = messages(found, "output")
    expected = wire.joined(wire.response_items(whole["output"]))
    assert (said or [wire.Answer("assistant")]) == [expected]
