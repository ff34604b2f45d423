"""A span record as a Weave call. Functions on records.

The shape is that of ``POST /v2/{entity}/{project}/calls/complete``, which takes ids and times as they are given.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final

from .. import semconv
from ..dialects._links import links
from ..dialects._openai_messages import inputs, outputs, tools
from ..encoding import decoded
from ..invocation import Invocation, Json
from ..mapping import from_attributes
from ..runs import is_call, parameters
from ..span_record import SpanRecord

_KINDS: Final = {
    semconv.EXECUTE_TOOL: "tool",
    semconv.INVOKE_AGENT: "agent",
    semconv.RETRIEVAL: "search",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TAKEN: Final = frozenset({"messages", "model", "prompt", "input", "tools"})


def weave_call(
    record: SpanRecord, project: str, *, root: str | None = None, prompt: str | None = None, run: str | None = None
) -> Json:
    """The call of a span.

    Args:
        record: the span.
        project: ``entity/project``.
        root: the id of the trace's root, which makes a turn of a thread.
        prompt: the reference of the prompt's object.
        run: the W&B run, ``entity/project/id``.
    """
    held, inv = record.attributes, from_attributes(record.attributes)
    thread = held.get(semconv.CONVERSATION_ID) or held.get(semconv.SESSION_ID)
    found: Json = {
        "project_id": project,
        "id": record.span_id,
        "trace_id": record.trace_id,
        "parent_id": record.parent_id,
        "op_name": record.name,
        "display_name": record.name[:200],
        "started_at": _time(record.start),
        "ended_at": _time(record.end),
        "attributes": attributes(record, inv),
        "inputs": _inputs(record, inv, prompt),
        "output": _output(record, inv),
        "summary": _summary(record, inv),
        "exception": _exception(record),
        "thread_id": str(thread) if thread else None,
        "turn_id": root if thread else None,
        "wb_run_id": run,
        "wb_run_step": held.get(semconv.RUN_STEP) if run else None,
    }
    return {key: value for key, value in found.items() if value is not None or key in ("output", "exception")}


def attributes(record: SpanRecord, inv: Invocation) -> Json:
    """What stands beside a call: its prompt, its surroundings, its price."""
    held = record.attributes
    dataset = _under(semconv.DATASET_PREFIX, held)
    first = held.get(semconv.TIME_TO_FIRST_CHUNK)
    own: Json = {
        "kind": "llm" if record.operation in semconv.MODEL_CALLS else _KINDS.get(record.operation or "", "chain"),
        "operation_name": record.operation,
        "provider": inv.provider or None,
        "model": inv.response_model or inv.request_model,
        "model_parameters": parameters(record) or None,
        "response_id": inv.response_id,
        "finish_reasons": inv.finish_reasons or None,
        "prompt": _prompt(held) or None,
        "cost": _under("otel_prompt.cost.", held) or None,
        "ttft_ms": round(first * 1000, 3) if first is not None else None,
        "tags": list(held.get(semconv.TAGS) or ()) or None,
        "user_id": held.get(semconv.USER_ID),
        "session_id": held.get(semconv.SESSION_ID),
        "experimenter": held.get(semconv.EXPERIMENTER),
        "experiment": held.get(semconv.EXPERIMENT),
        "dataset": dataset or None,
        "links": links(record, "weave") or None,
        "error_type": held.get(semconv.ERROR_TYPE),
        "resource": record.resource or None,
        "git_commit": record.resource.get(semconv.VCS_REVISION),
    }
    # What is free stands at the top, where one filters by it, but never in the place of what is not.
    free = _under(semconv.METADATA_PREFIX, held)
    return {**free, **{key: value for key, value in own.items() if value is not None}}


def root_of(spans: list[SpanRecord]) -> str | None:
    """The id of a trace's first step here."""
    ids = {record.span_id for record in spans}
    return next((record.span_id for record in spans if record.parent_id not in ids), None)


def _prompt(held: Json) -> Json:
    named = {
        "name": held.get(semconv.PROMPT_NAME),
        "version": held.get(semconv.PROMPT_VERSION),
        "template": held.get(semconv.PROMPT_TEMPLATE),
        "template_hash": held.get(semconv.PROMPT_TEMPLATE_HASH),
        "label": held.get(semconv.PROMPT_LABEL),
        "source": held.get(semconv.PROMPT_SOURCE),
        "variables": _under(semconv.PROMPT_VARIABLE_PREFIX, held) or None,
    }
    return {key: value for key, value in named.items() if value is not None}


def _inputs(record: SpanRecord, inv: Invocation, prompt: str | None) -> Json:
    held = record.attributes
    found: Json = {}
    if record.operation in semconv.MODEL_CALLS:
        found = {"model": inv.request_model or inv.response_model, **(inputs(inv) or {})}
        if inv.tool_definitions:
            found["tools"] = tools(inv.tool_definitions)
        if prompt is not None:
            found["prompt"] = prompt
        for name, value in _under(semconv.PROMPT_VARIABLE_PREFIX, held).items():
            found[f"var.{name}" if name in _TAKEN else name] = value
        return found
    given = held.get(semconv.STEP_INPUT, held.get(semconv.TOOL_ARGUMENTS, held.get(semconv.RETRIEVAL_QUERY)))
    value = decoded(given)
    if isinstance(value, dict):
        return value  # pyright: ignore[reportReturnType] - its keys come from JSON
    return {"input": value} if value is not None else inputs(inv) or {}


def _output(record: SpanRecord, inv: Invocation) -> Any:
    held = record.attributes
    if record.operation in semconv.MODEL_CALLS:
        if inv.embedding_dimensions is not None:
            return {"dimensions": inv.embedding_dimensions}
        if (made := outputs(inv)) is None:
            return None
        # With these Weave shows a chat.
        about = {"id": inv.response_id or record.span_id, "object": "chat.completion", "created": record.end // 10**9}
        return {**about, "model": inv.response_model or inv.request_model, **made}
    made = held.get(semconv.STEP_OUTPUT, held.get(semconv.TOOL_RESULT, held.get(semconv.RETRIEVAL_DOCUMENTS)))
    return decoded(made) if made is not None else outputs(inv)


def _summary(record: SpanRecord, inv: Invocation) -> Json:
    status = "error" if record.status == "error" else "success"
    found: Json = {"weave": {"status": status, "latency_ms": (record.end - record.start) // 1_000_000}}
    counted, model = inv.usage, inv.response_model or inv.request_model
    # Only the span that made the call has its tokens: Weave adds up those below by itself.
    if is_call(record) and model and (counted.input_tokens is not None or counted.output_tokens is not None):
        given, made = counted.input_tokens or 0, counted.output_tokens or 0
        named = {
            "requests": 1,
            "prompt_tokens": given,
            "completion_tokens": made,
            "total_tokens": given + made,
            "cache_read_input_tokens": counted.cache_read_input_tokens,
            "cache_creation_input_tokens": counted.cache_write_input_tokens,
            "reasoning_tokens": counted.reasoning_output_tokens,
        }
        found["usage"] = {model: {key: value for key, value in named.items() if value is not None}}
    return found


def _exception(record: SpanRecord) -> str | None:
    if record.status != "error":
        return None
    raised = next((e.attributes for e in record.events if e.name == semconv.EXCEPTION_EVENT), {})
    said = record.status_message or raised.get(semconv.EXCEPTION_MESSAGE)
    kind = record.attributes.get(semconv.ERROR_TYPE) or raised.get(semconv.EXCEPTION_TYPE)
    return ": ".join(str(part) for part in (kind, said) if part) or "error"


def _under(prefix: str, held: Json) -> Json:
    return {key[len(prefix) :]: value for key, value in held.items() if key.startswith(prefix)}


def _time(nanoseconds: int) -> str:
    # Weave keeps microseconds.
    return (
        (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )
