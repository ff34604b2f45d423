"""Phoenix: OpenInference, which each of its versions reads; what it reads of the conventions itself depends on them.

Since 15.10 it also reads ``gen_ai.*``, but leaves out a whole conversation for one part that it does not know, and
shows the answer's id where the answer should be. What stands in OpenInference's names already is not touched by that.

Source: phoenix 20, phoenix/trace/gen_ai/conversion.py; openinference/spec/semantic_conventions.md.
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Invocation
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from ._base import about, as_json, is_about_models, prompt_of, rewritten, tags, thread, without
from ._content import SHOWN, content
from ._openinference import documents, messages, tools

_KINDS: Final = {
    semconv.CHAT: "LLM",
    semconv.TEXT_COMPLETION: "LLM",
    semconv.GENERATE_CONTENT: "LLM",
    semconv.FETCH_RESPONSE: "CHAIN",
    semconv.MODERATION: "GUARDRAIL",
    semconv.EMBEDDINGS: "EMBEDDING",
    semconv.EXECUTE_TOOL: "TOOL",
    semconv.INVOKE_AGENT: "AGENT",
    semconv.INVOKE_WORKFLOW: "CHAIN",
    semconv.RETRIEVAL: "RETRIEVER",
}
_STEPS: Final = {"reranker": "RERANKER", "guardrail": "GUARDRAIL", "evaluator": "EVALUATOR", "prompt": "PROMPT"}
_DROPPED: Final = (*SHOWN, semconv.RETRIEVAL_QUERY, semconv.RETRIEVAL_DOCUMENTS, semconv.TAGS)
_DROPPED_PREFIXES: Final = (semconv.USAGE_PREFIX, semconv.LEGACY_PROMPT, f"{semconv.SCOPE}.")


def phoenix(record: SpanRecord) -> SpanRecord:
    """The record as Phoenix reads it."""
    if not is_about_models(record):
        return record
    held = record.attributes
    inv, shown = from_attributes(held), content(record)
    new: dict[str, Any] = {
        "openinference.span.kind": _kind(record),
        **_value("input", held.get(semconv.RETRIEVAL_QUERY, shown.inputs)),
        **_value("output", _answer(inv, shown.outputs)),
        "session.id": thread(record),
        "tag.tags": tags(record) or None,
        "metadata": as_json({k: v for k, v in about(record, "phoenix").items() if k != "prompt_template"}),
        "tool.name": held.get(semconv.TOOL_NAME),
        "tool.description": held.get(semconv.TOOL_DESCRIPTION),
        "agent.name": held.get(semconv.AGENT_NAME),
        **documents(decoded(held.get(semconv.RETRIEVAL_DOCUMENTS))),
        **_prompt(inv),
    }
    if is_call(record):
        new |= _embedding(inv) if record.operation == semconv.EMBEDDINGS else _call(inv)
        new |= _usage(record, inv)
    return rewritten(record, without(held, _DROPPED, _DROPPED_PREFIXES), new)


def _kind(record: SpanRecord) -> str:
    if semconv.SAME_CALL in record.attributes:
        return "CHAIN"  # another's span of the same call, whose tokens would be looked for
    if record.operation in _KINDS:
        return _KINDS[record.operation]
    return _STEPS.get(str(record.attributes.get(semconv.STEP_KIND)), "CHAIN")


def _value(side: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    kind = "text/plain" if isinstance(value, str) else "application/json"
    return {f"{side}.value": value if isinstance(value, str) else encode(value), f"{side}.mime_type": kind}


def _answer(inv: Invocation, made: Any) -> Any:
    """The answer's text, where it is one: that is what lists show."""
    if len(inv.output_messages) == 1 and isinstance(made, dict) and "choices" in made:
        parts = inv.output_messages[0].parts
        if len(parts) == 1 and parts[0].get("type") == "text":
            return str(parts[0].get("content", ""))
    return made


def _call(inv: Invocation) -> dict[str, Any]:
    asked = list(inv.input_messages)
    return {
        "llm.model_name": inv.response_model or inv.request_model,
        "llm.provider": inv.provider or None,
        "llm.invocation_parameters": as_json(inv.parameters),
        "llm.finish_reason": inv.finish_reasons[0] if inv.finish_reasons else None,
        **messages("llm.input_messages", asked, inv.system_instructions),
        **messages("llm.output_messages", inv.output_messages),
        **tools(inv.tool_definitions),
    }


def _embedding(inv: Invocation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "embedding.model_name": inv.response_model or inv.request_model,
        "embedding.invocation_parameters": as_json(inv.parameters),
        "llm.provider": inv.provider or None,
    }
    texts = [str(p["content"]) for m in inv.input_messages for p in m.parts if "content" in p]
    found.update({f"embedding.embeddings.{n}.embedding.text": text for n, text in enumerate(texts)})
    return found


def _usage(record: SpanRecord, inv: Invocation) -> dict[str, Any]:
    counted, held = inv.usage, record.attributes
    given, made = counted.input_tokens, counted.output_tokens
    return {
        "llm.token_count.prompt": given,
        "llm.token_count.completion": made,
        "llm.token_count.total": (given or 0) + (made or 0) if given is not None or made is not None else None,
        "llm.token_count.prompt_details.cache_read": counted.cache_read_input_tokens,
        "llm.token_count.prompt_details.cache_write": counted.cache_write_input_tokens,
        "llm.token_count.prompt_details.audio": counted.audio_input_tokens,
        "llm.token_count.completion_details.reasoning": counted.reasoning_output_tokens,
        "llm.token_count.completion_details.audio": counted.audio_output_tokens,
        "llm.cost.prompt": held.get(semconv.COST_INPUT),
        "llm.cost.completion": held.get(semconv.COST_OUTPUT),
        "llm.cost.total": held.get(semconv.COST_TOTAL),
    }


def _prompt(inv: Invocation) -> dict[str, Any]:
    if (prompt := prompt_of(inv.prompts)) is None:
        return {}
    return {
        "llm.prompt_template.template": prompt.template,
        "llm.prompt_template.version": prompt.version,
        "llm.prompt_template.variables": as_json(prompt.variables),
        "prompt.id": prompt.id or prompt.name,
        "prompt.vendor": prompt.source,
    }
