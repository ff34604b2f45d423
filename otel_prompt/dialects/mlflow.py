"""MLflow: a span's type, inputs, outputs, tokens and cost under MLflow's own names.

Source: mlflow/tracing/constant.py and mlflow/tracing/otel/translation of MLflow 3.17.
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import encode
from ..invocation import Json, Usage
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from ._base import about, below, is_about_models, rewritten, tags, thread
from ._content import SHOWN, content
from ._openai_messages import tools

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


def own_attributes(record: SpanRecord) -> Json:
    """The attributes that stay beside what MLflow has names for."""
    held = {key: value for key, value in record.attributes.items() if key not in SHOWN}
    if not is_call(record) and record.operation is not None:
        # A parent or a look-up that repeats a call's counts would have them counted twice.
        held = {key: value for key, value in held.items() if not key.startswith(semconv.USAGE_PREFIX)}
    return held


def named(record: SpanRecord) -> Json:
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


def mlflow(record: SpanRecord) -> SpanRecord:
    """The record as MLflow reads it at its OTLP door.

    What that door cannot make is left to MLflow's own interface, which the exporter ``mlflow`` uses: runs, the link to
    a registered prompt, metadata, assessments.
    """
    if not is_about_models(record):
        return record
    new = {name: value if isinstance(value, str) else encode(value) for name, value in named(record).items()}
    if (session := thread(record)) is not None:
        new["session.id"] = session
    if record.parent_id is None:
        new.update({f"mlflow.traceTag.{tag}": "true" for tag in tags(record)})
        new.update({f"mlflow.traceTag.{name}": str(value) for name, value in _tags(record).items()})
    return rewritten(record, own_attributes(record), new)


def _tags(record: SpanRecord) -> Json:
    """What is looked for in the list of traces; a tag has room for 4096 characters."""
    known = ("experimenter", "run_key", "dataset", "dataset_version", "dataset_item")
    facts = {f"{semconv.SCOPE}.{name}": value for name, value in about(record).items() if name in known}
    return {**facts, **{name: str(value)[:4096] for name, value in below(record, semconv.METADATA_PREFIX).items()}}
