"""Messages, tools and documents, flattened as OpenInference has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..encoding import encode
from ..invocation import Json, Message, Part


def messages(prefix: str, said: Sequence[Message], system: Sequence[Part] = ()) -> dict[str, Any]:
    """The attributes of messages; the instructions that a service takes apart from them are the first."""
    found: dict[str, Any] = {}
    every = [Message("system", list(system)), *said] if system else said
    flat = [message for m in every for message in _split(m)]
    for n, m in enumerate(flat):
        found.update({f"{prefix}.{n}.message.{name}": value for name, value in _message(m).items()})
    return found


def _split(message: Message) -> list[Message]:
    """A message for each tool's answer: one here has room for one."""
    if sum(p.get("type") == "tool_call_response" for p in message.parts) < 2:
        return [message]
    return [Message("tool", [part]) for part in message.parts]


def _message(message: Message) -> dict[str, Any]:
    calls = [p for p in message.parts if p.get("type") == "tool_call"]
    answer = next((p for p in message.parts if p.get("type") == "tool_call_response"), None)
    rest = [p for p in message.parts if p.get("type") not in ("tool_call", "tool_call_response")]
    found: dict[str, Any] = {"role": message.role}
    if message.name:
        found["name"] = message.name
    if answer is not None:
        response = answer.get("response", answer.get("result"))
        found |= {"role": "tool", "content": response if isinstance(response, str) else encode(response)}
        if "id" in answer:
            found["tool_call_id"] = str(answer["id"])
    elif rest and all(p.get("type") == "text" for p in rest):
        found["content"] = "\n".join(str(p.get("content", "")) for p in rest)
    else:
        for n, p in enumerate(rest):
            found.update({f"contents.{n}.message_content.{name}": value for name, value in _part(p).items()})
    for n, call in enumerate(calls):
        given = call.get("arguments")
        start = f"tool_calls.{n}.tool_call."
        if "id" in call:
            found[f"{start}id"] = str(call["id"])
        found[f"{start}function.name"] = str(call.get("name", ""))
        found[f"{start}function.arguments"] = given if isinstance(given, str) else encode(given or {})
    return found


def _part(part: Part) -> dict[str, Any]:
    kind, modality = part.get("type"), part.get("modality")
    if kind == "text":
        return {"type": "text", "text": str(part.get("content", ""))}
    if kind == "reasoning":
        return {"type": "reasoning", "text": str(part.get("content", ""))}
    if modality in ("image", "audio") and (url := _url(part)):
        return {"type": str(modality), f"{modality}.{modality}.url": url}
    return {"type": "text", "text": encode(part)}


def _url(part: Part) -> str | None:
    if part.get("type") == "uri" and part.get("uri"):
        return str(part["uri"])
    if part.get("type") == "blob" and part.get("content"):
        return f"data:{part.get('mime_type') or 'application/octet-stream'};base64,{part['content']}"
    return None


def tools(definitions: Sequence[Json]) -> dict[str, Any]:
    """The tools that a model may call, each as the JSON that OpenAI's chat takes."""
    found: dict[str, Any] = {}
    for n, definition in enumerate(definitions):
        function = {k: v for k, v in definition.items() if k in ("name", "description", "parameters")}
        found[f"llm.tools.{n}.tool.json_schema"] = encode({"type": "function", "function": function})
    return found


def documents(found: Any) -> dict[str, Any]:
    """What a retriever found: a list of objects or of texts."""
    flat: dict[str, Any] = {}
    listed: list[Any] = found if isinstance(found, list) else []
    for n, document in enumerate(listed):
        start = f"retrieval.documents.{n}.document."
        if not isinstance(document, dict):
            flat[f"{start}content"] = document if isinstance(document, str) else encode(document)
            continue
        text = document.get("content", document.get("page_content", document.get("text")))
        if text is not None:
            flat[f"{start}content"] = text if isinstance(text, str) else encode(text)
        for name in ("id", "score"):
            if document.get(name) is not None:
                flat[start + name] = document[name]
        rest = {k: v for k, v in document.items() if k not in ("id", "score", "content", "page_content", "text")}
        if rest:
            flat[f"{start}metadata"] = encode(rest.get("metadata", rest))
    return flat
