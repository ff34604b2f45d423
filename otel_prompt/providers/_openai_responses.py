"""OpenAI's Responses API: create, stream, retrieve."""

from __future__ import annotations

from typing import Any

from ..encoding import decoded, encode
from ..invocation import Invocation, Json, Message, Part, PromptIdentity, Usage
from ..semconv import CHAT, FETCH_RESPONSE, OPENAI_API_TYPE
from ._base import Call, Endpoint, append, as_sent, child, children, counts, fields, pick, text_of
from ._openai_chat import describe, output_type, tier
from ._openai_messages import link, tool_definition

_PARAMETERS = (
    "temperature",
    "top_p",
    "top_logprobs",
    "max_tool_calls",
    "parallel_tool_calls",
    "tool_choice",
    "truncation",
    "background",
    "store",
)
_ENDED = frozenset({"response.completed", "response.failed", "response.incomplete"})
_DELTAS = {
    "response.output_text.delta": ("text", "text"),
    "response.refusal.delta": ("refusal", "refusal"),
    "response.reasoning_text.delta": ("reasoning_text", "text"),
    "response.reasoning_summary_text.delta": ("summary_text", "text"),
}
_FINISH = {"max_output_tokens": "length", "max_tokens": "length"}


def request(call: Call) -> Invocation:
    """What is asked: instructions, items and the tools."""
    body = call.body
    conversation = body.get("conversation")
    instructions = body.get("instructions")
    return Invocation(
        CHAT,
        request_model=text_of(body.get("model")),
        parameters=pick(
            body, _PARAMETERS, max_tokens="max_output_tokens", **{"previous_response.id": "previous_response_id"}
        )
        | pick(child(body, "reasoning"), (), **{"reasoning.level": "effort"})
        | pick(child(body, "text"), ("verbosity",)),
        output_type=output_type(child(child(body, "text"), "format").get("type")),
        conversation_id=text_of(conversation) or text_of(fields(conversation).get("id")),
        system_instructions=[{"type": "text", "content": instructions}] if text_of(instructions) else [],
        input_messages=messages(body.get("input")),
        tool_definitions=[tool_definition(t) for t in children(body, "tools")],
        attributes={OPENAI_API_TYPE: "responses", **tier(body)},
    )


def prompt(body: Json) -> PromptIdentity | None:
    """The prompt that the service keeps, as the request names it."""
    reference = child(body, "prompt")
    name = text_of(reference.get("id"))
    if name is None:
        return None
    variables = {
        k: v if isinstance(v, str) else fields(v).get("text") or encode(v)
        for k, v in child(reference, "variables").items()
    }
    return PromptIdentity(name, text_of(reference.get("version")), variables=variables, source="openai", id=name)


def response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not."""
    describe(inv, body)
    inv.conversation_id = text_of(child(body, "conversation").get("id")) or inv.conversation_id
    status = text_of(body.get("status"))
    inv.response_status = status
    items = children(body, "output")
    reason = _finish_reason(status, body, items)
    inv.finish_reasons = [reason] if reason else []
    parts = [p for item in items for p in item_parts(item)]
    inv.output_messages = [Message("assistant", parts, finish_reason=reason)] if parts else []


def _finish_reason(status: str | None, body: Json, items: list[Json]) -> str | None:
    """The API has no finish reason of its own: the conventions' word for its status."""
    if status == "incomplete":
        reason = text_of(child(body, "incomplete_details").get("reason"))
        return _FINISH.get(reason or "", reason)
    if status == "failed":
        return "error"
    if status != "completed":
        return None
    return "tool_calls" if any(i.get("type") in ("function_call", "custom_tool_call") for i in items) else "stop"


def accumulate(body: Json, event: Any) -> None:
    """Grow the response. The last event brings it whole; until then its items grow by their deltas."""
    event = fields(event)
    kind = event.get("type")
    if kind in _DELTAS:
        part, name = _DELTAS[kind]
        index = event.get("content_index", event.get("summary_index"))
        parts = _item(body, event).setdefault("summary" if part == "summary_text" else "content", [])
        held = next((p for p in parts if p.get("index") == index), None)
        if held is None:
            parts.append(held := {"type": part, "index": index})
        append(held, name, event.get("delta"))
    elif kind in _ENDED:
        body.clear()
        body.update(child(event, "response"))
    elif kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
        append(_item(body, event), "arguments" if "function" in kind else "input", event.get("delta"))
    elif kind == "response.output_item.added":
        _item(body, event).update({**child(event, "item"), "content": [], "summary": []})
    elif kind in ("response.created", "response.queued", "response.in_progress"):
        body.update({k: v for k, v in child(event, "response").items() if k != "output"})
    elif kind == "error" or event.get("error"):
        body["error"] = event.get("error") or pick(event, ("code", "message"))


def _item(body: Json, event: Json) -> Json:
    index = event.get("output_index")
    items: list[Json] = body.setdefault("output", [])
    for item in items:
        if item.get("output_index") == index:
            return item
    items.append({"type": "message", "role": "assistant", "output_index": index})
    return items[-1]


def messages(value: Any) -> list[Message]:
    """The input: a text, or a list of messages and of other items."""
    if isinstance(value, str):
        return [Message("user", [{"type": "text", "content": value}])]
    if not isinstance(value, (list, tuple)):
        return []
    found: list[Message] = []
    for item in map(fields, value):
        kind = text_of(item.get("type"))
        if kind and kind.endswith(("call_output", "call_response")):
            found.append(Message("tool", item_parts(item)))
        else:
            found.append(Message(text_of(item.get("role")) or "assistant", item_parts(item)))
    return found


def item_parts(item: Json) -> list[Part]:
    """The parts that an item of input or output holds."""
    match item.get("type"):
        case "message" | None:
            content = item.get("content")
            if isinstance(content, str):
                return [{"type": "text", "content": content}]
            return [part(p) for p in children(item, "content")]
        case "reasoning":
            pieces = [*children(item, "summary"), *children(item, "content")]
            return [{"type": "reasoning", "content": text} for p in pieces if (text := text_of(p.get("text")))]
        case "function_call" | "custom_tool_call" as kind:
            text = text_of(item.get("arguments" if kind == "function_call" else "input"))
            call: Part = {"type": "tool_call", "id": item.get("call_id") or item.get("id"), "name": item.get("name")}
            return [call | {"arguments": decoded(text) if kind == "function_call" else text}]
        case "function_call_output" | "custom_tool_call_output":
            return [{"type": "tool_call_response", "id": item.get("call_id"), "response": item.get("output")}]
        case "image_generation_call" if item.get("result"):
            return [{"type": "blob", "modality": "image", "mime_type": "image/png", "content": item["result"]}]
        case str() as kind if kind.endswith("_call"):
            rest = {k: v for k, v in item.items() if v is not None and k not in ("id", "output_index")}
            return [{"type": "server_tool_call", "id": item.get("id"), "name": kind, "server_tool_call": rest}]
        case _:
            return [as_sent({k: v for k, v in item.items() if v is not None})]


def part(p: Json) -> Part:
    """A part of a message's content."""
    match p.get("type"):
        case "input_text" | "output_text" | "text":
            return {"type": "text", "content": text_of(p.get("text")) or ""}
        case "refusal":
            return {"type": "refusal", "content": text_of(p.get("refusal"))}
        case "reasoning_text" | "summary_text":
            return {"type": "reasoning", "content": text_of(p.get("text"))}
        case "input_image" | "input_file" | "input_audio" as kind:
            modality = {"input_image": "image", "input_audio": "audio"}.get(kind, "document")
            if p.get("file_id"):
                return {"type": "file", "modality": modality, "file_id": p["file_id"]}
            return link(modality, p.get("image_url") or p.get("file_url") or p.get("file_data") or p.get("data"))
        case _:
            return as_sent(p)


def usage(body: Json) -> Usage:
    """Tokens of a response."""
    u = child(body, "usage")
    given, made = child(u, "input_tokens_details"), child(u, "output_tokens_details")
    return Usage(
        *counts(
            u.get("input_tokens"),
            u.get("output_tokens"),
            given.get("cached_tokens"),
            given.get("cache_write_tokens"),
            made.get("reasoning_tokens"),
        )
    )


def fetch_request(call: Call) -> Invocation:
    """A response that was made before is fetched; its id is the last part of the path."""
    found = Invocation(FETCH_RESPONSE, response_id=call.path.rstrip("/").rpartition("/")[2])
    found.attributes = {OPENAI_API_TYPE: "responses"}
    return found


RESPONSES = Endpoint(CHAT, request, response, usage, accumulate, prompt)
RETRIEVE = Endpoint(FETCH_RESPONSE, fetch_request, response, None, accumulate)
"""A response fetched again; the call that made it owns its tokens."""
