"""The endpoints of Hugging Face's ``InferenceClient``, each with an answer of a server of one's own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import endpoints
from endpoint import Endpoint

DETAILS = {"finish_reason": "eos_token", "generated_tokens": 7, "seed": None, "prefill": [], "tokens": []}


def token(text: str, *, end: str | None = None) -> dict[str, Any]:
    """A piece of a generation; the last one has the whole."""
    more = {"generated_text": end, "details": DETAILS if end else None}
    return {"index": 1, "token": {"id": 1, "text": text, "logprob": 0.0, "special": end is not None}, **more}


_SDK: dict[str, Any] = {
    "sdk": "huggingface_hub",
    "client": "huggingface",
    "double": "huggingface_double",
    "raw": False,
    "watched": False,
    "retries": False,
    "fault": {"error": "overloaded", "error_type": "overloaded"},
}
CHAT = Endpoint(
    "hugging face chat",
    "chat_completion",
    {"messages": endpoints.QUESTION},
    "chat",
    endpoints.CHAT.answer,
    endpoints.CHAT.events,
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    done=("[DONE]",),
    **_SDK,
)
GENERATION = Endpoint(
    "hugging face generation",
    "text_generation",
    {"prompt": "Say hello", "details": True},
    "text_completion",
    [{"generated_text": "Hello, world", "details": DETAILS}],
    (token("Hello"), token(", "), token("world"), token("</s>", end="Hello, world")),
    "Hello, world",
    "Hello, ",
    tokens=(None, 7),
    **_SDK,
)
FEATURES = Endpoint(
    "hugging face features", "feature_extraction", {"text": "one"}, "embeddings", [[0.1, 0.2, 0.3]], **_SDK
)
ALL = (CHAT, GENERATION, *((FEATURES,) if find_spec("numpy") else ()))  # the client gives arrays
