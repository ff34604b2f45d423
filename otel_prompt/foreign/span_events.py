"""Messages in a span's events, where the conventions of 2024 and 2025 had them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Message
from ..providers._openai_messages import message
from ..span_record import SpanEvent

READ: Final = frozenset(
    {
        *semconv.MESSAGE_EVENT_ROLES,
        *(semconv.CHOICE_EVENT, semconv.PROMPT_EVENT, semconv.COMPLETION_EVENT, semconv.INFERENCE_DETAILS_EVENT),
    }
)
"""The events that are read, and then stand among the attributes."""


def read(events: Sequence[SpanEvent]) -> dict[str, Any]:
    """The attributes that a span's events make."""
    if not any(event.name in READ for event in events):
        return {}
    found = messages((event.name, event.attributes) for event in events)
    for event in events:
        if event.name == semconv.INFERENCE_DETAILS_EVENT:
            found |= event.attributes
        elif event.name == semconv.PROMPT_EVENT:
            found |= _whole(event.attributes, semconv.LEGACY_PROMPT)
        elif event.name == semconv.COMPLETION_EVENT:
            found |= _whole(event.attributes, semconv.LEGACY_COMPLETION)
    return found


def messages(events: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The messages of named events: one of each role's, and choices."""
    given: list[Message] = []
    made: list[Message] = []
    for name, held in events:
        if (role := semconv.MESSAGE_EVENT_ROLES.get(name)) is not None:
            body = {key: decoded(value) for key, value in held.items()}
            given.append(message({**body, "role": held.get("role") or role, "content": held.get("content")}))
        elif name == semconv.CHOICE_EVENT:
            body: Any = decoded(held.get("message"))
            body = body if isinstance(body, dict) else {"content": held.get("message", held.get("content"))}
            reason = held.get("finish_reason")
            made.append(message({"role": "assistant", **body}, str(reason) if reason else None))
    found = {semconv.INPUT_MESSAGES: given, semconv.OUTPUT_MESSAGES: made}
    return {name: encode(value) for name, value in found.items() if value}


def _whole(held: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: held[name]} if name in held else {}
