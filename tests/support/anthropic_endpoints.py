"""The endpoints of the ``anthropic`` client, each with an answer."""

from __future__ import annotations

import json
from typing import Any

from endpoint import Endpoint

USAGE = {"input_tokens": 6, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 7}


def message(*content: dict[str, Any], stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    """A message's answer."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": list(content) or [{"type": "text", "text": "Hello, world"}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
        **more,
    }


def began(block: dict[str, Any], index: int = 0) -> dict[str, Any]:
    """The event with which a block begins."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int = 0, kind: str = "text_delta", **piece: Any) -> dict[str, Any]:
    """A piece of a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **piece}}


_BEGUN = {**message(stop=None), "content": [], "usage": {**USAGE, "output_tokens": 1}}
START = {"type": "message_start", "message": _BEGUN}
STOP = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}
MESSAGES = Endpoint(
    "messages",
    "messages.create",
    {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": "Say hello"}]},
    "chat",
    message(),
    (
        START,
        began({"type": "text", "text": ""}),
        delta(text="Hello"),
        delta(text=", "),
        delta(text="world"),
        {"type": "content_block_stop", "index": 0},
        STOP,
        {"type": "message_stop"},
    ),
    "Hello, world",
    "Hello, ",
    seen=4,
    tokens=(11, 7),
    partial_tokens=(11, None),
    sdk="anthropic",
)
BETA = Endpoint(
    "beta messages",
    "beta.messages.create",
    {**MESSAGES.arguments, "betas": ["context-management-2025-06-27"]},
    "chat",
    MESSAGES.answer,
    MESSAGES.events,
    MESSAGES.text,
    MESSAGES.partial,
    seen=4,
    tokens=MESSAGES.tokens,
    partial_tokens=MESSAGES.partial_tokens,
    sdk="anthropic",
)
ALL = (MESSAGES, BETA)


def sent() -> bytes:
    """The bytes of a streamed message."""
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in MESSAGES.events).encode()
