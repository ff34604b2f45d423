"""The record that every provider maps to: one call to a model, in the conventions' own terms. Data only.

The records are ``msgspec`` structs: as cheap as a tuple to make, and encoded to JSON as they are.
Messages and parts have the shapes of ``gen-ai-input-messages.json`` and its siblings in the conventions.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]
"""A JSON object."""

Part: TypeAlias = Json
"""``{"type": "text", "content": ...}``, ``{"type": "tool_call", "id", "name", "arguments"}`` and their siblings."""


class Message(msgspec.Struct, omit_defaults=True):
    """One message of a conversation, or one choice of an answer."""

    role: str
    parts: list[Part]
    name: str | None = None
    finish_reason: str | None = None


class Usage(msgspec.Struct, omit_defaults=True):
    """Tokens as the service counted them, None where it did not. The parts of a total are counted in it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    reasoning_output_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    image_input_tokens: int | None = None
    image_output_tokens: int | None = None
    cache_write_1h_input_tokens: int | None = None
    """Of what was written to the cache, what is kept there for an hour: it has a price of its own."""


class Cost(msgspec.Struct, frozen=True):
    """US dollars."""

    input_usd: float
    output_usd: float
    total_usd: float


class PromptIdentity(msgspec.Struct, frozen=True):
    """Which prompt made a text.

    Attributes:
        template_hash: the template's sha256 in hex; a service's own prompt has none.
        source: the library that it comes from: ``file``, ``mlflow``, ``langfuse``, ``langsmith``, ``openai`` ...
        id: that library's own id of it.
        commit: the Git commit of its file; ``dirty`` if the file was changed since.
        split: the shares of the split that it was chosen from, as ``3=0.9,4=0.1``.
    """

    name: str
    version: str | None = None
    template: str | None = None
    template_hash: str | None = None
    variables: dict[str, str] = {}
    label: str | None = None
    source: str | None = None
    id: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    split: str | None = None


class Invocation(msgspec.Struct):
    """One call to a model: what was asked, what came back, what it took."""

    operation: str
    provider: str = ""
    request_model: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    stream: bool = False
    parameters: dict[str, Any] = {}
    output_type: str | None = None
    conversation_id: str | None = None
    system_instructions: list[Part] = []
    input_messages: list[Message] = []
    tool_definitions: list[Json] = []
    response_id: str | None = None
    response_model: str | None = None
    response_status: str | None = None
    finish_reasons: list[str] = []
    output_messages: list[Message] = []
    usage: Usage = msgspec.field(default_factory=Usage)
    embedding_dimensions: int | None = None
    error: str | None = None
    error_message: str | None = None
    time_to_first_chunk: float | None = None
    attempts: int = 1
    http_status: int | None = None
    cost: Cost | None = None
    prompts: list[PromptIdentity] = []
    attributes: dict[str, Any] = {}
    """Span attributes that have no field of their own: a provider's extras, and what surrounds the call."""


_WORD = re.compile(r"[\w.:-]+", re.ASCII)


def is_word(value: Any, longest: int = 80) -> bool:
    """Whether a value is a code, an id or a name of an API's, and no free text."""
    return isinstance(value, str) and len(value) <= longest and _WORD.fullmatch(value) is not None


def span_name(operation: str, subject: str | None) -> str:
    """``"chat gpt-5"``: the conventions' name of a span."""
    return f"{operation} {subject}" if subject else operation
