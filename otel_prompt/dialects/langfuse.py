"""Langfuse: its own ``langfuse.*`` names, which stand before all others.

Any key that begins with ``gen_ai.prompt`` is the input to it, so a prompt's name would be what the model was asked; and
each number under ``gen_ai.usage.`` that it does not know is a kind of token that is added to the rest.

Source: langfuse, packages/shared/src/server/otel/OtelIngestionProcessor.ts.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final

from .. import semconv
from ..invocation import Invocation, Json
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from ._base import about, as_json, as_text, failure, is_about_models, prompt_of, rewritten, tags, without
from ._content import SAID, content

_TYPES: Final = {
    semconv.CHAT: "generation",
    semconv.TEXT_COMPLETION: "generation",
    semconv.GENERATE_CONTENT: "generation",
    semconv.EMBEDDINGS: "embedding",
    semconv.MODERATION: "guardrail",
    semconv.FETCH_RESPONSE: "span",
    semconv.INVOKE_AGENT: "agent",
    semconv.INVOKE_WORKFLOW: "chain",
    semconv.EXECUTE_TOOL: "tool",
    semconv.RETRIEVAL: "retriever",
}
_STEPS: Final = {"chain": "chain", "task": "chain", "guardrail": "guardrail", "evaluator": "evaluator"}
_OBSERVATION: Final = "langfuse.observation."
_DROPPED: Final = (*SAID, semconv.RETRIEVAL_QUERY, semconv.RETRIEVAL_DOCUMENTS, semconv.TAGS)
_DROPPED_PREFIXES: Final = (
    semconv.LEGACY_PROMPT,
    semconv.USAGE_PREFIX,
    f"{semconv.SCOPE}.",
)


def langfuse(record: SpanRecord) -> SpanRecord:
    """The record as Langfuse reads it."""
    if not is_about_models(record):
        return record
    inv, shown = from_attributes(record.attributes), content(record)
    found: dict[str, Any] = {
        "type": _type(record),
        "input": as_text(_messages(shown.inputs)),
        "output": as_text(_answers(shown.outputs)),
        "status_message": failure(record),
        "level": "ERROR" if record.status == "error" else None,
        **(_generation(record, inv) if is_call(record) else {}),
    }
    new: dict[str, Any] = {_OBSERVATION + name: value for name, value in found.items()}
    new.update({f"{_OBSERVATION}metadata.{name}": value for name, value in about(record, "langfuse").items()})
    if inv.prompts and inv.prompts[0].variables:
        new[f"{_OBSERVATION}metadata.variables"] = as_json(inv.prompts[0].variables)
    new |= _trace(record)
    if semconv.DATASET_ITEM_ID in record.attributes:
        new |= _experiment(record)
    return rewritten(record, without(record.attributes, _DROPPED, _DROPPED_PREFIXES), new)


def _type(record: SpanRecord) -> str:
    if record.operation in _TYPES:
        # Another's span of the same call is no second generation.
        return _TYPES[record.operation] if semconv.SAME_CALL not in record.attributes else "span"
    return _STEPS.get(str(record.attributes.get(semconv.STEP_KIND)), "span")


def _generation(record: SpanRecord, inv: Invocation) -> dict[str, Any]:
    prompt = prompt_of(inv.prompts)
    linked = prompt is not None and prompt.source == "langfuse" and str(prompt.version or "").isdecimal()
    return {
        "model.name": inv.response_model or inv.request_model,
        "model.parameters": as_json(inv.parameters),
        "usage_details": as_json(_usage(inv)),
        "cost_details": as_json(_cost(record)),
        "completion_start_time": _first(record, inv),
        # The link is to a prompt of Langfuse's own; of another of the same name it would be a wrong one.
        "prompt.name": prompt.name if linked and prompt is not None else None,
        "prompt.version": int(str(prompt.version)) if linked and prompt is not None else None,
    }


def _usage(inv: Invocation) -> Json:
    """Tokens by kind: the kinds of a side add up to what the service counted, and none is in two."""
    counted = inv.usage
    read, written = counted.cache_read_input_tokens or 0, counted.cache_write_input_tokens or 0
    thought = counted.reasoning_output_tokens or 0
    given, made = counted.input_tokens, counted.output_tokens
    found: Json = {
        "input": max(given - read - written, 0) if given is not None else None,
        "output": max(made - thought, 0) if made is not None else None,
        "total": (given or 0) + (made or 0) if given is not None or made is not None else None,
        "input_cached_tokens": read or None,
        "input_cache_creation": written or None,
        "output_reasoning_tokens": thought or None,
    }
    return {kind: count for kind, count in found.items() if count is not None}


def _cost(record: SpanRecord) -> Json:
    held = record.attributes
    names = {"input": semconv.COST_INPUT, "output": semconv.COST_OUTPUT, "total": semconv.COST_TOTAL}
    return {side: held[name] for side, name in names.items() if name in held}


def _first(record: SpanRecord, inv: Invocation) -> str | None:
    if inv.time_to_first_chunk is None:
        return None
    began = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=record.start // 1000)
    return (began + timedelta(seconds=inv.time_to_first_chunk)).isoformat().replace("+00:00", "Z")


def _trace(record: SpanRecord) -> dict[str, Any]:
    """What belongs to the trace: any of its spans may say it."""
    prefix = semconv.METADATA_PREFIX
    held = record.attributes
    metadata = {
        f"langfuse.trace.metadata.{key[len(prefix) :]}": value for key, value in held.items() if key.startswith(prefix)
    }
    return {"langfuse.trace.tags": tags(record) or None, **metadata}


def _experiment(record: SpanRecord) -> dict[str, Any]:
    """An item of a dataset: with it, what is asked belongs to an experiment."""
    held = record.attributes
    name = held.get(semconv.EXPERIMENT)
    return {
        "langfuse.experiment.id": held.get(semconv.RUN_KEY) or name,
        "langfuse.experiment.name": held.get(semconv.RUN_NAME) or name,
        "langfuse.experiment.dataset.id": held.get(semconv.DATASET_NAME),
        "langfuse.experiment.item.id": held.get(semconv.DATASET_ITEM_ID),
        "langfuse.experiment.item.version": held.get(semconv.DATASET_VERSION),
        "langfuse.experiment.item.expected_output": held.get(semconv.DATASET_ITEM_EXPECTED),
    }


def _messages(given: Any) -> Any:
    """Messages as a list, which is shown as a conversation."""
    return given["messages"] if isinstance(given, dict) and set(given) == {"messages"} else given


def _answers(made: Any) -> Any:
    """The answer as one message; several choices as a list of them."""
    if not (isinstance(made, dict) and set(made) == {"choices"}):
        return made
    found = [choice["message"] for choice in made["choices"]]
    return found[0] if len(found) == 1 else found
