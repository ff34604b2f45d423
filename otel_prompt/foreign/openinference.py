"""OpenInference: what Phoenix's and Arize's instrumentations write.

Source: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Json, Part
from ..providers._base import child, children
from ..providers._openai_messages import link
from ._flattened import take
from ._requests import parameters, tool

KIND: Final = "openinference.span.kind"
_OPERATIONS: Final = {
    "LLM": semconv.CHAT,
    "EMBEDDING": semconv.EMBEDDINGS,
    "AGENT": semconv.INVOKE_AGENT,
    "TOOL": semconv.EXECUTE_TOOL,
    "RETRIEVER": semconv.RETRIEVAL,
}
_RENAMED: Final = {
    "llm.provider": semconv.PROVIDER,
    "llm.system": semconv.PROVIDER,
    "llm.request.model_name": semconv.REQUEST_MODEL,
    "llm.response.model_name": semconv.RESPONSE_MODEL,
    "llm.model_name": semconv.RESPONSE_MODEL,
    "embedding.model_name": semconv.RESPONSE_MODEL,
    "llm.token_count.prompt": semconv.INPUT_TOKENS,
    "llm.token_count.completion": semconv.OUTPUT_TOKENS,
    "llm.token_count.prompt_details.cache_read": semconv.CACHE_READ_TOKENS,
    "llm.token_count.prompt_details.cache_input": semconv.CACHE_READ_TOKENS,
    "llm.token_count.prompt_details.cache_write": semconv.CACHE_WRITE_TOKENS,
    "llm.token_count.prompt_details.audio": semconv.AUDIO_INPUT_TOKENS,
    "llm.token_count.completion_details.reasoning": semconv.REASONING_TOKENS,
    "llm.token_count.completion_details.audio": semconv.AUDIO_OUTPUT_TOKENS,
    "llm.cost.prompt": semconv.COST_INPUT,
    "llm.cost.completion": semconv.COST_OUTPUT,
    "llm.cost.total": semconv.COST_TOTAL,
    "llm.prompt_template.template": semconv.PROMPT_TEMPLATE,
    "llm.prompt_template.version": semconv.PROMPT_VERSION,
    "prompt.id": semconv.PROMPT_ID,
    "prompt.vendor": semconv.PROMPT_SOURCE,
    "tool.name": semconv.TOOL_NAME,
    "tool.description": semconv.TOOL_DESCRIPTION,
    "agent.name": semconv.AGENT_NAME,
    "tag.tags": semconv.TAGS,
}
_SUMS: Final = ("llm.token_count.total", "input.mime_type", "output.mime_type", "tool.parameters")


def read(held: dict[str, Any]) -> dict[str, Any]:
    """What a span says in OpenInference's names; nothing where it is of another kind."""
    if (kind := held.pop(KIND, None)) is None:
        return {}
    kind = str(kind).upper()
    found: dict[str, Any] = {}
    for old, new in _RENAMED.items():
        if (value := held.pop(old, None)) is not None:
            found.setdefault(new, value)
    for name in _SUMS:
        held.pop(name, None)
    asked, answered = held.pop("input.value", None), held.pop("output.value", None)
    _surroundings(held, found)
    if kind in ("LLM", "EMBEDDING"):
        found[semconv.OPERATION] = _OPERATIONS[kind]
        _call(held, found, asked, answered)
    elif kind == "TOOL":
        found |= _named({semconv.TOOL_ARGUMENTS: asked, semconv.TOOL_RESULT: answered}, semconv.EXECUTE_TOOL)
    elif kind == "RETRIEVER":
        documents = [_document(child(d, "document")) for d in take(held, "retrieval.documents")]
        shown = encode(documents) if documents else answered
        found |= _named({semconv.RETRIEVAL_QUERY: asked, semconv.RETRIEVAL_DOCUMENTS: shown}, semconv.RETRIEVAL)
    else:
        found |= _named({semconv.STEP_INPUT: asked, semconv.STEP_OUTPUT: answered}, _OPERATIONS.get(kind))
        if kind not in _OPERATIONS:
            found[semconv.STEP_KIND] = kind.lower()
    return found


def _named(values: dict[str, Any], operation: str | None) -> dict[str, Any]:
    return {k: v for k, v in {semconv.OPERATION: operation, **values}.items() if v is not None}


def _surroundings(held: dict[str, Any], found: dict[str, Any]) -> None:
    metadata = decoded(held.get("metadata"))
    if isinstance(metadata, dict):
        del held["metadata"]
        for key, value in metadata.items():
            plain = isinstance(value, (str, bool, int, float))
            found[semconv.METADATA_PREFIX + str(key)] = value if plain else encode(value)
    variables = decoded(held.pop("llm.prompt_template.variables", None))
    if isinstance(variables, dict):
        for key, value in variables.items():
            found[semconv.PROMPT_VARIABLE_PREFIX + str(key)] = value if isinstance(value, str) else encode(value)


def _call(held: dict[str, Any], found: dict[str, Any], asked: Any, answered: Any) -> None:
    """A call to a model: its parameters, messages and tools. The raw request and answer are looked at, and not kept."""
    for name in ("llm.invocation_parameters", "embedding.invocation_parameters"):
        found.update(parameters(decoded(held.pop(name, None))))
    given = [_message(m) for m in take(held, "llm.input_messages")]
    made = [_message(m) for m in take(held, "llm.output_messages")]
    given += [_text("user", child(p, "prompt").get("text")) for p in take(held, "llm.prompts")]
    made += [_text("assistant", child(c, "completion").get("text")) for c in take(held, "llm.choices")]
    embedded = [child(e, "embedding") for e in take(held, "embedding.embeddings")]
    given += [_text("user", e["text"]) for e in embedded if "text" in e]
    if embedded and isinstance(vector := embedded[0].get("vector"), (list, tuple)):
        found[semconv.EMBEDDING_DIMENSIONS] = len(vector)
    body: Any = decoded(answered)
    if isinstance(body, dict) and isinstance(body.get("id"), str):
        found[semconv.RESPONSE_ID] = body["id"]
    if not given and asked is not None:
        given = [_text("user", asked)]
    if not made and isinstance(answered, str) and not isinstance(body, dict):
        made = [_text("assistant", answered)]
    reason = held.pop("llm.finish_reason", None)
    if reason is not None:
        found[semconv.FINISH_REASONS] = [str(reason)]
        if made:
            made[0]["finish_reason"] = str(reason)
    tools = [tool(child(t, "tool").get("json_schema")) for t in take(held, "llm.tools")]
    content = {semconv.INPUT_MESSAGES: given, semconv.OUTPUT_MESSAGES: made, semconv.TOOL_DEFINITIONS: tools}
    found.update({name: encode(value) for name, value in content.items() if value})


def _text(role: str, content: Any) -> Json:
    return {"role": role, "parts": [{"type": "text", "content": content if isinstance(content, str) else ""}]}


def _message(item: Json) -> Json:
    m = child(item, "message")
    role = str(m.get("role") or "user")
    if role == "tool" or "tool_call_id" in m:
        answer = {"type": "tool_call_response", "id": m.get("tool_call_id"), "response": m.get("content")}
        return {"role": "tool", "parts": [{k: v for k, v in answer.items() if v is not None}]}
    parts: list[Part] = []
    if m.get("content"):
        parts.append({"type": "text", "content": m["content"]})
    parts += [_part(child(p, "message_content")) for p in children(m, "contents")]
    parts += [_tool_call(child(c, "tool_call")) for c in children(m, "tool_calls")]
    return {"role": role, "parts": parts, **({"name": m["name"]} if "name" in m else {})}


def _part(p: Json) -> Part:
    kind = p.get("type")
    if kind == "image":
        return link("image", child(child(p, "image"), "image").get("url"))
    if kind in ("audio", "video", "document"):
        return link(str(kind), child(child(p, str(kind)), str(kind)).get("url"))
    return {"type": "reasoning" if kind == "reasoning" else "text", "content": p.get("text", "")}


def _tool_call(call: Json) -> Part:
    function = child(call, "function")
    found = {"type": "tool_call", "id": call.get("id"), "name": function.get("name", "")}
    return {k: v for k, v in {**found, "arguments": decoded(function.get("arguments"))}.items() if v is not None}


def _document(d: Json) -> Json:
    return {**{k: d[k] for k in ("id", "score", "content") if k in d}, **_metadata(d.get("metadata"))}


def _metadata(text: Any) -> Json:
    found = decoded(text)
    return {"metadata": found} if isinstance(found, dict) else {}
