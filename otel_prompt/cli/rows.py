"""A call in one row: the facts that a table shows and that ``--json`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from math import isfinite
from typing import Any

import msgspec

from .. import semconv
from ..encoding import encode
from ..span_record import SpanRecord


class Row(msgspec.Struct):
    """One span; None for what it does not say. ``started`` is an ISO time in UTC.

    ``function`` is the automatic identity of a call whose prompt is not known: what made it. ``template_hash`` is then
    the hash of what stays the same in it.
    """

    trace_id: str
    span_id: str
    started: str
    seconds: float
    name: str
    operation: str | None
    status: str
    error: str | None
    prompt: str | None
    version: str | None
    template_hash: str | None
    function: str | None
    model: str | None
    temperature: float | None
    time_to_first_chunk: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    tags: Sequence[str]


def identity(fact: Row) -> str | None:
    """What a call is known by: its prompt or, marked with ``~``, the function that made it."""
    return fact.prompt or (f"~{fact.function}" if fact.function else None)


def row(span: SpanRecord) -> Row:
    """The row of a span. A span that has not failed is ``ok``."""
    get: Any = span.attributes.get
    return Row(
        trace_id=span.trace_id,
        span_id=span.span_id,
        started=datetime.fromtimestamp(span.start / 1e9, timezone.utc).isoformat(timespec="milliseconds"),
        seconds=round(span.seconds, 6),
        name=span.name,
        operation=span.operation,
        status="error" if span.status == "error" else "ok",
        error=_text(get(semconv.ERROR_TYPE)) or span.status_message,
        prompt=_text(get(semconv.PROMPT_NAME)),
        version=_text(get(semconv.PROMPT_VERSION)),
        template_hash=_text(get(semconv.PROMPT_TEMPLATE_HASH)),
        function=_text(get(semconv.PROMPT_FUNCTION)),
        model=_text(get(semconv.RESPONSE_MODEL) or get(semconv.REQUEST_MODEL)),
        temperature=_number(get(semconv.REQUEST_PREFIX + "temperature")),
        time_to_first_chunk=_number(get(semconv.TIME_TO_FIRST_CHUNK)),
        input_tokens=_number(get(semconv.INPUT_TOKENS)),
        output_tokens=_number(get(semconv.OUTPUT_TOKENS)),
        cost_usd=_number(get(semconv.COST_TOTAL)),
        tags=get(semconv.TAGS) or (),
    )


def _number(value: Any) -> Any:
    """A figure; None for what is none: another instrumentation's attribute may be of any type."""
    return value if isinstance(value, (int, float)) and isfinite(value) else None


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else encode(value)
