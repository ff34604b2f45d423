"""Anthropic's content blocks as the conventions' parts; a request's and an answer's alike."""

from __future__ import annotations

from typing import Any

from ..encoding import decoded
from ..invocation import Json, Message, Part
from ._base import as_sent, child, children, pick, text_of

_OPAQUE = frozenset({"signature", "encrypted_content", "encrypted_index", "encrypted_stdout", "cache_control", "index"})
"""What of a block is for the service alone: ciphertext, and where its cache ends."""


def message(m: Json, finish_reason: str | None = None) -> Message:
    """A message, of a request or an answer alike."""
    role = text_of(m.get("role")) or "assistant"
    return Message(role, parts(m, "content"), finish_reason=finish_reason)


def parts(body: Json, name: str) -> list[Part]:
    """The parts of a field that is a text, or a list of blocks."""
    held = body.get(name)
    if isinstance(held, str):
        return [{"type": "text", "content": text_of(held)}] if held else []
    return [found for block in children(body, name) if (found := part(block)) is not None]


def part(b: Json) -> Part | None:
    """A block as a part; None for one without content, such as a thought that is kept secret.

    What the conventions have no part for stays as it was sent.
    """
    match b.get("type"):
        case "text":
            found: Part = {"type": "text", "content": text_of(b.get("text")) or ""}
            return {**found, "citations": b["citations"]} if b.get("citations") else found
        case "thinking":
            text = text_of(b.get("thinking"))
            return {"type": "reasoning", "content": text} if text else None
        case "redacted_thinking":
            return None
        case "tool_use":
            return {"type": "tool_call", **_identity(b), "arguments": _input(b)}
        case "tool_result":
            result = {"type": "tool_call_response", "id": b.get("tool_use_id"), "response": _result(b)}
            return {**result, "is_error": True} if b.get("is_error") else result
        case "server_tool_use" | "mcp_tool_use" as kind:
            called = {"type": kind, "input": _input(b), **pick(b, ("server_name",))}
            return {"type": "server_tool_call", **_identity(b), "server_tool_call": called}
        case str() as kind if kind.endswith("_tool_result"):
            given = {"type": kind, "content": _result(b), **pick(b, ("is_error",))}
            return {"type": "server_tool_call_response", "id": b.get("tool_use_id"), "server_tool_call_response": given}
        case "image" | "document" as kind:
            return _source(kind, b)
        case "container_upload":
            return {"type": "file", "modality": "document", "file_id": b.get("file_id")}
        case "compaction":
            return {"type": "compaction", "content": text_of(b.get("content")) or ""}
        case _:
            return as_sent(_plain(b))


def tool_definition(tool: Json) -> Json:
    """``{type, name, description, parameters}`` of a tool of the caller's; one of the service's own as it was sent."""
    kind = text_of(tool.get("type")) or "custom"
    name = text_of(tool.get("name")) or text_of(tool.get("mcp_server_name")) or kind
    if kind != "custom":
        return {**_plain(tool), "type": kind, "name": name}
    return {"type": "function", "name": name, **pick(tool, ("description",), parameters="input_schema")}


def _identity(b: Json) -> Json:
    return {**pick(b, ("id",)), "name": text_of(b.get("name")) or ""}


def _input(b: Json) -> Any:
    """A tool's arguments; those of a stream have come as pieces of JSON."""
    return decoded(text_of(b["partial_json"])) if "partial_json" in b else b.get("input")


def _result(b: Json) -> Any:
    """What a tool gave back: a text, an object, or blocks."""
    held = b.get("content")
    return [part(block) or as_sent(_plain(block)) for block in children(b, "content")] if _is_list(held) else held


def _source(modality: str, b: Json) -> Part:
    source = child(b, "source")
    about = pick(b, ("title", "context"))
    match source.get("type"):
        case "base64":
            content = source.get("data")  # a file that the SDK has yet to read is named by its type
            blob = {"type": "blob", "modality": modality, **pick(source, (), mime_type="media_type")}
            return {**blob, "content": content if isinstance(content, str) else f"<{type(content).__name__}>", **about}
        case "url":
            return {"type": "uri", "modality": modality, "uri": source.get("url"), **about}
        case "file":
            return {"type": "file", "modality": modality, "file_id": source.get("file_id"), **about}
        case "text":
            return {"type": "text", "content": text_of(source.get("data")) or "", **about}
        case _:
            return as_sent(_plain(b))


def _plain(b: Json) -> Json:
    return {k: v for k, v in b.items() if v is not None and k not in _OPAQUE and not k.startswith("_")}


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))
