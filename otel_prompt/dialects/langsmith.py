"""LangSmith: ``langsmith.*`` names, and messages where its OpenTelemetry door looks for them.

Sources: https://docs.smith.langchain.com, "Trace with OpenTelemetry"; langsmith 0.15, langsmith/_internal/otel and
langsmith/integrations.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from .. import semconv
from ..invocation import Invocation, Json
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanEvent, SpanRecord
from ._base import about, as_json, is_about_models, prompt_of, rewritten, tags, thread, without
from ._content import SAID, content

_KINDS: Final = {
    semconv.CHAT: "llm",
    semconv.TEXT_COMPLETION: "llm",
    semconv.GENERATE_CONTENT: "llm",
    semconv.EMBEDDINGS: "embedding",
    semconv.EXECUTE_TOOL: "tool",
    semconv.RETRIEVAL: "retriever",
}
_METADATA: Final = "langsmith.metadata."
_DROPPED: Final = (*SAID, semconv.RETRIEVAL_QUERY, semconv.RETRIEVAL_DOCUMENTS, semconv.TAGS)
_DROPPED_PREFIXES: Final = (
    semconv.LEGACY_PROMPT_PREFIX,  # what is under gen_ai.prompt is the input to it
    semconv.USAGE_PREFIX,
    f"{semconv.SCOPE}.",
)


def langsmith(record: SpanRecord) -> SpanRecord:
    """The record as LangSmith reads it."""
    if not is_about_models(record):
        return record
    inv, shown = from_attributes(record.attributes), content(record)
    new: dict[str, Any] = {
        "langsmith.span.kind": _kind(record),
        "langsmith.span.tags": ", ".join(tag.replace(",", " ") for tag in tags(record)) or None,
        # For all kinds of spans: an object becomes the inputs and outputs as it is.
        semconv.LEGACY_PROMPT: as_json(_object("input", shown.inputs)),
        semconv.LEGACY_COMPLETION: as_json(_object("output", _answers(shown.outputs))),
        "langsmith.reference_example_id": _example(record),
    }
    if is_call(record):
        new[semconv.SYSTEM] = inv.provider or None
        new["langsmith.usage_metadata"] = as_json(_usage(record, inv))
    new.update({_METADATA + name: value for name, value in _metadata(record, inv).items() if value is not None})
    kept = without(record.attributes, _DROPPED, _DROPPED_PREFIXES)
    return rewritten(record, kept, new, events=[*record.events, *_first(record, inv)])


def _kind(record: SpanRecord) -> str:
    if semconv.SAME_CALL in record.attributes:
        return "chain"
    return _KINDS.get(record.operation or "", "chain")


def _metadata(record: SpanRecord, inv: Invocation) -> dict[str, Any]:
    found: dict[str, Any] = {
        **about(record, "langsmith"),
        "user_id": record.attributes.get(semconv.USER_ID),
        "thread_id": thread(record),
        "session_id": record.attributes.get(semconv.SESSION_ID),
    }
    if is_call(record):
        found["ls_provider"] = inv.provider or None
        found["ls_model_name"] = inv.response_model or inv.request_model
        found["ls_model_type"] = "chat" if record.operation == semconv.CHAT else "llm"
    if (prompt := prompt_of(inv.prompts)) is not None:
        found.update({f"var.{name}": value for name, value in prompt.variables.items()})
        if prompt.source == "langsmith":
            owner, _, repository = prompt.name.rpartition("/")
            found |= {"lc_hub_owner": owner or "-", "lc_hub_repo": repository, "lc_hub_commit_hash": prompt.version}
            found["revision_id"] = prompt.version
    return found


def _usage(record: SpanRecord, inv: Invocation) -> Json:
    counted, held = inv.usage, record.attributes
    given, made = counted.input_tokens, counted.output_tokens
    found: Json = {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": (given or 0) + (made or 0) if given is not None or made is not None else None,
        "input_token_details": {
            "cache_read": counted.cache_read_input_tokens,
            "cache_creation": counted.cache_write_input_tokens,
            "audio": counted.audio_input_tokens,
        },
        "output_token_details": {"reasoning": counted.reasoning_output_tokens, "audio": counted.audio_output_tokens},
        "input_cost": held.get(semconv.COST_INPUT),
        "output_cost": held.get(semconv.COST_OUTPUT),
        "total_cost": held.get(semconv.COST_TOTAL),
    }
    return _there(found)


def _there(counts: Json) -> Json:
    found = {k: _there(v) if isinstance(v, dict) else v for k, v in counts.items()}
    return {k: v for k, v in found.items() if v not in (None, {})}


def _example(record: SpanRecord) -> str | None:
    """The example of a LangSmith dataset that a span is a run on: LangSmith's own ids are UUIDs."""
    item = record.attributes.get(semconv.DATASET_ITEM_ID)
    try:
        return str(UUID(str(item))) if item is not None else None
    except ValueError:
        return None


def _first(record: SpanRecord, inv: Invocation) -> list[SpanEvent]:
    """LangSmith takes the time of this event for the first token's."""
    if inv.time_to_first_chunk is None:
        return []
    return [SpanEvent("new_token", record.start + int(inv.time_to_first_chunk * 1e9))]


def _object(name: str, value: Any) -> Any:
    """Inputs and outputs are objects there; what is none gets a name."""
    return value if value is None or isinstance(value, dict) else {name: value}


def _answers(made: Any) -> Any:
    if not (isinstance(made, dict) and set(made) == {"choices"}):
        return made
    return {"messages": [choice["message"] for choice in made["choices"]]}
