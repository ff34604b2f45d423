"""Spans as a store holds them, made by hand."""

from __future__ import annotations

import json
import time
from typing import Any

from otel_prompt import semconv
from otel_prompt.span_record import SpanEvent, SpanRecord

SECOND = 1_000_000_000


def call(number: int = 1, *, trace: str | None = None, ago: float = 60, **changed: Any) -> SpanRecord:
    """A call to a model; its trace is its number's, unless one is named."""
    attributes: dict[str, Any] = {
        semconv.OPERATION: semconv.CHAT,
        semconv.PROVIDER: "openai",
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
        semconv.REQUEST_PREFIX + "temperature": 0.7,
        semconv.PROMPT_NAME: "story",
        semconv.PROMPT_VERSION: "1",
        semconv.INPUT_TOKENS: 49,
        semconv.OUTPUT_TOKENS: 70,
        semconv.COST_TOTAL: 0.00123,
        semconv.INPUT_MESSAGES: messages("user", "Tell me of [the sea] :smile:"),
        semconv.OUTPUT_MESSAGES: messages("assistant", "It was wide."),
        **changed.pop("attributes", {}),
    }
    start = time.time_ns() - int(ago * SECOND)
    record = SpanRecord(
        trace_id=trace or f"{number:032x}"[::-1],
        span_id=f"{number:016x}",
        name="chat gpt-4o-mini",
        start=start,
        end=start + SECOND // 2,
        kind="client",
        attributes={name: value for name, value in attributes.items() if value is not None},
    )
    for name, value in changed.items():
        setattr(record, name, value)
    return record


def failed(number: int = 1, **changed: Any) -> SpanRecord:
    """A call that the service refused."""
    gone = {semconv.OUTPUT_TOKENS: None, semconv.INPUT_TOKENS: None, semconv.COST_TOTAL: None}
    record = call(number, attributes={**gone, semconv.OUTPUT_MESSAGES: None}, **changed)
    record.attributes[semconv.ERROR_TYPE] = "openai.BadRequestError"
    record.status, record.status_message = "error", "Error code: 400 - the schema is wrong"
    record.events = [SpanEvent("exception", record.end)]
    return record


def chain(trace: str = "c" * 32) -> list[SpanRecord]:
    """A workflow with a call, a tool and a call."""
    now = time.time_ns()
    root = SpanRecord(trace, "a" * 16, "invoke_workflow report", now - 9 * SECOND, now - 5 * SECOND)
    root.attributes = {semconv.OPERATION: semconv.INVOKE_WORKFLOW, semconv.WORKFLOW_NAME: "report"}
    tool = SpanRecord(trace, "b" * 16, "execute_tool almanac", now - 7 * SECOND, now - 7 * SECOND, parent_id="a" * 16)
    tool.attributes = {
        semconv.OPERATION: semconv.EXECUTE_TOOL,
        semconv.TOOL_ARGUMENTS: '{"event":"the fall"}',
        semconv.TOOL_RESULT: "1989",
    }
    first = call(11, trace=trace, ago=8, parent_id="a" * 16)
    second = call(12, trace=trace, ago=6, parent_id="a" * 16)
    return [second, tool, root, first]


def messages(role: str, text: str) -> str:
    """A message as a span holds it."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])
