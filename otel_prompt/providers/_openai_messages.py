"""A chat's messages, tools and their parts, as the conventions have them; a request's and an answer's alike."""

from __future__ import annotations

from typing import Any

from ..encoding import decoded
from ..invocation import Json, Message, Part
from ._base import as_sent, child, children, fields, text_of


def message(m: Json, finish_reason: str | None = None) -> Message:
    """A message of a chat, of a request or an answer alike."""
    role = m.get("role") or "assistant"
    if role in ("tool", "function"):
        answer = {"type": "tool_call_response", "response": m.get("content")}
        if identity := m.get("tool_call_id") or m.get("name"):
            answer["id"] = identity
        return Message(role, [answer], finish_reason=finish_reason)
    content = m.get("content")
    if len(m) == 2 and type(content) is str and content and "role" in m:  # what nearly all messages are
        return Message(role, [{"type": "text", "content": content}], finish_reason=finish_reason)
    parts: list[Part] = []
    if reasoning := text_of(m.get("reasoning_content") or m.get("reasoning")):
        parts.append({"type": "reasoning", "content": reasoning})
    content = m.get("content")
    if type(content) in (list, tuple):
        parts.extend(part(p) for p in children(m, "content"))
    elif content and (text := text_of(content)):
        parts.append({"type": "text", "content": text})
    if "content_parts" in m:  # of a stream: what is neither text nor thought
        parts.extend(part(p) for p in children(m, "content_parts"))
    if m.get("refusal"):
        parts.append({"type": "refusal", "content": text_of(m["refusal"])})
    if m.get("audio"):
        parts.extend(_audio(child(m, "audio")))
    if m.get("tool_calls"):
        parts.extend(tool_call(c) for c in children(m, "tool_calls"))
    if m.get("function_call"):
        parts.append(tool_call({"function": m["function_call"]}))
    return Message(role, parts, m.get("name"), finish_reason)


def tool_call(call: Json) -> Part:
    """A tool call: a function's arguments are JSON, at some services an object; a custom tool's input is text."""
    function, custom = child(call, "function"), child(call, "custom")
    given = function.get("arguments")
    arguments = given if isinstance(given, dict) else decoded(text_of(given))
    if not function:
        arguments = text_of(custom.get("input"))
    found: Part = {"type": "tool_call"}
    if call.get("id"):
        found["id"] = call["id"]
    found["name"] = text_of((function or custom).get("name")) or ""
    return found if arguments is None else {**found, "arguments": arguments}


def tool_definition(tool: Json) -> Json:
    """``{type, name, description, parameters}``, flat, as the conventions have it."""
    kind = text_of(tool.get("type")) or "function"
    inner = child(tool, kind)
    return {"type": kind, **inner} if inner else {"name": kind, **tool}


def part(p: Json) -> Part:
    """A part of a message's content. What the conventions have no part for stays as it was sent."""
    match p.get("type"):
        case "text":
            text = p.get("text")
            return {"type": "text", "content": text if type(text) is str else text_of(text)}
        case "refusal":
            return {"type": "refusal", "content": p.get("refusal")}
        case "thinking":
            return {"type": "reasoning", "content": thought(p)}
        case "image_url":
            image = p.get("image_url")
            return link("image", image if isinstance(image, str) else fields(image).get("url"))
        case "document_url":
            return link("document", p.get("document_url"))
        case "input_audio":
            return _sound(p.get("input_audio"))
        case "file":
            file = child(p, "file") or p
            if file.get("file_id"):
                return {"type": "file", "modality": "document", "file_id": file["file_id"]}
            return link("document", file.get("file_data"))
        case _:
            return as_sent(p)


def thought(p: Json) -> str:
    """The text of a part that is a thought, as Mistral sends them: a text, or a list of parts."""
    whole = text_of(p.get("thinking"))
    return whole or "".join(text_of(t.get("text")) or "" for t in children(p, "thinking"))


def link(modality: str, address: Any) -> Part:
    """A part of an address; a ``data:`` address is its content."""
    if isinstance(address, str) and address.startswith("data:"):
        kind, _, content = address[5:].partition(",")
        return {"type": "blob", "modality": modality, "mime_type": kind.partition(";")[0], "content": content}
    return {"type": "uri", "modality": modality, "uri": address}


def _sound(audio: Any) -> Part:
    """A recording: with its form, or its base64 or its address alone."""
    if isinstance(audio, str):
        return link("audio", audio) if ":" in audio[:6] else _blob("audio", audio, None)
    return _blob("audio", fields(audio).get("data"), fields(audio).get("format"))


def _blob(modality: str, content: Any, form: Any) -> Part:
    found: Part = {"type": "blob", "modality": modality}
    return {**found, **({"mime_type": f"{modality}/{form}"} if form else {}), "content": content}


def _audio(audio: Json) -> list[Part]:
    if data := text_of(audio.get("data")):
        parts = [_blob("audio", data, None)]
    else:
        parts: list[Part] = [{"type": "file", "modality": "audio", "file_id": audio.get("id")}]
    transcript = text_of(audio.get("transcript"))
    return [*parts, {"type": "text", "content": transcript}] if transcript else parts
