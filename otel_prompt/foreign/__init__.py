"""Spans of other instrumentations, read into the conventions' names of today.

Each reader takes the names that it knows out of a span's attributes and gives what they mean. What the span already
says in the conventions' own names stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from .. import semconv
from ..span_record import SpanRecord

Reader = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes its names out of the attributes, and gives what they mean."""

_PREFIXES: Final = (
    *("llm.", "openinference.", "traceloop.", "logfire.", "pydantic_ai."),
    semconv.USAGE_DETAILS_PREFIX,
)
_EXACT: Final = frozenset(
    {
        *semconv.RENAMED,
        *(semconv.LEGACY_PROMPT, semconv.LEGACY_COMPLETION, semconv.USAGE_RAW, semconv.TOTAL_TOKENS),
        *("request_data", "response_data", "all_messages_events", "operation.cost"),
    }
)
_COUNTED: Final = (semconv.USAGE_PREFIX, semconv.COST_PREFIX)


def canonical(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes under the conventions' names of today; ours, which have no others, as they are."""
    if not any(_is_foreign(key) for key in attributes):
        return attributes
    rest, found = dict(attributes), dict[str, Any]()
    for read in _readers():
        for name, value in read(rest).items():
            if not name.startswith(_COUNTED) or isinstance(value, (int, float)):
                found.setdefault(name, value)
    return {**found, **rest}


def _readers() -> tuple[Reader, ...]:
    # Imported for the first span of another instrumentation: most applications have none.
    from . import openinference, openllmetry, pydantic_ai, renamed

    return renamed.read, openinference.read, openllmetry.read, pydantic_ai.read


def canonical_record(record: SpanRecord) -> SpanRecord:
    """The record with its attributes under the names of today, and with the messages that its events hold."""
    attributes = canonical(record.attributes)
    if attributes is record.attributes and not record.events:
        return record
    from . import span_events

    said = span_events.read(record.events)
    if attributes is record.attributes and not said:
        return record
    held = {**said, **attributes}
    if semconv.STEP_KIND in held:
        held.setdefault(semconv.STEP_NAME, record.name)
    events = record.events if not said else [e for e in record.events if e.name not in span_events.READ]
    return msgspec.structs.replace(record, attributes=held, events=events)


def _is_foreign(key: str) -> bool:
    if key in _EXACT or key.startswith(_PREFIXES):
        return True
    prefix = semconv.LEGACY_PROMPT_PREFIX
    return key.startswith(prefix) and key[len(prefix)].isdecimal() if len(key) > len(prefix) else False
