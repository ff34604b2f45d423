"""A span record as an MLflow span: its type, inputs, outputs, tokens and cost under MLflow's own names."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Invocation, Json, Usage
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from .mlflow_messages import inputs, outputs, texts, tools

_TYPES: Final = {
    semconv.CHAT: "CHAT_MODEL",
    semconv.TEXT_COMPLETION: "LLM",
    semconv.GENERATE_CONTENT: "LLM",
    semconv.FETCH_RESPONSE: "LLM",
    semconv.MODERATION: "LLM",
    semconv.EMBEDDINGS: "EMBEDDING",
    semconv.EXECUTE_TOOL: "TOOL",
    semconv.INVOKE_AGENT: "AGENT",
    semconv.INVOKE_WORKFLOW: "CHAIN",
    semconv.RETRIEVAL: "RETRIEVER",
}
_STATUS: Final = {"ok": "STATUS_CODE_OK", "error": "STATUS_CODE_ERROR", "unset": "STATUS_CODE_UNSET"}
_SHOWN: Final = frozenset(
    {*semconv.CONTENT, semconv.STEP_INPUT, semconv.STEP_OUTPUT, semconv.TOOL_ARGUMENTS, semconv.TOOL_RESULT}
)
"""What stands in a span's inputs and outputs, and so need not stand among its attributes again."""

PREVIEW: Final = 1000


@dataclass(frozen=True, slots=True)
class Content:
    """What went into a step and what came out, as data and as the text that a list shows."""

    inputs: Any = None
    outputs: Any = None
    asked: str | None = None
    answered: str | None = None


def content(record: SpanRecord) -> Content:
    """The inputs and outputs of a span."""
    held = record.attributes
    inv = from_attributes(held)
    if record.operation in semconv.MODEL_CALLS:
        return _call_content(record, inv)
    given = held.get(semconv.STEP_INPUT, held.get(semconv.TOOL_ARGUMENTS, held.get(semconv.RETRIEVAL_QUERY)))
    made = held.get(semconv.STEP_OUTPUT, held.get(semconv.TOOL_RESULT, held.get(semconv.RETRIEVAL_DOCUMENTS)))
    said = _said(inv)
    given, asked = (said.inputs, said.asked) if given is None else (decoded(given), None)
    made, answered = (said.outputs, said.answered) if made is None else (decoded(made), None)
    return Content(given, made, asked or _preview(given), answered or _preview(made))


def _call_content(record: SpanRecord, inv: Invocation) -> Content:
    said = _said(inv)
    if record.operation not in (semconv.EMBEDDINGS, semconv.MODERATION):
        return Content(
            said.inputs, said.outputs, said.asked or _preview(said.inputs), said.answered or _preview(said.outputs)
        )
    asked, answered = texts(inv.input_messages), texts(inv.output_messages)
    made: Any = {"output": answered} if answered else None
    if inv.embedding_dimensions is not None:
        made = {"dimensions": inv.embedding_dimensions}
    return Content({"input": asked} if asked else None, made, said.asked, said.answered or _preview(made))


def _said(inv: Invocation) -> Content:
    """Messages, and of them what a list shows: the last that was asked, all that was answered."""
    asked, answered = texts(inv.input_messages), texts(inv.output_messages)
    last = next((text for text in reversed(asked) if text), None)
    return Content(inputs(inv), outputs(inv), _cut(last), _cut("\n".join(answered)))


def usage(record: SpanRecord) -> Json | None:
    """The tokens of a call, as MLflow counts them. Looking an answer up again spends none."""
    counted = from_attributes(record.attributes).usage
    if not is_call(record) or (counted.input_tokens is None and counted.output_tokens is None):
        return None
    found = {
        "input_tokens": counted.input_tokens,
        "output_tokens": counted.output_tokens,
        "total_tokens": _total(record, counted),
        "cache_read_input_tokens": counted.cache_read_input_tokens,
        "cache_creation_input_tokens": counted.cache_write_input_tokens,
    }
    return {name: count for name, count in found.items() if count is not None}


def _total(record: SpanRecord, counted: Usage) -> int | None:
    """All tokens of a call; None where some were not said. What generates nothing has no output to be said."""
    if record.operation not in semconv.INFERENCE and counted.output_tokens is None:
        return counted.input_tokens
    if counted.input_tokens is None or counted.output_tokens is None:
        return None
    return counted.input_tokens + counted.output_tokens


def cost(record: SpanRecord) -> Json | None:
    """What a call cost, by our price table."""
    held = record.attributes
    if not is_call(record) or (total := held.get(semconv.COST_TOTAL)) is None:
        return None
    return {
        "input_cost": held.get(semconv.COST_INPUT, 0.0),
        "output_cost": held.get(semconv.COST_OUTPUT, 0.0),
        "total_cost": total,
    }


def to_mlflow(record: SpanRecord) -> Any:
    """The MLflow span of a record."""
    from mlflow.entities.span import Span

    trace_id = f"tr-{record.trace_id}"
    held = {**_own_attributes(record), **_named(record), "mlflow.traceRequestId": trace_id}
    return Span.from_dict(
        {
            "trace_id": _base64(record.trace_id),
            "span_id": _base64(record.span_id),
            "parent_span_id": _base64(record.parent_id) if record.parent_id else "",
            "name": record.name,
            "start_time_unix_nano": record.start,
            "end_time_unix_nano": record.end,
            "status": {"code": _STATUS.get(record.status, _STATUS["unset"]), "message": record.status_message or ""},
            "attributes": {key: json.dumps(value, ensure_ascii=False) for key, value in held.items()},
            "events": [{"name": e.name, "time_unix_nano": e.time, "attributes": e.attributes} for e in record.events],
        }
    )


def _own_attributes(record: SpanRecord) -> Json:
    held = {key: value for key, value in record.attributes.items() if key not in _SHOWN}
    if not is_call(record) and record.operation is not None:
        # A parent or a look-up that repeats a call's counts would have them counted twice.
        held = {key: value for key, value in held.items() if not key.startswith(semconv.USAGE_PREFIX)}
    return held


def _named(record: SpanRecord) -> Json:
    """What MLflow has names of its own for."""
    inv, shown = from_attributes(record.attributes), content(record)
    held: dict[str, Any] = {
        "mlflow.spanType": _TYPES.get(record.operation or ""),
        "mlflow.spanInputs": shown.inputs,
        "mlflow.spanOutputs": shown.outputs,
        "mlflow.chat.tokenUsage": usage(record),
        "mlflow.llm.cost": cost(record),
        "mlflow.llm.model": inv.response_model or inv.request_model,
        "mlflow.llm.provider": inv.provider or None,
        "mlflow.chat.tools": tools(inv.tool_definitions) or None,
        "mlflow.message.format": "openai" if record.operation in semconv.INFERENCE else None,
    }
    if semconv.STEP_NAME in record.attributes and record.operation is None:
        held["mlflow.spanType"] = "CHAIN"
    return {key: value for key, value in held.items() if value is not None}


def _preview(value: Any) -> str | None:
    """What a list shows of a step's input: the text itself where there is one, or its only value."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if value is None:
        return None
    return _cut(value if isinstance(value, str) else encode(value))


def _cut(text: str | None) -> str | None:
    if not text:
        return None
    return text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()
