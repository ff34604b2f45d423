"""The service that the benchmark calls: answers from memory, with no socket; and the facts of a call, for the floor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

try:
    import httpx2 as httpx  # openai 3
except ImportError:
    import httpx

_SENTENCE = "The quick brown fox jumps over the lazy dog while the model thinks about what to say next. "
MESSAGES: list[Any] = [
    {"role": "system", "content": "You are a historian. Answer in one paragraph, with dates. " + _SENTENCE * 6},
    {"role": "user", "content": "Tell me the story of the fox and the dog. " + _SENTENCE * 13},
]
"""1.9 KB as JSON."""
PARAMETERS: dict[str, Any] = {"model": "gpt-4o-mini", "temperature": 0.7, "max_tokens": 256}
ANSWER: dict[str, Any] = {"role": "assistant", "content": _SENTENCE * 3}
_USAGE = {
    "prompt_tokens": 400,
    "completion_tokens": 60,
    "total_tokens": 460,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
_HEAD = {"id": "chatcmpl-1", "created": 1_760_000_000, "model": "gpt-4o-mini-2024-07-18"}
_HEAD |= {"service_tier": "default", "system_fingerprint": "fp_1"}
_COMPLETION = {
    **_HEAD,
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {**ANSWER, "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": _USAGE,
}

AT_START: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "server.address": "api.openai.com",
    "server.port": 443,
}
AT_END: dict[str, Any] = {
    "openai.api.type": "chat_completions",
    "gen_ai.request.temperature": 0.7,
    "gen_ai.request.max_tokens": 256,
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.finish_reasons": ["stop"],
    "openai.response.service_tier": "default",
    "openai.response.system_fingerprint": "fp_1",
    "gen_ai.usage.input_tokens": 400,
    "gen_ai.usage.output_tokens": 60,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "gen_ai.usage.reasoning.output_tokens": 0,
    "otel_prompt.cost.total_usd": 0.000096,
}
"""With the two of the messages, 20 attributes in all."""


def _event(delta: Any, finish_reason: str | None = None) -> bytes:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    body = {**_HEAD, "object": "chat.completion.chunk", "choices": choices, "usage": None}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


_EVENTS = [
    _event({"role": "assistant", "content": "", "refusal": None}),
    *(_event({"content": " word"}) for _ in range(198)),
    _event({}, "stop"),
    b"data: "
    + json.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE}).encode()
    + b"\n\n",
    b"data: [DONE]\n\n",
]
"""200 chunks, and one with the usage."""
_BODY = json.dumps(_COMPLETION).encode()


class _Events(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter(_EVENTS)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in _EVENTS:
            yield event


def _answer(request: Any) -> Any:
    if b'"stream_options":' in request.content[-200:]:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Events())
    return httpx.Response(200, headers={"content-type": "application/json"}, content=_BODY)


def client() -> Any:
    return httpx.Client(transport=httpx.MockTransport(_answer))


def async_client() -> Any:
    return httpx.AsyncClient(transport=httpx.MockTransport(_answer))
