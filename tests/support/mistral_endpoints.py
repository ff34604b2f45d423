"""The endpoints of the ``mistralai`` client, each with an answer: OpenAI's shapes, and the service's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from endpoint import Endpoint
from endpoints import CHAT as OPENAI_CHAT
from endpoints import EMBEDDINGS as OPENAI_EMBEDDINGS
from endpoints import QUESTION, USAGE

MISTRAL: dict[str, Any] = {
    "sdk": "mistralai",
    "client": "mistral",
    "double": "mistral_double",
    "raw": False,
    "watched": False,
}
CHAT = replace(
    OPENAI_CHAT,
    name="mistral chat",
    method="chat.create",
    arguments={"model": "mistral-small-latest", "messages": QUESTION},
    **MISTRAL,
)
AGENTS = replace(
    CHAT, name="mistral agents", method="agents.create", arguments={"agent_id": "ag_1", "messages": QUESTION}
)
FILL_IN = replace(
    CHAT,
    name="mistral fill-in",
    method="fim.create",
    arguments={"model": "codestral-latest", "prompt": "def f(", "suffix": "return a"},
    operation="text_completion",
)
EMBEDDINGS = replace(
    OPENAI_EMBEDDINGS,
    name="mistral embeddings",
    arguments={"model": "mistral-embed", "inputs": ["one", "two"]},
    answer={**OPENAI_EMBEDDINGS.answer, "id": "e1", "model": "mistral-embed", "usage": USAGE},
    **MISTRAL,
)


def entry(text: str, **more: Any) -> dict[str, Any]:
    """A message of a conversation's output."""
    about = {"object": "entry", "type": "message.output", "id": "msg_1", "role": "assistant", "model": "mistral-large"}
    return {**about, "content": text, **more}


def delta(text: str) -> dict[str, Any]:
    """A piece of it."""
    return {"type": "message.output.delta", "id": "msg_1", "role": "assistant", "content": text}


CONVERSATIONS = Endpoint(
    "mistral conversations",
    "conversations.create",
    {"model": "mistral-large", "inputs": "Say hello"},
    "chat",
    {
        "object": "conversation.response",
        "conversation_id": "conv_1",
        "outputs": [entry("Hello, world")],
        "usage": USAGE,
    },
    (
        {"type": "conversation.response.started", "conversation_id": "conv_1"},
        delta("Hello"),
        delta(", "),
        delta("world"),
        {"type": "conversation.response.done", "usage": USAGE},
    ),
    "Hello, world",
    "Hello, ",
    seen=3,
    tokens=(11, 7),
    strict=False,
    **MISTRAL,
)
ALL = (CHAT, AGENTS, FILL_IN, EMBEDDINGS, CONVERSATIONS)
