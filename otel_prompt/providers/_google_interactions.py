"""Google's Interactions API: a model or an agent that answers in steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..encoding import decoded
from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import AGENT_NAME, GENERATE_CONTENT
from ._base import Call, Endpoint, append, as_sent, child, children, counts, fault, fields, pick, text_of

_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_output_tokens",
    "seed": "seed",
    "stop_sequences": "stop_sequences",
    "reasoning.level": "thinking_level",
    "tool_choice": "tool_choice",
}
_OUTPUTS: Mapping[str, str] = {"image": "image", "audio": "speech"}
_MEDIA = frozenset({"image", "audio", "video", "document"})
_OPAQUE = frozenset({"signature", "index"})
_CALLS = ("function_call", "function_result")


def request(call: Call) -> Invocation:
    """What is asked of a model, or of an agent that the service keeps."""
    body = call.body
    inv = Invocation(
        GENERATE_CONTENT,
        request_model=text_of(body.get("model")),
        parameters=pick(child(body, "generation_config"), (), **_PARAMETERS),
        input_messages=_asked(body.get("input")),
        system_instructions=_content(body.get("system_instruction")),
    )
    inv.parameters |= pick(body, ("background", "store"), **{"previous_response.id": "previous_interaction_id"})
    if agent := text_of(body.get("agent")):
        inv.attributes = {AGENT_NAME: agent}
    if "tools" in body:
        inv.tool_definitions = [_tool(t) for t in children(body, "tools")]
    form = child(body, "response_format")
    if form or body.get("response_mime_type") == "application/json":
        plain = form.get("type") == "text" and form.get("mime_type") != "application/json"
        inv.output_type = _OUTPUTS.get(text_of(form.get("type")) or "", "text" if plain else "json")
    return inv


def _asked(given: Any) -> list[Message]:
    """A text, contents of one message, or steps of a conversation."""
    if isinstance(given, str):
        return [Message("user", _content(given))]
    found: list[Message] = []
    for item in map(fields, [given] if isinstance(given, dict) else given or ()):
        kind = text_of(item.get("type"))
        if kind in ("user_input", "model_output", "thought", *_CALLS) or item.get("role"):
            role = text_of(item.get("role")) or ("user" if kind in ("user_input", "function_result") else "assistant")
            found.append(Message("assistant" if role == "model" else role, _step(item)))
        elif found and found[-1].role == "user":
            found[-1].parts += _content([item])
        else:
            found.append(Message("user", _content([item])))
    return found


def _step(step: Json) -> list[Part]:
    """The parts of a step, of a request or an answer alike."""
    match step.get("type"):
        case "model_output" | "user_input" | None:
            return _content(step.get("content"))
        case "thought":
            text = "".join(text_of(c.get("text")) or "" for c in children(step, "summary"))
            return [{"type": "reasoning", "content": text}] if text else []
        case _:
            return _content([step])


def _content(held: Any) -> list[Part]:
    if isinstance(held, str):
        return [{"type": "text", "content": held}] if held else []
    listed = held if isinstance(held, (list, tuple)) else [held]
    return [found for item in map(fields, listed) if item and (found := _part(item)) is not None]


def _part(c: Json) -> Part | None:
    kind = text_of(c.get("type"))
    match kind:
        case "text":
            text = text_of(c.get("text"))
            return {"type": "text", "content": text, **pick(c, (), citations="annotations")} if text else None
        case "thought":
            return next(iter(_step(c)), None)
        case "function_call":
            given = decoded(text_of(c["pieces"])) if "pieces" in c else c.get("arguments")
            return {"type": "tool_call", **pick(c, ("id",)), "name": text_of(c.get("name")) or "", "arguments": given}
        case "function_result":
            return {"type": "tool_call_response", "id": c.get("call_id"), "response": c.get("result")}
        case str() if kind in _MEDIA:
            about = {"modality": kind, **pick(c, ("mime_type",))}
            if c.get("data"):
                return {"type": "blob", **about, "content": c["data"]}
            return {"type": "uri", **about, "uri": c["uri"]} if c.get("uri") else None
        case str() if kind.endswith("_call"):
            return {"type": "server_tool_call", **pick(c, ("id",)), "name": kind, "server_tool_call": _plain(c)}
        case str() if kind.endswith("_result"):
            named = {"type": "server_tool_call_response", "id": c.get("call_id")}
            return {**named, "server_tool_call_response": _plain(c)}
        case _:
            return as_sent(_plain(c))


def _tool(tool: Json) -> Json:
    kind = text_of(tool.get("type")) or "function"
    name = text_of(tool.get("name")) or kind
    if kind != "function":
        return {**_plain(tool), "type": kind, "name": name}
    return {"type": "function", "name": name, **pick(tool, ("description", "parameters"))}


def _plain(c: Json) -> Json:
    return {k: v for k, v in c.items() if v is not None and k not in _OPAQUE}


def response(inv: Invocation, body: Json) -> None:
    """What came back: one message of all steps. Its status says how it ended."""
    inv.response_id, inv.response_model = text_of(body.get("id")), text_of(body.get("model"))
    inv.response_status = status = text_of(body.get("status"))
    fault(inv, body)
    inv.finish_reasons = [status] if status and status != "in_progress" else []
    steps = [*children(body, "steps"), *children(body, "outputs")]
    parts = [part for step in steps for part in _step(step)]
    if parts or inv.finish_reasons:
        why = inv.finish_reasons[0] if inv.finish_reasons else None
        inv.output_messages = [Message("assistant", parts, finish_reason=why)]


def accumulate(body: Json, event: Any) -> None:
    """Grow the interaction from an event."""
    held = fields(event)
    kind = text_of(held.get("event_type")) or ""
    if kind.endswith(".delta"):
        _grow(_at(body, held.get("index")), child(held, "delta"))
    elif kind.endswith(".start") and ("step" in held or "content" in held):
        _at(body, held.get("index")).update(child(held, "step") or child(held, "content"))
    elif whole := child(held, "interaction"):
        body.update({k: v for k, v in whole.items() if v is not None and (k != "steps" or v)})
    elif held.get("error"):
        body["error"] = held["error"]
    elif held.get("status"):
        body["status"] = held["status"]


def _at(body: Json, index: Any) -> Json:
    steps: list[Json] = body.setdefault("steps", [])
    for step in reversed(steps):
        if step["index"] == index:
            return step
    steps.append({"index": index})
    return steps[-1]


def _grow(step: Json, delta: Json) -> None:
    kind = text_of(delta.get("type")) or ""
    if kind == step.get("type") and kind in ("text", *_MEDIA):  # until 1.7x an answer was contents, not steps
        append(step, "text", delta.get("text"))
        step.update({k: v for k, v in _plain(delta).items() if k != "text"})
    elif kind == "text":
        _append_text(step, "content", delta)
    elif kind == "thought_summary":
        _append_text(step, "summary", child(delta, "content"))
    elif kind in ("arguments_delta", "function_call"):
        append(step, "pieces", delta.get("partial_arguments") or delta.get("arguments"))
        step.update(pick(delta, ("id", "name")))
    elif kind == "text_annotation_delta" and step.get("content"):
        step["content"][-1]["annotations"] = delta.get("annotations")
    elif kind in _MEDIA:
        step["content"] = [*(step.get("content") or ()), delta]
    elif kind != "thought_signature":
        step.update({k: v for k, v in _plain(delta).items() if k != "type"})


def _append_text(step: Json, name: str, piece: Json) -> None:
    held = list(children(step, name))
    if not held or held[-1].get("type") != "text":
        held.append({"type": "text"})
    append(held[-1], "text", piece.get("text"))
    step[name] = held


def usage(body: Json) -> Usage:
    """Tokens of an interaction. Its own tools' input, and thoughts, are counted by themselves."""
    u = child(body, "usage")
    names = ("total_input_tokens", "total_tool_use_tokens", "total_output_tokens", "total_thought_tokens")
    given, tools, made, thought = counts(*map(u.get, names))
    if given is not None:
        given += tools or 0
    if made is not None or thought is not None:
        made = (made or 0) + (thought or 0)
    return Usage(given, made, *counts(u.get("total_cached_tokens"), None, thought))


INTERACTIONS = Endpoint(GENERATE_CONTENT, request, response, usage, accumulate)
