"""Pydantic AI and Logfire: what of their spans is in names of their own.

Sources: pydantic_ai/_instrumentation.py and models/instrumented.py; logfire/_internal/integrations/llm_providers.
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..providers._openai_messages import message
from ._requests import parameters
from .span_events import messages

_RENAMED: Final = {
    "agent_name": semconv.AGENT_NAME,
    "tool_arguments": semconv.TOOL_ARGUMENTS,
    "tool_response": semconv.TOOL_RESULT,
    "final_result": semconv.STEP_OUTPUT,
    "operation.cost": semconv.COST_TOTAL,
    "logfire.tags": semconv.TAGS,
}
_FOR_THEIR_OWN_VIEW: Final = (
    "logfire.json_schema",
    "logfire.msg_template",
    "logfire.span_type",
    "model_request_parameters",
)
_MARKS: Final = ("logfire.", "pydantic_ai.")


def read(held: dict[str, Any]) -> dict[str, Any]:
    """What a span says in the names of Pydantic AI and Logfire; nothing where neither made it."""
    if not any(key.startswith(_MARKS) for key in held) and "operation.cost" not in held:
        return {}
    found: dict[str, Any] = {}
    for old, new in _RENAMED.items():
        if (value := held.pop(old, None)) is not None:
            found[new] = list(value) if isinstance(value, tuple) else value
    for name in _FOR_THEIR_OWN_VIEW:
        held.pop(name, None)
    _events(held, found)
    _agent(held, found)
    _bodies(held, found)
    return found


def _events(held: dict[str, Any], found: dict[str, Any]) -> None:
    """The messages of a call as a JSON list of the conventions' former events."""
    events: Any = decoded(held.pop("events", None))
    if isinstance(events, list):
        named = [(str(e.get("event.name")), e) for e in events if isinstance(e, dict)]
        found.update({name: value for name, value in messages(named).items() if name not in held})


def _agent(held: dict[str, Any], found: dict[str, Any]) -> None:
    """An agent's whole conversation: it began with what it was asked."""
    said: Any = decoded(held.pop("pydantic_ai.all_messages", None))
    events: Any = decoded(held.pop("all_messages_events", None))
    if isinstance(said, list) and said:
        asked: list[Any] = []
        for m in said:
            if isinstance(m, dict) and m.get("role") == "assistant":
                break
            asked.append(m)
        found[semconv.INPUT_MESSAGES] = encode(asked)
        if isinstance(said[-1], dict) and said[-1].get("role") == "assistant":
            found[semconv.OUTPUT_MESSAGES] = encode([said[-1]])
    elif isinstance(events, list):
        found |= messages([(str(e.get("event.name")), e) for e in events if isinstance(e, dict)])
    if semconv.AGENT_NAME in found and semconv.OPERATION not in held:
        found[semconv.OPERATION] = semconv.INVOKE_AGENT


def _bodies(held: dict[str, Any], found: dict[str, Any]) -> None:
    """A request and its answer as the service's own JSON, as Logfire kept them before it had the conventions' names."""
    asked: Any = decoded(held.pop("request_data", None))
    answered: Any = decoded(held.pop("response_data", None))
    if isinstance(asked, dict):
        found |= parameters(asked)
        if semconv.INPUT_MESSAGES not in held and isinstance(asked.get("messages"), list):
            found[semconv.INPUT_MESSAGES] = encode([message(m) for m in asked["messages"] if isinstance(m, dict)])
    if isinstance(answered, dict) and semconv.OUTPUT_MESSAGES not in held:
        if isinstance(answered.get("message"), dict):
            found[semconv.OUTPUT_MESSAGES] = encode([message(answered["message"])])
        elif isinstance(text := answered.get("combined_chunk_content"), str):
            found[semconv.OUTPUT_MESSAGES] = encode([message({"role": "assistant", "content": text})])
