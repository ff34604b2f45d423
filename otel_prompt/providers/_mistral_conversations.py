"""Mistral's Conversations: one request, in which its service's agents may call a model and its own tools several times.

The service counts all of that together, and the one span of the request owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..encoding import decoded
from ..invocation import Invocation, Json, Message
from ..semconv import AGENT_ID
from ..semconv import CHAT as CHAT_OPERATION
from ._base import Call, Endpoint, append, as_sent, child, children, fault, fields, pick, text_of
from ._openai_chat import at, output_type, parameters, usage
from ._openai_completions import texts
from ._openai_messages import message, tool_definition

_KINDS: Mapping[str, str] = {
    "message.output.delta": "message.output",
    "function.call.delta": "function.call",
    "tool.execution.started": "tool.execution",
    "tool.execution.done": "tool.execution",
    "agent.handoff.started": "agent.handoff",
    "agent.handoff.done": "agent.handoff",
}
"""The events of a stream that tell of an entry, and the entry's type."""
_TEXTS = ("content", "arguments")


def request(call: Call) -> Invocation:
    """What is added to a conversation, by the user or by the caller's tools."""
    body = call.body
    arguments = child(body, "completion_args")
    inv = Invocation(CHAT_OPERATION, request_model=text_of(body.get("model")), parameters=parameters(arguments))
    inv.parameters |= pick(arguments, (), seed="random_seed") | pick(body, ("store",))
    inv.output_type = output_type(child(arguments, "response_format").get("type"))
    if instructions := text_of(body.get("instructions")):
        inv.system_instructions = [{"type": "text", "content": instructions}]
    inv.input_messages = texts(body.get("inputs")) or [_message(entry) for entry in children(body, "inputs")]
    inv.tool_definitions = [tool_definition(tool) for tool in children(body, "tools")]
    if agent := text_of(body.get("agent_id")):
        inv.attributes[AGENT_ID] = agent
    return inv


def response(inv: Invocation, body: Json) -> None:
    """What the service's agents did, in one message: their texts, calls and handoffs."""
    fault(inv, body)
    inv.conversation_id = text_of(body.get("conversation_id"))
    entries = children(body, "outputs")
    inv.response_model = next((model for e in entries if (model := text_of(e.get("model")))), None)
    if parts := [part for entry in entries for part in _message(entry).parts]:
        inv.output_messages = [Message("assistant", parts)]


def accumulate(body: Json, event: Any) -> None:
    """Grow the entries. Pieces of one have its id."""
    held = fields(event)
    kind = held.get("type")
    if kind == "conversation.response.started":
        body.update(pick(held, ("conversation_id",)))
    elif kind == "conversation.response.done":
        body.update(pick(held, ("usage",)))
    elif kind == "conversation.response.error" or held.get("error"):
        body["error"] = held.get("error") or held
    elif (entry := _KINDS.get(kind) if type(kind) is str else None) is not None:
        grown = at(body.setdefault("outputs", []), None, held.get("id"))
        for name in _TEXTS:
            if isinstance(held.get(name), str):
                append(grown, name, held[name])
            elif piece := fields(held.get(name)):
                grown.setdefault("pieces", []).append(piece)
        grown.update({k: v for k, v in held.items() if k not in _TEXTS and v is not None}, type=entry)


def _message(entry: Json) -> Message:
    """An entry of a conversation; what a caller's tool gave back is the tool's."""
    match entry.get("type"):
        case "function.result":
            given = {"type": "tool_call_response", "id": entry.get("tool_call_id"), "response": entry.get("result")}
            return Message("tool", [given])
        case "function.call":
            return Message("assistant", [{"type": "tool_call", **pick(entry, (), id="tool_call_id"), **_called(entry)}])
        case "tool.execution":
            called = {"type": "tool.execution", **_called(entry), **pick(entry, ("info",))}
            part = {"type": "server_tool_call", **pick(entry, ("id",)), "name": called["name"]}
            return Message("assistant", [{**part, "server_tool_call": called}])
        case "agent.handoff":
            return Message("assistant", [as_sent(pick(entry, ("type", "previous_agent_name", "next_agent_name")))])
        case _:
            return message({**pick(entry, ("role", "content"), content_parts="pieces")})


def _called(entry: Json) -> Json:
    held = entry.get("arguments")
    return {"name": text_of(entry.get("name")) or "", "arguments": decoded(text_of(held) or held)}


CONVERSATIONS = Endpoint(CHAT_OPERATION, request, response, usage, accumulate)
