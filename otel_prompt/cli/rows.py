"""A call in one row: the facts that a table shows and that ``--json`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec

from .. import semconv
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
        error=get(semconv.ERROR_TYPE) or span.status_message,
        prompt=get(semconv.PROMPT_NAME),
        version=get(semconv.PROMPT_VERSION),
        template_hash=get(semconv.PROMPT_TEMPLATE_HASH),
        function=get(semconv.PROMPT_FUNCTION),
        model=get(semconv.RESPONSE_MODEL) or get(semconv.REQUEST_MODEL),
        temperature=get(semconv.REQUEST_PREFIX + "temperature"),
        time_to_first_chunk=get(semconv.TIME_TO_FIRST_CHUNK),
        input_tokens=get(semconv.INPUT_TOKENS),
        output_tokens=get(semconv.OUTPUT_TOKENS),
        cost_usd=get(semconv.COST_TOTAL),
        tags=get(semconv.TAGS) or (),
    )
