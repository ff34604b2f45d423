"""Gemini's contents, parts and tools as the conventions' messages; a request's and an answer's alike.

What the SDK sends is spelled in the service's way, or some of it in Python's, which the service takes, too: each
version of it has its own mixture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..invocation import Json, Message, Part
from ._base import as_sent, child, children, pick, text_of

_OPAQUE = frozenset({"thoughtSignature", "thought", "partMetadata", "pieces"})
"""What of a part is for the service alone, or says what kind of text it is."""
_KINDS = ("image", "audio", "video")
_SCHEMAS = ("parameters", "parametersJsonSchema")


def message(content: Json, finish_reason: str | None = None) -> Message:
    """A content, of a request or an answer alike; what the service calls the model is the assistant."""
    role = text_of(content.get("role")) or "user"
    return Message("assistant" if role == "model" else role, parts(content), finish_reason=finish_reason)


def parts(content: Json) -> list[Part]:
    """The parts of a content; none for one that is a signature alone."""
    return [found for p in children(content, "parts") if (found := part(p)) is not None]


def part(p: Json) -> Part | None:
    """A part; what the conventions have none for stays as it was sent."""
    if "text" in p:
        text = text_of(p.get("text"))
        if p.get("thought"):
            return {"type": "reasoning", "content": text} if text else None
        return {"type": "text", "content": text} if text else None
    p = spelled(p)
    if called := child(p, "functionCall"):
        return {"type": "tool_call", **pick(called, ("id",)), "name": name_of(called), "arguments": arguments(called)}
    if "functionResponse" in p:
        given = child(p, "functionResponse")
        return {"type": "tool_call_response", **pick(given, ("id", "name")), "response": given.get("response")}
    if "inlineData" in p:
        data = spelled(child(p, "inlineData"))
        return {"type": "blob", **_media(data), "content": _base64(data.get("data"))}
    if "fileData" in p:
        data = spelled(child(p, "fileData"))
        return {"type": "uri", **_media(data), "uri": data.get("fileUri")}
    for name in ("executableCode", "toolCall"):
        if used := child(p, name):
            called = {"type": text_of(used.get("toolType")) or name, **used}
            return {"type": "server_tool_call", **pick(used, ("id",)), "name": name, "server_tool_call": called}
    for name in ("codeExecutionResult", "toolResponse"):
        if used := child(p, name):
            given = {"type": text_of(used.get("toolType")) or name, **used}
            return {"type": "server_tool_call_response", **pick(used, ("id",)), "server_tool_call_response": given}
    rest = {k: v for k, v in p.items() if v is not None and k not in _OPAQUE}
    return as_sent(rest) if rest else None


def tool_definitions(body: Json) -> list[Json]:
    """The functions of a request's tools one by one, and the service's own tools by their name."""
    found: list[Json] = []
    for tool in map(spelled, children(body, "tools")):
        for name, value in tool.items():
            if name == "functionDeclarations":
                found += [_function(spelled(f)) for f in children(tool, name)]
            elif value is not None:
                found.append({"type": name, "name": name, **({name: value} if value else {})})
    return found


def spelled(held: Json) -> Json:
    """An object of the SDK's with its fields' names in the service's spelling."""
    return {_spelled(name): value for name, value in held.items()}


@lru_cache(maxsize=1024)
def _spelled(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _base64(data: Any) -> Any:
    """What the SDK writes in the alphabet for addresses is written in the usual one."""
    return data.replace("-", "+").replace("_", "/") if isinstance(data, str) else data


def modality(mime: Any) -> str:
    """``image``, ``audio`` and ``video`` by the type of a file; all else is a document."""
    kind = (text_of(mime) or "").partition("/")[0]
    return kind if kind in _KINDS else "document"


def name_of(called: Json) -> str:
    """The name of what is called."""
    return text_of(called.get("name")) or ""


def arguments(called: Json) -> Any:
    """A call's arguments; those of a stream may have come in pieces, each with its place: ``$.city``."""
    if "pieces" not in called:
        return called.get("args")
    joined = {path: text_of(value) if isinstance(value, list) else value for path, value in called["pieces"].items()}
    return {**(called.get("args") or {}), **joined}


def _function(f: Json) -> Json:
    schema = next((f[name] for name in _SCHEMAS if f.get(name) is not None), None)
    about = {"type": "function", "name": name_of(f), **pick(f, ("description",))}
    return about if schema is None else {**about, "parameters": schema}


def _media(data: Json) -> Json:
    return {"modality": modality(data.get("mimeType")), **pick(data, (), mime_type="mimeType")}
