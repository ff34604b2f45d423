"""Cohere's Command R on Bedrock: a message, and the history before it."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import CHAT
from ._base import Call, Endpoint, append, child, children, counts, fields, pick, text_of

_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}
_PARAMETERS = ("temperature", "max_tokens", "stop_sequences", "frequency_penalty", "presence_penalty", "seed")


def request(call: Call) -> Invocation:
    """What is asked last, and what was said before."""
    body = call.body
    inv = Invocation(
        CHAT,
        request_model=text_of(body.get("model")),
        parameters=pick(body, _PARAMETERS, top_p="p", top_k="k"),
        input_messages=[_message(m) for m in children(body, "chat_history")],
    )
    if preamble := text_of(body.get("preamble")):
        inv.system_instructions = [{"type": "text", "content": preamble}]
    if text := text_of(body.get("message")):
        inv.input_messages.append(Message("user", [{"type": "text", "content": text}]))
    results = [
        {"type": "tool_call_response", "response": given.get("outputs"), **pick(child(given, "call"), ("name",))}
        for given in children(body, "tool_results")
    ]
    if results:
        inv.input_messages.append(Message("tool", results))
    if "tools" in body:
        inv.tool_definitions = [_tool(t) for t in children(body, "tools")]
    if child(body, "response_format").get("type") == "json_object":
        inv.output_type = "json"
    return inv


def response(inv: Invocation, body: Json) -> None:
    """A text, tools to call, or both."""
    inv.response_id = text_of(body.get("response_id"))
    reason = text_of(body.get("finish_reason"))
    inv.finish_reasons = [reason] if reason else []
    said = _message({"role": "CHATBOT", "message": body.get("text"), "tool_calls": body.get("tool_calls")})
    if said.parts or reason:
        said.finish_reason = reason
        inv.output_messages = [said]


def usage(body: Json) -> Usage:
    """Tokens, where the answer tells them."""
    billed = child(child(body, "meta"), "billed_units")
    return Usage(*counts(billed.get("input_tokens"), billed.get("output_tokens")))


def accumulate(body: Json, event: Any) -> None:
    """Grow the text; the last event has the whole answer."""
    held = fields(event)
    if held.get("event_type") == "stream-end":
        body.update({k: v for k, v in child(held, "response").items() if v is not None})
        body.update(pick(held, ("finish_reason",)))
    elif held.get("event_type") == "tool-calls-generation":
        body.update(pick(held, ("tool_calls",)))
    else:
        append(body, "text", held.get("text"))


def _message(m: Json) -> Message:
    text = text_of(m.get("message"))
    parts: list[Part] = [{"type": "text", "content": text}] if text else []
    for called in children(m, "tool_calls"):
        name = text_of(called.get("name")) or ""
        parts.append({"type": "tool_call", "name": name, **pick(called, (), arguments="parameters")})
    return Message(_ROLES.get(m.get("role") or "", "user"), parts)


def _tool(tool: Json) -> Json:
    """A tool; of its parameters each says its type in Python's words."""
    name = text_of(tool.get("name")) or ""
    return {"type": "function", "name": name, **pick(tool, ("description",), parameters="parameter_definitions")}


COMMAND = Endpoint(CHAT, request, response, usage, accumulate)
