"""W&B Weave, at its OpenTelemetry door ``/otel/v1/traces``.

What is under ``gen_ai.prompt`` stands before ``gen_ai.input.messages`` there, so a prompt's name would be the input.
``inputs`` and ``outputs`` are read last, but as they are, without a key around them. A conversation's id makes each
span that has it a turn of its own.

Source: weave 0.52, weave/trace_server/opentelemetry, which the tests run.
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from ._base import about, as_json, as_text, failure, is_about_models, prompt_of, rewritten, tags, thread, without
from ._content import SAID, content

_KINDS: Final = {
    semconv.CHAT: "llm",
    semconv.TEXT_COMPLETION: "llm",
    semconv.GENERATE_CONTENT: "llm",
    semconv.EMBEDDINGS: "embedding",
    semconv.INVOKE_AGENT: "agent",
    semconv.INVOKE_WORKFLOW: "workflow",
    semconv.EXECUTE_TOOL: "tool",
    semconv.RETRIEVAL: "retriever",
}
_RUN_ID: Final = 16
"""The characters of a run's key that are its id in W&B."""

_DROPPED: Final = (
    *SAID,
    semconv.RETRIEVAL_QUERY,
    semconv.RETRIEVAL_DOCUMENTS,
    semconv.CONVERSATION_ID,
    semconv.CACHE_WRITE_TOKENS,
    semconv.TAGS,
)
_DROPPED_PREFIXES: Final = (semconv.LEGACY_PROMPT, f"{semconv.SCOPE}.")


def weave(record: SpanRecord) -> SpanRecord:
    """The record as Weave reads it."""
    if not is_about_models(record):
        return record
    inv, shown = from_attributes(record.attributes), content(record)
    key, session = record.attributes.get(semconv.RUN_KEY), thread(record)
    new: dict[str, Any] = {
        "weave.span.kind": _KINDS.get(record.operation or "", record.attributes.get(semconv.STEP_KIND)),
        "inputs": as_text(shown.inputs),
        "outputs": as_text(shown.outputs),
        "wandb.attributes": as_json(_attributes(record)),
        "wandb.thread_id": session,
        "wandb.is_turn": True if session is not None and record.parent_id is None else None,
        "wandb.wb_run_id": str(key)[:_RUN_ID] if key is not None and is_call(record) else None,
        "wandb.wb_run_step": record.attributes.get(semconv.RUN_STEP) if is_call(record) else None,
    }
    if is_call(record):
        new[semconv.CACHE_CREATION_TOKENS] = inv.usage.cache_write_input_tokens
    kept = without(record.attributes, _DROPPED, _DROPPED_PREFIXES)
    return rewritten(record, kept, new, status_message=failure(record) or record.status_message)


def _attributes(record: SpanRecord) -> dict[str, Any]:
    """What is shown beside a call. A value that is 0 or empty would be left out by Weave, unless it is in here."""
    held = record.attributes
    inv = from_attributes(held)
    found = {name: value for name, value in about(record, "weave").items() if not name.startswith("prompt_")}
    if (prompt := prompt_of(inv.prompts)) is not None:
        fields = ("name", "version", "label", "source", "template", "template_hash", "variables")
        found["prompt"] = {name: value for name in fields if (value := getattr(prompt, name)) not in (None, {})}
    costs = {"input_usd": semconv.COST_INPUT, "output_usd": semconv.COST_OUTPUT, "total_usd": semconv.COST_TOTAL}
    if is_call(record):
        found["cost"] = {name: held[key] for name, key in costs.items() if key in held}
    found |= {"tags": tags(record), "user_id": held.get(semconv.USER_ID)}
    return {name: value for name, value in found.items() if value not in (None, [], {})}
