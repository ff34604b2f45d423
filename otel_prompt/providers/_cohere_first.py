"""Cohere's first chat, with a message and a history apart, and its text generation before that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Invocation, Json, Message, Part
from ..semconv import CHAT as CHAT_OPERATION
from ..semconv import TEXT_COMPLETION
from . import _cohere_usage as counted
from ._base import Call, Endpoint, append, child, children, fault, fields, pick, text_of
from ._cohere_chat import add_documents, cite, parameters
from ._openai_chat import output_type
from ._openai_completions import texts

_ROLES: Mapping[str, str] = {"chatbot": "assistant"}


def chat_request(call: Call) -> Invocation:
    """What is asked: a preamble, the history, the newest message, and what the caller's tools gave back."""
    body = call.body
    inv = Invocation(CHAT_OPERATION, request_model=text_of(body.get("model")), parameters=parameters(body))
    inv.parameters |= pick(body, ("prompt_truncation", "search_queries_only", "force_single_step", "max_input_tokens"))
    inv.conversation_id = text_of(body.get("conversation_id"))
    if preamble := text_of(body.get("preamble")):
        inv.system_instructions = [{"type": "text", "content": preamble}]
    inv.input_messages = [_message(m) for m in children(body, "chat_history")]
    if given := children(body, "tool_results"):
        inv.input_messages.append(Message("tool", [_result(r) for r in given]))
    inv.input_messages += texts(body.get("message"))
    add_documents(inv.input_messages, body.get("documents"))
    inv.tool_definitions = [
        {"type": "function", **pick(t, ("name", "description"), parameters="parameter_definitions")}
        for t in children(body, "tools")
    ] + [{"type": "connector", "name": text_of(c.get("id")) or "connector"} for c in children(body, "connectors")]
    inv.output_type = output_type(child(body, "response_format").get("type"))
    return inv


def chat_response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not."""
    fault(inv, body)
    inv.response_id = text_of(body.get("response_id")) or text_of(body.get("generation_id"))
    counted.describe(inv, body)
    reason = text_of(body.get("finish_reason"))
    inv.finish_reasons = [reason] if reason else []
    said = _message({**body, "role": "assistant", "message": body.get("text")})
    for citation in children(body, "citations"):
        cite(said.parts, citation)
    if said.parts or reason:
        said.finish_reason = reason
        inv.output_messages = [said]


def chat_accumulate(body: Json, event: Any) -> None:
    """Grow the answer. The last event brings all of it once more, with what it took."""
    held = fields(event)
    match held.get("event_type"):
        case "text-generation":
            append(body, "text", held.get("text"))
        case "stream-end":
            body.update(child(held, "response"))
            body.update(pick(held, ("finish_reason", "error")))
        case "citation-generation":
            body["citations"] = [*(body.get("citations") or ()), *children(held, "citations")]
        case "tool-calls-generation":
            body.update(pick(held, ("tool_calls",)))
        case _:
            body.update(pick(held, ("generation_id", "error")))


def _message(m: Json) -> Message:
    role = (text_of(m.get("role")) or "user").lower()
    parts: list[Part] = [{"type": "text", "content": text}] if (text := text_of(m.get("message"))) else []
    for called in children(m, "tool_calls"):
        arguments = pick(called, (), arguments="parameters")
        parts.append({"type": "tool_call", "name": text_of(called.get("name")) or "", **arguments})
    parts += [_result(r) for r in children(m, "tool_results")]
    return Message(_ROLES.get(role, role), parts)


def _result(r: Json) -> Part:
    """What a tool gave back, with the name of the call, which has no id."""
    return {"type": "tool_call_response", **pick(child(r, "call"), ("name",)), "response": r.get("outputs")}


def generate_request(call: Call) -> Invocation:
    """A text to continue."""
    body = call.body
    inv = Invocation(TEXT_COMPLETION, request_model=text_of(body.get("model")), parameters=parameters(body))
    inv.parameters |= pick(body, ("end_sequences", "truncate"))
    if (body.get("num_generations") or 1) != 1:
        inv.parameters["choice.count"] = body["num_generations"]
    inv.input_messages = texts(body.get("prompt"))
    return inv


def generate_response(inv: Invocation, body: Json) -> None:
    """One message a generation."""
    fault(inv, body)
    inv.response_id = text_of(body.get("id"))
    counted.describe(inv, body)
    for made in children(body, "generations"):
        reason = text_of(made.get("finish_reason"))
        text = {"type": "text", "content": text_of(made.get("text")) or ""}
        inv.output_messages = [*inv.output_messages, Message("assistant", [text], finish_reason=reason)]
        inv.finish_reasons = [*inv.finish_reasons, *([reason] if reason else ())]


def generate_accumulate(body: Json, event: Any) -> None:
    """Grow the generations. The last event brings all of them once more."""
    held = fields(event)
    if held.get("event_type") == "stream-end":
        body.update(child(held, "response"))
    elif "text" in held:
        made = body.setdefault("generations", [])
        place = held.get("index")
        place = place if type(place) is int and 0 <= place < 100 else 0
        made.extend({} for _ in range(place + 1 - len(made)))
        append(made[place], "text", held["text"])
    elif held.get("event_type") == "stream-error" or held.get("error"):
        body["error"] = held.get("error") or held.get("err") or held


FIRST_CHAT = Endpoint(CHAT_OPERATION, chat_request, chat_response, counted.usage, chat_accumulate)
GENERATE = Endpoint(TEXT_COMPLETION, generate_request, generate_response, counted.usage, generate_accumulate)
