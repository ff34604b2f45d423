"""Span records as an application would leave them: calls with prompts, steps around them, from no real application."""

from __future__ import annotations

import itertools
import time
from hashlib import sha256
from typing import Any

from otel_prompt import semconv
from otel_prompt.encoding import encode
from otel_prompt.score import Score, ScoreSource, to_event
from otel_prompt.span_record import SpanRecord

TEMPLATE = "Summarize in {{n}} words: {{text}}"
HASH = sha256(TEMPLATE.encode()).hexdigest()
ANSWER = "A city became an empire, then slowly fell apart."

_numbers = itertools.count(1)
_SECOND = 1_000_000_000
_BEGAN = time.time_ns() - 3600 * _SECOND


def new_trace() -> str:
    """A trace id that no other test has."""
    return f"{_BEGAN:016x}{next(_numbers):016x}"


def call(
    trace_id: str | None = None, parent: SpanRecord | None = None, *, failed: bool = False, **attributes: Any
) -> SpanRecord:
    """A chat with a prompt. Attributes are given by their name in ``semconv``; None takes one away."""
    number = next(_numbers)
    held: dict[str, Any] = {
        semconv.OPERATION: semconv.CHAT,
        semconv.PROVIDER: "openai",
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
        semconv.REQUEST_PREFIX + "temperature": 0.2,
        semconv.SYSTEM_INSTRUCTIONS: encode([{"type": "text", "content": "Be brief."}]),
        semconv.INPUT_MESSAGES: encode([{"role": "user", "parts": [{"type": "text", "content": "Summarize Rome"}]}]),
        semconv.OUTPUT_MESSAGES: encode(
            [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}], "finish_reason": "stop"}]
        ),
        semconv.INPUT_TOKENS: 21,
        semconv.OUTPUT_TOKENS: 12,
        semconv.COST_INPUT: 0.25,
        semconv.COST_OUTPUT: 0.5,
        semconv.COST_TOTAL: 0.75,
        semconv.TIME_TO_FIRST_CHUNK: 0.21,
        semconv.PROMPT_NAME: "summarize",
        semconv.PROMPT_VERSION: "1",
        semconv.PROMPT_TEMPLATE: TEMPLATE,
        semconv.PROMPT_TEMPLATE_HASH: HASH,
        semconv.PROMPT_VARIABLE_PREFIX + "n": "9",
    }
    held.update({getattr(semconv, name, name): value for name, value in attributes.items()})
    start = _BEGAN + number * _SECOND
    return SpanRecord(
        trace_id or (parent.trace_id if parent else new_trace()),
        f"{number:016x}",
        "chat gpt-4o-mini",
        start,
        start + 900_000_000,
        parent.span_id if parent else None,
        kind="client",
        status="error" if failed else "unset",
        scope="otel_prompt",
        attributes={key: value for key, value in held.items() if value is not None},
        resource={"service.name": "shop"},
    )


def step(name: str = "story", parent: SpanRecord | None = None, **attributes: Any) -> SpanRecord:
    """A workflow; with attributes, any other step."""
    number = next(_numbers)
    held: dict[str, Any] = {
        semconv.OPERATION: semconv.INVOKE_WORKFLOW,
        semconv.WORKFLOW_NAME: name,
        semconv.STEP_NAME: name,
        semconv.STEP_INPUT: encode({"topic": "Rome"}),
        semconv.STEP_OUTPUT: encode("It fell."),
    }
    held.update({getattr(semconv, key, key): value for key, value in attributes.items()})
    held = {key: value for key, value in held.items() if value is not None}
    start = _BEGAN + number * _SECOND
    trace_id = parent.trace_id if parent else new_trace()
    parent_id = parent.span_id if parent else None
    title = f"{held.get(semconv.OPERATION, 'step')} {name}"
    return SpanRecord(trace_id, f"{number:016x}", title, start, start + 9 * _SECOND, parent_id, attributes=held)


def judge(
    record: SpanRecord,
    name: str,
    value: float | bool | str,
    later: int = 0,
    source: ScoreSource = ScoreSource.HUMAN,
    judge: str = "ada",
    **more: Any,
) -> Score:
    """Judge a span, some seconds after it: as the store gives it, each judge's newest word alone."""
    when = record.end + _SECOND * (1 + later)
    score = Score(record.trace_id, record.span_id, name, value, source, when, judge, **more)
    record.events = [e for e in record.events if e.attributes.get(semconv.EVALUATION_ID) != score.id]
    record.events.append(to_event(score))
    return score
