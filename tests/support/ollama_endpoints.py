"""The endpoints of the ``ollama`` client, each with an answer."""

from __future__ import annotations

from typing import Any

from endpoint import Endpoint
from endpoints import QUESTION

END = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 5_000_000_000,
    "load_duration": 1_500_000_000,
    "prompt_eval_count": 11,
    "prompt_eval_duration": 250_000_000,
    "eval_count": 7,
    "eval_duration": 3_000_000_000,
}
HEAD = {"model": "llama3.2", "created_at": "2026-11-01T00:00:00Z"}
EMBEDDED = {"model": "all-minilm", "embeddings": [[0.1, 0.2, 0.3]] * 2, "prompt_eval_count": 11}


def chat(content: str, *, end: bool = False, **more: Any) -> dict[str, Any]:
    """A chat's answer, or a piece of it."""
    message = {"role": "assistant", "content": content, **more}
    return {**HEAD, "message": message, **(END if end else {"done": False})}


def generated(text: str, *, end: bool = False) -> dict[str, Any]:
    """A generation's answer, or a piece of it."""
    return {**HEAD, "response": text, **(END if end else {"done": False})}


LINES = {"content-type": "application/x-ndjson"}
_SDK: dict[str, Any] = {
    "sdk": "ollama",
    "double": "ollama_double",
    "headers": LINES,
    "raw": False,
    "retries": False,
    "identified": False,
    "fault": {"error": "overloaded"},
}
CHAT = Endpoint(
    "ollama chat",
    "chat",
    {"model": "llama3.2", "messages": QUESTION},
    "chat",
    chat("Hello, world", end=True),
    (chat("Hello"), chat(", "), chat("world"), chat("", end=True)),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    **_SDK,
)
GENERATE = Endpoint(
    "ollama generate",
    "generate",
    {"model": "llama3.2", "prompt": "Say hello"},
    "text_completion",
    generated("Hello, world", end=True),
    (generated("Hello"), generated(", "), generated("world"), generated("", end=True)),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    **_SDK,
)
EMBED = Endpoint(
    "ollama embed",
    "embed",
    {"model": "all-minilm", "input": ["one", "two"]},
    "embeddings",
    EMBEDDED,
    tokens=(11, None),
    **_SDK,
)
ALL = (CHAT, GENERATE, EMBED)
