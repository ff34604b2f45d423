"""What our settings keep out of our own spans, kept out of other instrumentations' spans as well."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import msgspec

from .. import semconv
from ..config import Settings
from ..span_record import SpanEvent, SpanRecord
from .redact import redact

_CONTENT: Final = frozenset(
    {
        *semconv.CONTENT,
        *(semconv.STEP_INPUT, semconv.STEP_OUTPUT, semconv.TOOL_ARGUMENTS, semconv.TOOL_RESULT),
        *(semconv.RETRIEVAL_QUERY, semconv.RETRIEVAL_DOCUMENTS, semconv.PROMPT_TEMPLATE),
        *(semconv.DATASET_ITEM_EXPECTED, "hidden_params"),
    }
)
_PREFIXES: Final = (
    semconv.PROMPT_VARIABLE_PREFIX,
    # What no reader knew of others' names may be content: LiteLLM has a whole request in such.
    *("llm.", "input.", "output.", "traceloop.", "logfire.", "pydantic_ai.", "metadata."),
)


_FIGURES: Final = (semconv.USAGE_PREFIX, semconv.COST_PREFIX, semconv.TIME_TO_FIRST_CHUNK)


def cleaned(record: SpanRecord, settings: Settings) -> SpanRecord:
    """A span as the settings let it be kept and sent, wherever that is. Ours is so already, and is given back."""
    if record.scope == semconv.SCOPE:
        return record
    record = with_true_figures(record)
    if not settings.capture_content.on_spans:
        return without_content(record)
    return redacted(record) if settings.redact else record


def with_true_figures(record: SpanRecord) -> SpanRecord:
    """The record without tokens, costs and times that are no numbers: whoever adds them up would stumble."""
    held = {k: v for k, v in record.attributes.items() if not k.startswith(_FIGURES) or _is_number(v)}
    return record if len(held) == len(record.attributes) else msgspec.structs.replace(record, attributes=held)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(value)


def without_content(record: SpanRecord) -> SpanRecord:
    """The record without what was said, also in what it says of an error."""
    held = {k: v for k, v in record.attributes.items() if k not in _CONTENT and not k.startswith(_PREFIXES)}
    if semconv.OPERATION not in held:
        return msgspec.structs.replace(record, attributes=held)
    events = [msgspec.structs.replace(event, attributes=_kept(event)) for event in record.events]
    return msgspec.structs.replace(record, attributes=held, events=events, status_message=None)


def _kept(event: SpanEvent) -> dict[str, object]:
    return {k: v for k, v in event.attributes.items() if k == semconv.EXCEPTION_TYPE}


def redacted(record: SpanRecord) -> SpanRecord:
    """The record with keys, tokens and passwords replaced."""
    held = {k: redact(v) if isinstance(v, str) else v for k, v in record.attributes.items()}
    events = [
        msgspec.structs.replace(
            event, attributes={k: redact(v) if isinstance(v, str) else v for k, v in event.attributes.items()}
        )
        for event in record.events
    ]
    message = redact(record.status_message) if record.status_message else None
    return msgspec.structs.replace(record, attributes=held, events=events, status_message=message)
