"""Bedrock's content blocks, of Converse and of Nova, as the conventions' parts; a request's and an answer's alike.

A block says what it is by the name of its one field.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ..encoding import decoded
from ..invocation import Json, Message, Part
from ._base import child, children, pick, text_of

_MARKS = frozenset({"cachePoint", "index", "citations"})
"""What of a message is for the service's cache alone, and what is said beside a block."""
_FILES = {"image": "image", "video": "video", "audio": "audio", "document": "document"}
_TEXTS = {"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "html": "text/html", "csv": "text/csv"}


def message(m: Json, finish_reason: str | None = None) -> Message:
    """A message, of a request or an answer alike."""
    return Message(text_of(m.get("role")) or "assistant", parts(m, "content"), finish_reason=finish_reason)


def parts(body: Json, name: str) -> list[Part]:
    """The parts of a list of blocks; of a text, where Nova takes one for it."""
    held = body.get(name)
    if isinstance(held, str):
        return [{"type": "text", "content": held}] if held else []
    return [found for block in children(body, name) for found in _parts(block)]


def _parts(block: Json) -> list[Part]:
    """The parts of a block: none of one without content, such as a thought that is kept secret."""
    found: list[Part] = []
    for kind, held in block.items():
        if kind in _MARKS or held is None:
            continue
        if kind == "text":
            text = text_of(held)
            # Those of a stream are beside their text.
            found += [{"type": "text", "content": text, **pick(block, ("citations",))}] if text else []
        else:
            found += _part(kind, child(block, kind), held)
    return found


def _part(kind: str, inner: Json, held: Any) -> list[Part]:
    match kind:
        case "toolUse":
            called: Part = {**pick(inner, (), id="toolUseId"), "name": text_of(inner.get("name")) or ""}
            if inner.get("type") == "server_tool_use":
                return [
                    {"type": "server_tool_call", **called, "server_tool_call": {"type": kind, "input": _input(inner)}}
                ]
            return [{"type": "tool_call", **called, "arguments": _input(inner)}]
        case "toolResult":
            result = {"type": "tool_call_response", "id": inner.get("toolUseId"), "response": _result(inner)}
            return [{**result, "is_error": True} if inner.get("status") == "error" else result]
        case "reasoningContent":
            text = text_of(child(inner, "reasoningText").get("text"))
            return [{"type": "reasoning", "content": text}] if text else []
        case "guardContent":  # what a guardrail is to look at; for the model it is what is in it
            marked = parts({"content": [{k: v for k, v in inner.items() if k != "text"}]}, "content")
            text = text_of(child(inner, "text").get("text"))
            return [{"type": "text", "content": text}, *marked] if text else marked
        case "citationsContent":
            text = "".join(text_of(piece.get("text")) or "" for piece in children(inner, "content"))
            return [{"type": "text", "content": text, **pick(inner, ("citations",))}] if text else []
        case _ if kind in _FILES:
            return [_file(_FILES[kind], inner)]
        case _:
            return [{"type": kind, kind: held}]


def _input(tool_use: Json) -> Any:
    """A tool's arguments; those of a stream have come as pieces of JSON."""
    held = tool_use.get("input")
    text = text_of(held)
    return decoded(text) if text is not None else None if held == "" else held


def _result(inner: Json) -> Any:
    """What a tool gave back: a text, an object, or several of them."""
    found = [block["json"] if "json" in block else _one(_parts(block)) for block in children(inner, "content")]
    return _one(found)


def _one(found: list[Any]) -> Any:
    only = found[0] if len(found) == 1 else found
    return only["content"] if isinstance(only, dict) and only.get("type") == "text" and len(only) == 2 else only


def _file(modality: str, inner: Json) -> Part:
    source, form = child(inner, "source"), text_of(inner.get("format"))
    about: Part = {"modality": modality, **pick(inner, ("name", "context"))}
    if form:
        about["mime_type"] = _TEXTS.get(form, f"application/{form}") if modality == "document" else f"{modality}/{form}"
    if (address := text_of(child(source, "s3Location").get("uri"))) is not None:
        return {"type": "uri", **about, "uri": address}
    if modality == "document" and "bytes" not in source:
        text = text_of(source.get("text")) or "".join(text_of(p.get("text")) or "" for p in children(source, "content"))
        return {"type": "text", "content": text, **pick(inner, ("name", "context"))}
    content = source.get("bytes")
    if isinstance(content, (bytes, bytearray)):
        content = b64encode(content).decode()
    # A file that the SDK has yet to read is named by its type.
    return {"type": "blob", **about, "content": content if isinstance(content, str) else f"<{type(content).__name__}>"}


def tool_definition(tool: Json) -> Json | None:
    """``{type, name, description, parameters}`` of a tool of the caller's; a mark for the cache is none."""
    if spec := child(tool, "toolSpec"):
        schema = child(spec, "inputSchema").get("json")
        found = {"type": "function", "name": text_of(spec.get("name")) or "", **pick(spec, ("description", "strict"))}
        return {**found, "parameters": decoded(schema)} if schema is not None else found
    if system := child(tool, "systemTool"):
        return {"type": "system_tool", "name": text_of(system.get("name")) or ""}
    return None
