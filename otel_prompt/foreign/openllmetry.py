"""OpenLLMetry (Traceloop), and LiteLLM, whose spans carry the same names.

Source: https://github.com/traceloop/openllmetry, packages/opentelemetry-semantic-conventions-ai.
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Json, Part
from ..providers._base import child, children
from ..providers._openai_messages import message
from ._flattened import take
from ._requests import tool

_OPERATIONS: Final = {
    "workflow": semconv.INVOKE_WORKFLOW,
    "agent": semconv.INVOKE_AGENT,
    "tool": semconv.EXECUTE_TOOL,
}
_NAMES: Final = {
    "workflow": semconv.WORKFLOW_NAME,
    "agent": semconv.AGENT_NAME,
    "tool": semconv.TOOL_NAME,
}
_REQUEST_TYPES: Final = {
    "chat": semconv.CHAT,
    "completion": semconv.TEXT_COMPLETION,
    "embedding": semconv.EMBEDDINGS,
}
_RENAMED: Final = {
    "traceloop.prompt.key": semconv.PROMPT_NAME,
    "traceloop.prompt.version": semconv.PROMPT_VERSION,
    "traceloop.prompt.version_name": semconv.PROMPT_LABEL,
    "traceloop.prompt.template": semconv.PROMPT_TEMPLATE,
    "traceloop.association.properties.session_id": semconv.SESSION_ID,
    "traceloop.association.properties.user_id": semconv.USER_ID,
    "llm.user": semconv.USER_ID,
    "llm.frequency_penalty": semconv.REQUEST_PREFIX + "frequency_penalty",
    "llm.presence_penalty": semconv.REQUEST_PREFIX + "presence_penalty",
    "llm.top_k": semconv.REQUEST_PREFIX + "top_k",
    "llm.chat.stop_sequences": semconv.REQUEST_PREFIX + "stop_sequences",
    "llm.request.reasoning_effort": semconv.REQUEST_PREFIX + "reasoning.level",
    "llm.usage.reasoning_tokens": semconv.REASONING_TOKENS,
}
_PROPERTIES: Final = "traceloop.association.properties."
_ALREADY_SAID: Final = ("llm.usage.total_tokens", "llm.response.finish_reason", "llm.response.stop_reason")


def read(held: dict[str, Any]) -> dict[str, Any]:
    """What a span says in OpenLLMetry's names."""
    found: dict[str, Any] = {}
    for old, new in _RENAMED.items():
        if (value := held.pop(old, None)) is not None:
            found[new] = str(value) if new.startswith(semconv.LEGACY_PROMPT_PREFIX) else value
    for name in _ALREADY_SAID:
        held.pop(name, None)
    if (flag := held.pop("llm.is_streaming", None)) is not None and str(flag).lower() == "true":
        found[semconv.REQUEST_STREAM] = True
    if (kind := str(held.pop("llm.request.type", None))) in _REQUEST_TYPES:
        found[semconv.OPERATION] = _REQUEST_TYPES[kind]
    for key in [key for key in held if key.startswith(_PROPERTIES)]:
        found[semconv.METADATA_PREFIX + key[len(_PROPERTIES) :]] = held.pop(key)
    variables = decoded(held.pop("traceloop.prompt.template_variables", None))
    for key, value in variables.items() if isinstance(variables, dict) else ():
        found[semconv.PROMPT_VARIABLE_PREFIX + str(key)] = value if isinstance(value, str) else encode(value)
    return {**found, **_step(held), **_messages(held)}


def _step(held: dict[str, Any]) -> dict[str, Any]:
    """A decorated function: ``@workflow``, ``@task``, ``@agent``, ``@tool``."""
    if (kind := held.pop("traceloop.span.kind", None)) is None:
        return {}
    kind = str(kind)
    given, made = held.pop("traceloop.entity.input", None), held.pop("traceloop.entity.output", None)
    tools = kind == "tool"
    found = {
        semconv.OPERATION: _OPERATIONS.get(kind),
        _NAMES.get(kind, semconv.STEP_NAME): held.pop("traceloop.entity.name", None),
        semconv.TOOL_ARGUMENTS if tools else semconv.STEP_INPUT: given,
        semconv.TOOL_RESULT if tools else semconv.STEP_OUTPUT: made,
    }
    if kind not in _OPERATIONS:
        found[semconv.STEP_KIND] = kind
    return {name: value for name, value in found.items() if value is not None}


def _messages(held: dict[str, Any]) -> dict[str, Any]:
    """Messages, flattened or as one JSON text, and the functions that a model may call."""
    given = [_message(m, "user") for m in take(held, semconv.LEGACY_PROMPT)]
    made = [_message(m, "assistant") for m in take(held, semconv.LEGACY_COMPLETION)]
    given = given or _listed(held.pop(semconv.LEGACY_PROMPT, None), "user")
    made = made or _listed(held.pop(semconv.LEGACY_COMPLETION, None), "assistant")
    tools = [_function(f) for f in take(held, "llm.request.functions")]
    content = {semconv.INPUT_MESSAGES: given, semconv.OUTPUT_MESSAGES: made, semconv.TOOL_DEFINITIONS: tools}
    return {name: encode(value) for name, value in content.items() if value}


def _message(m: Json, role: str) -> Json:
    role = str(m.get("role") or role)
    if "tool_call_id" in m:
        answer = {"type": "tool_call_response", "id": m["tool_call_id"], "response": m.get("content")}
        return {"role": "tool", "parts": [answer]}
    parts: list[Part] = []
    content = decoded(m.get("content")) if str(m.get("content", "")).startswith("[") else m.get("content")
    if isinstance(content, list):
        parts = [{"type": "text", "content": str(p.get("text", encode(p)))} for p in content if isinstance(p, dict)]
    elif content:
        parts = [{"type": "text", "content": str(content)}]
    for call in children(m, "tool_calls"):
        named = {"type": "tool_call", "id": call.get("id"), "name": call.get("name", "")}
        part = {**named, "arguments": decoded(call.get("arguments"))}
        parts.append({k: v for k, v in part.items() if v is not None})
    reason = m.get("finish_reason")
    return {"role": role, "parts": parts, **({"finish_reason": str(reason)} if reason else {})}


def _listed(text: Any, role: str) -> list[Any]:
    """The messages of a JSON text: a list of them, or an object that has one; of any other text, one message."""
    if text is None:
        return []
    found = decoded(text)
    if isinstance(found, dict):
        found = found.get("messages", found.get("choices", [found]))
    if isinstance(found, list) and found and all(isinstance(m, dict) for m in found):
        return [message({"role": role, **(child(m, "message") or m)}, m.get("finish_reason")) for m in found]
    return [{"role": role, "parts": [{"type": "text", "content": text if isinstance(text, str) else encode(text)}]}]


def _function(f: Json) -> Json:
    given = {**f, "parameters": decoded(f["parameters"])} if "parameters" in f else f
    return tool(given)
