"""OpenAI's chat completions, which many services speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Invocation, Json, Usage
from ..semconv import CHAT as CHAT_OPERATION
from ..semconv import (
    OPENAI_API_TYPE,
    OPENAI_REQUEST_SERVICE_TIER,
    OPENAI_RESPONSE_SERVICE_TIER,
    OPENAI_SYSTEM_FINGERPRINT,
)
from ._base import Call, Endpoint, Pieces, append, child, children, counts, fault, fields, pick, text_of
from ._openai_messages import message, thought, tool_definition

_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "max_tokens": "max_tokens",
    "top_logprobs": "top_logprobs",
    "logprobs": "logprobs",
    "logit_bias": "logit_bias",
    "parallel_tool_calls": "parallel_tool_calls",
    "tool_choice": "tool_choice",
    "verbosity": "verbosity",
    "store": "store",
    "modalities": "modalities",
    "best_of": "best_of",
    "echo": "echo",
    "max_completion_tokens": "max_tokens",
    "reasoning_effort": "reasoning.level",
}
"""The decoding parameters, by what they are called on the wire."""
_HEAD = ("id", "model", "service_tier", "system_fingerprint", "error")
_NOTHING: Json = {}


def request(call: Call) -> Invocation:
    """A chat's request."""
    body = call.body
    inv = Invocation(
        CHAT_OPERATION,
        request_model=text_of(body.get("model")),
        parameters=parameters(body),
        input_messages=[message(m) for m in children(body, "messages")],
        attributes={OPENAI_API_TYPE: "chat_completions"},
    )
    if "response_format" in body:
        inv.output_type = output_type(child(body, "response_format").get("type"))
    if "tools" in body or "functions" in body:
        tools = [*children(body, "tools"), *({"type": "function", **f} for f in children(body, "functions"))]
        inv.tool_definitions = [tool_definition(t) for t in tools]
    if "service_tier" in body:
        inv.attributes |= tier(body)
    return inv


def response(inv: Invocation, body: Json) -> None:
    """A chat's response, or what has come of it."""
    describe(inv, body)
    for choice in children(body, "choices"):
        reason = text_of(choice.get("finish_reason"))
        inv.output_messages = [*inv.output_messages, message(child(choice, "message"), reason)]
        if reason:
            inv.finish_reasons = [*inv.finish_reasons, reason]


def accumulate(body: Json, chunk: Any) -> None:
    """Grow the response from a chunk. Choices and tool calls are told apart by index, whatever it starts with.

    Nearly every chunk is one piece of one choice's content: that way is short, and calls nothing.
    """
    held = chunk if type(chunk) is dict else getattr(chunk, "__dict__", _NOTHING)
    if "id" not in body or held.get("usage") or "error" in held:
        head(body, fields(chunk))
    for piece in held.get("choices") or ():
        said = piece if type(piece) is dict else getattr(piece, "__dict__", _NOTHING)
        choices = body.setdefault("choices", [])
        index = said.get("index")
        choice = choices[0] if choices and choices[0]["index"] == index else _new(choices, index)
        if said.get("finish_reason"):
            choice["finish_reason"] = said["finish_reason"]
            head(body, fields(chunk))  # some services tell the usage here, each in a field of its own
        delta = said.get("delta")
        if delta is not None:
            _grow(choice["message"], delta if type(delta) is dict else fields(delta))


def _new(choices: list[Json], index: Any) -> Json:
    return at(choices, index, message={"role": "assistant"})


def _grow(message: Json, delta: Json) -> None:
    """Grow a message. Nearly every delta is a piece of content and nothing else, so that is looked at first."""
    if content := delta.get("content"):
        held = message.get("content")
        if type(held) is Pieces and type(content) is str:
            held.append(content)
        elif type(content) is list:
            _grow_parts(message, children(delta, "content"))
        else:
            append(message, "content", content)
    if delta.get("refusal"):
        append(message, "refusal", delta["refusal"])
    if reasoning := delta.get("reasoning_content") or delta.get("reasoning"):
        append(message, "reasoning_content", reasoning)
    if delta.get("tool_calls"):
        for call in children(delta, "tool_calls"):
            _grow_call(at(message.setdefault("tool_calls", []), call.get("index"), call.get("id")), call)
    if delta.get("function_call"):
        called, grown = child(delta, "function_call"), message.setdefault("function_call", {})
        append(grown, "name", called.get("name"))
        append(grown, "arguments", called.get("arguments"))
    if delta.get("audio"):
        audio, grown = child(delta, "audio"), message.setdefault("audio", {})
        grown.update(pick(audio, ("id",)))
        append(grown, "data", audio.get("data"))
        append(grown, "transcript", audio.get("transcript"))


def _grow_parts(message: Json, parts: list[Json]) -> None:
    """Grow a message by parts: its texts and thoughts, and whatever else there is as it is."""
    for piece in parts:
        if piece.get("type") == "thinking":
            append(message, "reasoning_content", thought(piece))
        elif isinstance(piece.get("text"), str):
            append(message, "content", piece["text"])
        else:
            message.setdefault("content_parts", []).append(piece)


def head(body: Json, chunk: Json) -> None:
    """What a chunk says of the whole."""
    for name in _HEAD:
        if name not in body and chunk.get(name):
            body[name] = chunk[name]
    if chunk.get("usage"):
        body["usage"] = chunk["usage"]
    elif "usage" not in body and child(chunk, "x_groq").get("usage"):
        body["usage"] = child(chunk, "x_groq")["usage"]


def at(items: list[Json], index: Any, identity: Any = None, **new: Any) -> Json:
    """The item that carries this index; services that give none mean the last, or a new one by another id."""
    if type(index) is not int:
        if not items or (identity and items[-1].get("id", identity) != identity):
            items.append({"index": len(items), **new})
        return items[-1]
    for item in items:
        if item["index"] == index:
            return item
    items.append(found := {"index": index, **new})
    if len(items) > 1 and index < items[-2]["index"]:
        items.sort(key=lambda item: item["index"])
    return found


def _grow_call(held: Json, call: Json) -> None:
    held.update(pick(call, ("id", "type")))
    for kind, text in (("function", "arguments"), ("custom", "input")):
        if call.get(kind):
            piece = child(call, kind)
            grown = held.setdefault(kind, {})
            append(grown, "name", piece.get("name"))
            append(grown, text, piece.get(text))


def describe(inv: Invocation, body: Json) -> None:
    """Who answered, and whether it is an error: the fields that all of OpenAI's responses share."""
    inv.response_id, inv.response_model = text_of(body.get("id")), text_of(body.get("model"))
    fault(inv, body)
    if body.get("service_tier") and (tier := text_of(body["service_tier"])):
        inv.attributes[OPENAI_RESPONSE_SERVICE_TIER] = tier
    if body.get("system_fingerprint") and (fingerprint := text_of(body["system_fingerprint"])):
        inv.attributes[OPENAI_SYSTEM_FINGERPRINT] = fingerprint


def tier(body: Json) -> Json:
    """The service tier that was asked for, unless it is the default."""
    asked = text_of(body.get("service_tier"))
    return {OPENAI_REQUEST_SERVICE_TIER: asked} if asked and asked != "auto" else {}


def parameters(body: Json) -> Json:
    """The decoding parameters that were sent, under the conventions' names; nothing that was not sent."""
    found = {_PARAMETERS[name]: value for name, value in body.items() if name in _PARAMETERS and value is not None}
    if (body.get("n") or 1) != 1:
        found["choice.count"] = body["n"]
    if (stop := body.get("stop")) is not None:
        found["stop_sequences"] = list(stop) if isinstance(stop, (list, tuple)) else [stop]
    return found


def output_type(asked: Any) -> str | None:
    """The conventions' output type of a ``response_format`` or ``text.format``."""
    return {"json_object": "json", "json_schema": "json", "text": "text"}.get(asked) if isinstance(asked, str) else None


def usage(body: Json) -> Usage:
    """Tokens of a chat or a completion. What a service does not say is None, never a guess."""
    u = child(body, "usage")
    prompt, completion = child(u, "prompt_tokens_details"), child(u, "completion_tokens_details")
    return Usage(
        *counts(
            u.get("prompt_tokens"),
            u.get("completion_tokens"),
            prompt.get("cached_tokens", u.get("prompt_cache_hit_tokens", u.get("cached_tokens"))),
            prompt.get("cache_write_tokens"),
            completion.get("reasoning_tokens"),
            prompt.get("audio_tokens"),
            completion.get("audio_tokens"),
        )
    )


CHAT = Endpoint(CHAT_OPERATION, request, response, usage, accumulate)
