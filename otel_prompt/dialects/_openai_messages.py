"""Messages in the shape that chat views show best: OpenAI's own, whichever service they were for.

Of the conventions' parts MLflow's view knows texts and tool calls only, and falls back to raw JSON for a message with
any other. OpenAI's shape shows pictures, sounds and reasoning as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..encoding import encode
from ..invocation import Invocation, Json, Message, Part

_ROLES = {"system", "user", "assistant", "tool"}
_SOUNDS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}


def inputs(inv: Invocation) -> Json | None:
    """What a model was asked; None where that was not captured."""
    messages = [_message(m) for asked in inv.input_messages for m in _split(asked)]
    if inv.system_instructions:
        messages.insert(0, {"role": "system", "content": _content(inv.system_instructions)})
    return {"messages": messages} if messages else None


def outputs(inv: Invocation) -> Json | None:
    """What it answered; None where that was not captured."""
    choices = [
        {"index": i, "message": _message(m), "finish_reason": m.finish_reason}
        for i, m in enumerate(inv.output_messages)
    ]
    return {"choices": choices} if choices else None


def texts(messages: Sequence[Message]) -> list[str]:
    """The texts of messages, one for each."""
    return ["\n".join(str(p["content"]) for p in m.parts if _is_text(p)) for m in messages]


def tools(definitions: Sequence[Json]) -> list[Json]:
    """Tool definitions, nested as OpenAI's chat has them."""
    return [
        {"type": "function", "function": {k: v for k, v in d.items() if k in ("name", "description", "parameters")}}
        for d in definitions
        if isinstance(d.get("name"), str)
    ]


def _split(message: Message) -> list[Message]:
    """A message for each tool's answer: OpenAI's shape has one answer in a message."""
    if sum(p.get("type") == "tool_call_response" for p in message.parts) < 2:
        return [message]
    return [Message(message.role, [part], message.name) for part in message.parts]


def _message(message: Message) -> Json:
    role = {"developer": "system"}.get(message.role, message.role)
    found: Json = {"role": role if role in _ROLES else "user"}
    calls = [p for p in message.parts if p.get("type") == "tool_call"]
    answers = [p for p in message.parts if p.get("type") == "tool_call_response"]
    reasoning = [str(p.get("content", "")) for p in message.parts if p.get("type") == "reasoning"]
    rest = [p for p in message.parts if p.get("type") not in ("tool_call", "tool_call_response", "reasoning")]
    if answers:
        found |= {"role": "tool", "tool_call_id": str(answers[0].get("id") or ""), "content": _answer(answers[0])}
    elif rest:
        found["content"] = _content(rest)
    if calls:
        found["tool_calls"] = [_tool_call(p, i) for i, p in enumerate(calls)]
    if reasoning:
        found["reasoning"] = "\n\n".join(reasoning)
    if message.name:
        found["name"] = message.name
    return found


def _content(parts: Sequence[Part]) -> str | list[Json]:
    if all(_is_text(p) for p in parts):
        return "\n".join(str(p["content"]) for p in parts)
    return [_part(p) for p in parts]


def _part(part: Part) -> Json:
    if _is_text(part):
        return {"type": "text", "text": str(part["content"])}
    modality, mime = part.get("modality"), str(part.get("mime_type") or "")
    if modality == "image" and part.get("type") == "uri":
        return {"type": "image_url", "image_url": {"url": str(part.get("uri"))}}
    if modality == "image" and part.get("type") == "blob" and part.get("content"):
        return {"type": "image_url", "image_url": {"url": f"data:{mime or 'image/png'};base64,{part['content']}"}}
    if modality == "audio" and part.get("type") == "blob" and part.get("content") and mime in _SOUNDS:
        return {"type": "input_audio", "input_audio": {"data": str(part["content"]), "format": _SOUNDS[mime]}}
    return {"type": "text", "text": encode(part)}


def _is_text(part: Part) -> bool:
    return part.get("type") == "text" and "content" in part


def _tool_call(part: Part, index: int) -> Json:
    given = part.get("arguments")
    text = given if isinstance(given, str) else encode(given if given is not None else {})
    name = str(part.get("name") or "")
    return {
        "id": str(part.get("id") or f"{name}-{index}"),
        "type": "function",
        "function": {"name": name, "arguments": text},
    }


def _answer(part: Part) -> str:
    given = part.get("response", part.get("result"))
    return given if isinstance(given, str) else encode(given)
