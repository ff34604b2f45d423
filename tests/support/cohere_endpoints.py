"""The endpoints of the ``cohere`` client, of both versions of its API, each with an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from endpoint import Endpoint
from endpoints import QUESTION

COHERE: dict[str, Any] = {"sdk": "cohere", "double": "cohere_double", "raw": False, "strict": False, "watched": False}
TOKENS = {"billed_units": {"input_tokens": 11, "output_tokens": 7}, "tokens": {"input_tokens": 31, "output_tokens": 9}}
USAGE = {**TOKENS, "cached_tokens": 16}


def answer(text: str = "Hello, world", reason: str = "COMPLETE", **message: Any) -> dict[str, Any]:
    """A chat's answer."""
    content = [{"type": "text", "text": text}] if text else None
    said = {"role": "assistant", "content": content, **message}
    return {"id": "c1", "finish_reason": reason, "message": said, "usage": USAGE}


def event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    """An event of a chat's stream."""
    return {"type": kind, **({} if index is None else {"index": index}), "delta": {"message": message}}


def delta(text: str) -> dict[str, Any]:
    """A piece of the text."""
    return event("content-delta", 0, content={"text": text})


START = {"id": "c1", **event("message-start", role="assistant", content=[], tool_plan="", tool_calls=[], citations=[])}
STOP = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}}
CHAT = Endpoint(
    "cohere chat",
    "chat.create",
    {"model": "command-a-03-2025", "messages": QUESTION},
    "chat",
    answer(),
    (
        START,
        event("content-start", 0, content={"type": "text", "text": ""}),
        *map(delta, ("Hello", ", ", "world")),
        {"type": "content-end", "index": 0},
        STOP,
    ),
    "Hello, world",
    "Hello, ",
    seen=4,
    tokens=(11, 7),
    done=("[DONE]",),
    **COHERE,
)
_WHOLE = {
    "response_id": "r1",
    "generation_id": "g1",
    "text": "Hello, world",
    "finish_reason": "COMPLETE",
    "meta": {"api_version": {"version": "1"}, **TOKENS},
}


def _line(kind: str, **more: Any) -> dict[str, Any]:
    return {"is_finished": kind == "stream-end", "event_type": kind, **more}


LINES = {"content-type": "application/stream+json"}
FIRST_CHAT = Endpoint(
    "cohere first chat",
    "first_chat.create",
    {"model": "command-r", "message": "Say hello"},
    "chat",
    _WHOLE,
    (
        _line("stream-start", generation_id="g1"),
        *(_line("text-generation", text=text) for text in ("Hello", ", ", "world")),
        _line("stream-end", finish_reason="COMPLETE", response=_WHOLE),
    ),
    "Hello, world",
    "Hello, ",
    seen=3,
    tokens=(11, 7),
    headers=LINES,
    **COHERE,
)
_GENERATED = {
    "id": "g1",
    "generations": [{"id": "1", "text": "Hello, world", "finish_reason": "COMPLETE"}],
    "prompt": "Say hello",
    "meta": _WHOLE["meta"],
}
GENERATE = replace(
    FIRST_CHAT,
    name="cohere generate",
    method="generate.create",
    arguments={"model": "command", "prompt": "Say hello"},
    operation="text_completion",
    answer=_GENERATED,
    events=(
        *(_line("text-generation", text=text, index=0) for text in ("Hello", ", ", "world")),
        _line("stream-end", finish_reason="COMPLETE", response=_GENERATED),
    ),
    seen=2,
)
EMBED = Endpoint(
    "cohere embed",
    "embed.create",
    {
        "model": "embed-v4.0",
        "texts": ["one", "two"],
        "input_type": "search_document",
        "embedding_types": ["float"],
    },
    "embeddings",
    {
        "id": "e1",
        "response_type": "embeddings_by_type",
        "embeddings": {"float": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]},
        "texts": ["one", "two"],
        "meta": {"billed_units": {"input_tokens": 11}},
    },
    tokens=(11, None),
    **COHERE,
)
RERANK = Endpoint(
    "cohere rerank",
    "rerank.create",
    {"model": "rerank-v3.5", "query": "Which?", "documents": ["one", "two"], "top_n": 2},
    "retrieval",
    {
        "id": "r1",
        "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
        "meta": {"billed_units": {"search_units": 1}},
    },
    **COHERE,
)
ALL = (CHAT, FIRST_CHAT, GENERATE, EMBED, RERANK)
