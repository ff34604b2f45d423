"""Bedrock's Converse API, which is the same for all its models; Nova's own bodies are nearly the same."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Usage
from ..semconv import CHAT, GUARDRAIL_ACTION
from ._base import Call, Endpoint, Pieces, append, child, children, counts, pick, text_of
from ._bedrock_blocks import message, parts, tool_definition
from ._bedrock_names import model_of, prompt

_NAMES = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxTokens",
    "stop_sequences": "stopSequences",
}
_OLDER = {"top_p": "top_p", "top_k": "top_k", "max_tokens": "max_new_tokens"}
"""Names that Nova takes as well, and that models have in the fields which Converse hands on to them."""
_READ = ("cacheReadInputTokens", "cacheReadInputTokenCount")
_WRITTEN = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")
_NOTHING: Json = {}


def request(call: Call) -> Invocation:
    """What is asked: instructions, messages, tools, and what only some models take."""
    body = call.body
    config, more = child(body, "inferenceConfig"), child(body, "additionalModelRequestFields")
    inv = Invocation(
        CHAT,
        request_model=text_of(body.get("model")),
        parameters=pick(config, (), **_OLDER) | pick(config, (), **_NAMES),
        system_instructions=parts(body, "system"),
        input_messages=[message(m) for m in children(body, "messages")],
    )
    for held in (more, child(more, "inferenceConfig")):
        inv.parameters |= pick(held, (), top_k="top_k") | pick(held, (), top_k="topK")
    if thinking := child(more, "thinking") or child(more, "reasoning_config"):
        inv.parameters |= pick(thinking, (), thinking="type", **{"thinking.budget_tokens": "budget_tokens"})
    if level := _level(body, more):
        inv.parameters["reasoning.level"] = level
    tools = child(body, "toolConfig")
    if "tools" in tools:
        inv.tool_definitions = [found for t in children(tools, "tools") if (found := tool_definition(t)) is not None]
    inv.parameters |= pick(tools, (), tool_choice="toolChoice")
    inv.parameters |= pick(child(body, "performanceConfig"), (), latency="latency")
    inv.parameters |= pick(child(body, "serviceTier"), (), service_tier="type")
    if child(child(body, "outputConfig"), "textFormat").get("type") == "json_schema":
        inv.output_type = "json"
    return inv


def _level(body: Json, more: Json) -> str | None:
    """How much is to be thought, wherever a model is told."""
    said = (
        child(body, "outputConfig").get("effort"),
        more.get("reasoning_effort"),
        child(more, "output_config").get("effort"),
        child(body, "reasoningConfig").get("maxReasoningEffort"),
        child(more, "reasoningConfig").get("maxReasoningEffort"),
    )
    return next((level for each in said if (level := text_of(each)) is not None), None)


def response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not. A router says which model it has chosen."""
    reason = text_of(body.get("stopReason"))
    if reason:
        inv.finish_reasons = [reason]
    said = child(child(body, "output"), "message")
    if said.get("content") or reason:
        inv.output_messages = [message({"role": "assistant", **said}, reason)]
    trace = child(body, "trace") or child(body, "amazon-bedrock-trace")
    inv.response_model = model_of(child(trace, "promptRouter").get("invokedModelId"))
    if reason == "guardrail_intervened":
        inv.attributes[GUARDRAIL_ACTION] = "GUARDRAIL_INTERVENED"


def accumulate(body: Json, event: Any) -> None:
    """Grow the answer from an event. Nearly every one is a piece of a text, so that is looked at first."""
    if (piece := event.get("contentBlockDelta")) is not None:
        block = _block(body, piece.get("contentBlockIndex"))
        delta = piece.get("delta") or _NOTHING
        text = delta.get("text")
        if text is not None:
            held = block.get("text")
            if type(held) is Pieces:
                held.append(text)
            else:
                append(block, "text", text)
        else:
            _grow(block, delta)
    elif (begun := event.get("contentBlockStart")) is not None:
        block = _block(body, begun.get("contentBlockIndex"))
        block.update({kind: dict(held) for kind, held in child(begun, "start").items() if isinstance(held, dict)})
    elif (begun := event.get("messageStart")) is not None:
        _message(body)["role"] = begun.get("role")
    elif (ended := event.get("messageStop")) is not None:
        body.update(pick(ended, ("stopReason",)))
    elif (said := event.get("metadata")) is not None:
        body.update(pick(said, ("usage", "trace")))


def _message(body: Json) -> Json:
    held: Json = body.setdefault("output", {}).setdefault("message", {"role": "assistant", "content": []})
    return held


def _block(body: Json, index: Any) -> Json:
    blocks: list[Json] = _message(body)["content"]
    for block in reversed(blocks):
        if block["index"] == index:
            return block
    blocks.append({"index": index})
    return blocks[-1]


def _grow(block: Json, delta: Json) -> None:
    if called := child(delta, "toolUse"):
        append(block.setdefault("toolUse", {}), "input", called.get("input"))
    elif thought := child(delta, "reasoningContent"):
        append(block.setdefault("reasoningContent", {}).setdefault("reasoningText", {}), "text", thought.get("text"))
    elif given := children(delta, "toolResult"):
        block.setdefault("toolResult", {}).setdefault("content", []).extend(given)
    elif image := child(delta, "image"):
        block.setdefault("image", {}).update(image)
    elif citation := child(delta, "citation"):
        block.setdefault("citations", []).append(citation)


def usage(body: Json) -> Usage:
    """Tokens. The service counts what it reads from its cache and what it writes there beside the rest of the input."""
    u = child(body, "usage")
    rest, made = counts(u.get("inputTokens"), u.get("outputTokens"))
    if rest is None:
        return Usage(None, made)
    [read], [written] = counts(_first(u, _READ)), counts(_first(u, _WRITTEN))
    longer = [entry.get("inputTokens") for entry in children(u, "cacheDetails") if entry.get("ttl") == "1h"]
    found = Usage(rest + (read or 0) + (written or 0), made, read, written)
    [found.cache_write_1h_input_tokens] = counts(longer[0] if longer else None)
    return found


def _first(u: Json, names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := u.get(name)) is not None), None)


CONVERSE = Endpoint(CHAT, request, response, usage, accumulate, prompt)
