"""Gemini's ``generateContent``, which its own API and Vertex speak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..encoding import decoded
from ..invocation import Invocation, Json, Usage
from ..semconv import GENERATE_CONTENT
from ._base import Call, Endpoint, Pieces, append, child, children, counts, fault, fields, pick, text_of
from ._google_content import message, parts, spelled, tool_definitions

_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxOutputTokens",
    "stop_sequences": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "seed": "seed",
    "modalities": "responseModalities",
    "response_format": "responseMimeType",
}
_OUTPUTS: Mapping[str, str] = {"IMAGE": "image", "AUDIO": "speech"}
_REASONS = (
    *("", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
    "MALFORMED_FUNCTION_CALL",
)
"""The finish reasons by their number in Vertex' protocol: a gateway may send that for the name."""


def sent(value: Any) -> Json:
    """The JSON of an answer or of a chunk, which the SDK has as text."""
    held = getattr(value, "body", value)
    found: Any = decoded(held) if isinstance(held, str) else held
    return fields(found[0] if isinstance(found, list) and found else found)


def request(call: Call) -> Invocation:
    """What is asked: instructions, contents, tools and how to make the answer."""
    body = call.body
    config = spelled(child(body, "generationConfig"))
    inv = Invocation(
        GENERATE_CONTENT,
        request_model=text_of(body.get("model")),
        parameters=pick(config, (), **_PARAMETERS),
        system_instructions=parts(child(body, "systemInstruction")),
        input_messages=[message(c) for c in children(body, "contents")],
        output_type=_output_type(config),
    )
    if "tools" in body:
        inv.tool_definitions = tool_definitions(body)
    if config.get("candidateCount") not in (None, 1):
        inv.parameters["choice.count"] = config["candidateCount"]
    if thinking := spelled(child(config, "thinkingConfig")):
        inv.parameters |= pick(thinking, (), **{"thinking.budget_tokens": "thinkingBudget"})
        if level := text_of(thinking.get("thinkingLevel")):
            inv.parameters["reasoning.level"] = level
    mode = text_of(child(spelled(child(body, "toolConfig")), "functionCallingConfig").get("mode"))
    inv.parameters |= pick({"tool_choice": mode, **body}, ("tool_choice",), cached_content="cachedContent")
    return inv


def _output_type(config: Json) -> str | None:
    wanted = config.get("responseModalities") or ()
    for name in wanted if isinstance(wanted, (list, tuple)) else ():
        if name in _OUTPUTS:
            return _OUTPUTS[name]
    return "json" if config.get("responseMimeType") == "application/json" else None


def response(inv: Invocation, body: Json) -> None:
    """What came back, complete or not. Where the prompt was refused, why is how it ended."""
    inv.response_id, inv.response_model = text_of(body.get("responseId")), text_of(body.get("modelVersion"))
    fault(inv, body)
    for candidate in children(body, "candidates"):
        why = reason(candidate.get("finishReason"))
        inv.output_messages = [*inv.output_messages, message({"role": "model", **child(candidate, "content")}, why)]
        if why:
            inv.finish_reasons = [*inv.finish_reasons, why]
    if not inv.finish_reasons and (blocked := reason(child(body, "promptFeedback").get("blockReason"))):
        inv.finish_reasons = [blocked]


def reason(value: Any) -> str | None:
    """A finish reason's name."""
    if type(value) is int and 0 < value < len(_REASONS):
        return _REASONS[value]
    return text_of(value)


def accumulate(body: Json, chunk: Any) -> None:
    """Grow the answer from a chunk, which has the form of a whole one."""
    for name, value in sent(chunk).items():
        if name == "candidates":
            held = body.setdefault(name, [])
            for candidate in value if isinstance(value, list) else ():
                _grow(held, fields(candidate))
        elif name == "usageMetadata":
            body[name] = {**body.get(name, {}), **fields(value)}
        elif value is not None:
            body[name] = value


def _grow(candidates: list[Json], piece: Json) -> None:
    index = piece.get("index") or 0
    whole = next((c for c in candidates if c["index"] == index), None)
    if whole is None:
        candidates.append(whole := {"index": index, "content": {"parts": []}})
    if piece.get("finishReason"):
        whole["finishReason"] = piece["finishReason"]
    content = child(piece, "content")
    if content.get("role"):
        whole["content"]["role"] = content["role"]
    grown: list[Json] = whole["content"]["parts"]
    for part in children(content, "parts"):
        last = grown[-1] if grown else {}
        if "text" in part and "text" in last and bool(part.get("thought")) == bool(last.get("thought")):
            append(last, "text", part["text"])
        elif child(last, "functionCall").get("willContinue") and "functionCall" in part:
            _continue(last["functionCall"], child(part, "functionCall"))
        else:
            grown.append(_begun(part))


def _begun(part: Json) -> Json:
    if "functionCall" in part:
        return {**part, "functionCall": _continue(dict(child(part, "functionCall")), child(part, "functionCall"))}
    text = part.get("text")
    return {**part, "text": Pieces((text,))} if isinstance(text, str) else part


def _continue(called: Json, more: Json) -> Json:
    """A call whose arguments come in pieces, each at its place."""
    called["willContinue"] = more.get("willContinue")
    for piece in children(more, "partialArgs"):
        name = (text_of(piece.get("jsonPath")) or "$").removeprefix("$.")
        held = called.setdefault("pieces", {})
        if "stringValue" in piece:
            held.setdefault(name, Pieces()).append(text_of(piece["stringValue"]) or "")
        else:
            held[name] = piece.get("numberValue", piece.get("boolValue"))
    return called


def usage(body: Json) -> Usage:
    """Tokens of an answer. What the service's own tools put into the prompt, and thoughts, are counted by themselves.

    A whole answer without a count of its candidates has none; half of one has yet to say.
    """
    u = child(body, "usageMetadata")
    given, tools, made, thought = counts(*(u.get(f"{name}TokenCount") for name in _COUNTS))
    ended = child(body, "promptFeedback") or any(c.get("finishReason") for c in children(body, "candidates"))
    if thought is not None or (ended and u.get("totalTokenCount") is not None):
        made = (made or 0) + (thought or 0)
    if given is not None:
        given += tools or 0
    found = Usage(given, made, *counts(u.get("cachedContentTokenCount"), None, thought))
    found.audio_input_tokens = modal(u, ("promptTokensDetails", "toolUsePromptTokensDetails"), "AUDIO")
    found.image_input_tokens = modal(u, ("promptTokensDetails", "toolUsePromptTokensDetails"), "IMAGE")
    found.audio_output_tokens = modal(u, ("candidatesTokensDetails",), "AUDIO")
    found.image_output_tokens = modal(u, ("candidatesTokensDetails",), "IMAGE")
    return found


_COUNTS = ("prompt", "toolUsePrompt", "candidates", "thoughts")


def modal(u: Json, lists: Iterable[str], kind: str) -> int | None:
    """How many tokens of one kind there are in lists by kind; None where none is named."""
    found = [d.get("tokenCount") for name in lists for d in children(u, name) if d.get("modality") == kind]
    named = [count for count in counts(*found) if count is not None]
    return sum(named) if named else None


GENERATE = Endpoint(GENERATE_CONTENT, request, response, usage, accumulate, body=sent)
