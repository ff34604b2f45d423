"""Cohere's chat, version 2: messages as OpenAI has them, with plans, documents and citations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Invocation, Json, Message, Part
from ..semconv import CHAT as CHAT_OPERATION
from . import _cohere_usage as counted
from ._base import Call, Endpoint, append, child, children, fault, fields, pick, text_of
from ._openai_chat import at, output_type
from ._openai_messages import message as openai_message
from ._openai_messages import tool_definition

_PARAMETERS = (
    *("temperature", "max_tokens", "seed", "frequency_penalty", "presence_penalty", "stop_sequences"),
    *("safety_mode", "strict_tools", "tool_choice", "logprobs", "raw_prompting", "citation_quality"),
)
_NOTHING: Json = {}


def parameters(body: Json) -> Json:
    """The decoding parameters that were sent; those that Cohere calls k and p under the conventions' names."""
    return pick(body, _PARAMETERS, top_k="k", top_p="p")


def request(call: Call) -> Invocation:
    """What is asked: messages, tools, and the documents that the answer is to be founded on."""
    body = call.body
    inv = Invocation(CHAT_OPERATION, request_model=text_of(body.get("model")), parameters=parameters(body))
    inv.input_messages = [message(m) for m in children(body, "messages")]
    add_documents(inv.input_messages, body.get("documents"))
    inv.tool_definitions = [tool_definition(tool) for tool in children(body, "tools")]
    inv.output_type = output_type(child(body, "response_format").get("type"))
    thinking = child(body, "thinking")
    inv.parameters |= pick(thinking, (), thinking="type", **{"thinking.token_budget": "token_budget"})
    if mode := text_of(child(body, "citation_options").get("mode")):
        inv.parameters["citation_mode"] = mode
    return inv


def add_documents(messages: list[Message], documents: Any) -> None:
    """Put the documents of a request to its last message, each as a part: a text, or an object of the caller's."""
    if not isinstance(documents, (list, tuple)) or not documents:
        return
    if not messages:
        messages.append(Message("user", []))
    for one in documents:
        held: Json = {"text": one} if isinstance(one, str) else fields(one)
        messages[-1].parts.append({**held, "type": "document"})


def message(m: Json, finish_reason: str | None = None) -> Message:
    """A message, of a request or an answer alike: its plan is a thought, its citations are with their text."""
    found = openai_message({**m, "reasoning_content": m["tool_plan"]} if m.get("tool_plan") else m, finish_reason)
    for citation in children(m, "citations"):
        cite(found.parts, citation)
    return found


def cite(parts: list[Part], citation: Json) -> None:
    """Put a citation to the text that it is in."""
    said = [part for part in parts if part["type"] == "text"]
    if said:
        place = citation.get("content_index")
        part = parts[place] if type(place) is int and place < len(parts) and parts[place] in said else said[-1]
        part.setdefault("citations", []).append({k: v for k, v in citation.items() if v is not None})


def response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not."""
    fault(inv, body)
    inv.response_id = text_of(body.get("id"))
    counted.describe(inv, body)
    reason = text_of(body.get("finish_reason"))
    inv.finish_reasons = [reason] if reason else []
    if reason or body.get("message"):
        inv.output_messages = [message({"role": "assistant", **child(body, "message")}, reason)]


def accumulate(body: Json, event: Any) -> None:
    """Grow the answer from an event. Nearly every one is a piece of a text."""
    held = fields(event)
    delta = child(held, "delta")
    grown: Json = body.setdefault("message", {})
    said = child(delta, "message")
    match held.get("type"):
        case "content-delta" | "content-start":
            _grow(at(grown.setdefault("content", []), held.get("index")), child(said, "content"))
        case "tool-plan-delta":
            append(grown, "tool_plan", said.get("tool_plan"))
        case "tool-call-start" | "tool-call-delta":
            _grow_call(at(grown.setdefault("tool_calls", []), held.get("index")), child(said, "tool_calls"))
        case "citation-start":
            grown.setdefault("citations", []).append(child(said, "citations"))
        case "message-start":
            body.update(pick(held, ("id",)))
            grown.update(pick(said, ("role",)))
        case "message-end":
            body.update(pick(delta, ("finish_reason", "usage", "error")))
        case _:
            body.update(pick(held, ("error",)))


_TEXTS: Mapping[str, str] = {"text": "text", "thinking": "thinking"}


def _grow(block: Json, piece: Json) -> None:
    block.update(pick(piece, ("type",)))
    for name in _TEXTS:
        append(block, name, piece.get(name))


def _grow_call(held: Json, call: Json) -> None:
    held.update(pick(call, ("id", "type")))
    called, grown = child(call, "function"), held.setdefault("function", {})
    append(grown, "name", called.get("name"))
    append(grown, "arguments", called.get("arguments"))


CHAT = Endpoint(CHAT_OPERATION, request, response, counted.usage, accumulate)
