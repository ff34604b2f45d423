"""Anthropic's Messages API, which Bedrock, Vertex, Foundry and some other servers speak as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Invocation, Json, Usage
from ..semconv import CHAT
from ._anthropic_blocks import message, parts, tool_definition
from ._base import Call, Endpoint, Pieces, append, child, children, counts, fault, pick, text_of

_PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop_sequences",
    "tool_choice",
    "service_tier",
    "speed",
    "inference_geo",
)
_COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_UNTIL_THE_END = ("output_tokens", "output_tokens_details")
"""What a stream begins with of these is no count yet."""
_TEXTS: Mapping[str, str] = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
    "compaction_delta": "content",
}
"""The deltas that are a piece of a text, and the field of the block that each of them grows."""
_NOTHING: Json = {}


def request(call: Call) -> Invocation:
    """What is asked: instructions, messages and tools."""
    body = call.body
    inv = Invocation(
        CHAT,
        request_model=text_of(body.get("model")),
        parameters=pick(body, _PARAMETERS),
        system_instructions=parts(body, "system"),
        input_messages=[message(m) for m in children(body, "messages")],
    )
    if "tools" in body:
        inv.tool_definitions = [tool_definition(t) for t in children(body, "tools")]
    if thinking := child(body, "thinking"):
        inv.parameters |= pick(thinking, (), thinking="type", **{"thinking.budget_tokens": "budget_tokens"})
    config = child(body, "output_config")
    if effort := text_of(config.get("effort")):
        inv.parameters["reasoning.level"] = effort
    form = child(config, "format") or child(body, "output_format")
    if form.get("type") == "json_schema":
        inv.output_type = "json"
    return inv


def response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not."""
    inv.response_id, inv.response_model = text_of(body.get("id")), text_of(body.get("model"))
    fault(inv, body)
    reason = text_of(body.get("stop_reason"))
    if reason:
        inv.finish_reasons = [reason]
    if body.get("content") or reason:
        inv.output_messages = [message({"role": "assistant", **body}, reason)]


def accumulate(body: Json, event: Any) -> None:
    """Grow the message from an event. Nearly every one is a piece of a text, so that is looked at first."""
    held = event if type(event) is dict else getattr(event, "__dict__", _NOTHING)
    kind = held.get("type")
    if kind == "content_block_delta":
        delta = held.get("delta")
        block = _block(body, held.get("index"))
        _grow(block, delta if type(delta) is dict else getattr(delta, "__dict__", _NOTHING))
    elif kind == "content_block_start":
        _block(body, held.get("index")).update({k: v for k, v in child(held, "content_block").items() if k != "index"})
    elif kind == "message_start":
        whole = child(held, "message")
        body.update({k: v for k, v in whole.items() if k != "content"})
        body["usage"] = {k: v for k, v in child(whole, "usage").items() if k not in _UNTIL_THE_END}
    elif kind == "message_delta":
        body.update({k: v for k, v in child(held, "delta").items() if v is not None})
        said = {k: v for k, v in child(held, "usage").items() if v is not None}
        body["usage"] = {**child(body, "usage"), **said}
    elif held.get("error"):
        body["error"] = held["error"]


def _block(body: Json, index: Any) -> Json:
    blocks: list[Json] = body.setdefault("content", [])
    if blocks and blocks[-1]["index"] == index:
        return blocks[-1]
    for block in blocks:
        if block["index"] == index:
            return block
    blocks.append({"index": index})
    return blocks[-1]


def _grow(block: Json, delta: Json) -> None:
    kind = delta.get("type")
    name = _TEXTS.get(kind) if type(kind) is str else None
    if name is not None:
        piece = delta.get("content" if name == "content" else name)
        held = block.get(name)
        if type(held) is Pieces and type(piece) is str:
            held.append(piece)
        else:
            append(block, name, piece)
    elif kind == "citations_delta":
        block["citations"] = [*(block.get("citations") or ()), delta.get("citation")]


def usage(body: Json) -> Usage:
    """Tokens of a message.

    The service counts what it reads from its cache, what it writes there and the rest of the input each by itself, and
    a compaction of the conversation beside the message; all of it is what the call took.
    """
    u = child(body, "usage")
    if type(u.get("input_tokens")) is not int:
        return Usage(*counts(None, u.get("output_tokens")))
    took = [u, *(entry for entry in children(u, "iterations") if entry.get("type") == "compaction")]
    rest, made, read, written = (_sum(took, name) for name in _COUNTS)
    given = (rest or 0) + (read or 0) + (written or 0)
    thought = counts(child(u, "output_tokens_details").get("thinking_tokens"))
    longer = _sum([child(entry, "cache_creation") for entry in took], "ephemeral_1h_input_tokens")
    return Usage(given, made, read, written, *thought, cache_write_1h_input_tokens=longer)


def _sum(entries: list[Json], name: str) -> int | None:
    """The sum of a count; None if the message itself does not say it."""
    found = [count for entry in entries for count in counts(entry.get(name))]
    return sum(count or 0 for count in found) if found[0] is not None else None


MESSAGES = Endpoint(CHAT, request, response, usage, accumulate)
