"""Bedrock's InvokeModel: a body as the model's maker has it, which Bedrock hands on, and what Bedrock adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..encoding import decoded
from ..invocation import Invocation, Json, Usage
from ..semconv import GUARDRAIL_ACTION
from ._anthropic_completions import COMPLETIONS
from ._anthropic_messages import MESSAGES
from ._base import Endpoint, child, children, counts, text_of
from ._bedrock_command import COMMAND
from ._bedrock_converse import CONVERSE
from ._bedrock_media import EMBEDDINGS, PICTURES
from ._bedrock_texts import TEXTS
from ._openai_chat import CHAT

_METRICS = "amazon-bedrock-invocationMetrics"
_ACTION = "amazon-bedrock-guardrailAction"
_HEADER = "x-amzn-bedrock-{}-token-count"
_NOVA = frozenset({"schemaVersion", "inferenceConfig", "toolConfig"})


def kind(model: str, body: Json) -> str:
    """Whose body it is: by what is in it and, where several makers have that, by the model's name."""
    if "max_tokens_to_sample" in body:
        return "claude-text"
    if "embed" in model or "texts" in body:
        return "embeddings"
    if "taskType" in body or "text_prompts" in body or "stability." in model:
        return "pictures"
    if "messages" in body:
        if "anthropic_version" in body:
            return "claude"
        return "nova" if "amazon.nova" in model or not _NOVA.isdisjoint(body) else "chat"
    if "prompt" in body or "inputText" in body:
        return "text"
    if "message" in body:
        return "command"
    return "claude" if "anthropic." in model else "text"


def json_of(held: Any) -> Json:
    """The JSON of a body; nothing of a file, which is the service's to read, and of what is no JSON."""
    if isinstance(held, (bytes, bytearray)):
        held = held.decode("utf-8", "replace")
    found = decoded(held)
    return found if isinstance(found, dict) else {}


def _invoked(inner: Endpoint) -> Endpoint:
    """A maker's endpoint, as Bedrock wraps it."""
    return replace(
        inner,
        response=partial(_response, inner),
        usage=partial(_usage, inner),
        accumulate=partial(_accumulate, inner),
        prompt=None,
    )


def _response(inner: Endpoint, inv: Invocation, body: Json) -> None:
    for choice in children(body, "choices"):  # of Mistral's models
        if (reason := text_of(choice.get("stop_reason"))) is not None:
            choice.setdefault("finish_reason", reason)
    inner.response(inv, body)
    action = text_of(body.get(_ACTION))
    if action and action != "NONE":
        inv.attributes[GUARDRAIL_ACTION] = action


def _accumulate(inner: Endpoint, body: Json, event: Any) -> None:
    """Grow the body by what is inside an event of a stream, or by the JSON of a whole answer."""
    if (chunk := event.get("chunk")) is None:
        body.update(event)
        return
    held = json_of(chunk.get("bytes"))
    for name in (_METRICS, _ACTION):
        if name in held:
            body[name] = held[name]
    if inner.accumulate is not None:
        inner.accumulate(body, held)


def _usage(inner: Endpoint, body: Json) -> Usage:
    """Tokens as the maker's body tells them, else as Bedrock does: at the end of a stream, or in the headers."""
    found = inner.usage(body) if inner.usage is not None else Usage()
    metrics, headers = child(body, _METRICS), child(child(body, "ResponseMetadata"), "HTTPHeaders")
    if found.input_tokens is None:
        [found.input_tokens] = counts(_bedrocks(metrics, headers, "input"))
    if found.output_tokens is None and inner is not EMBEDDINGS:
        [found.output_tokens] = counts(_bedrocks(metrics, headers, "output"))
    return found


def _bedrocks(metrics: Json, headers: Mapping[str, Any], side: str) -> Any:
    said = metrics.get(f"{side}TokenCount")
    return said if said is not None else decoded(headers.get(_HEADER.format(side)))


KINDS: Mapping[str, Endpoint] = {
    name: _invoked(endpoint)
    for name, endpoint in {
        "chat": CHAT,
        "claude": MESSAGES,
        "claude-text": COMPLETIONS,
        "command": COMMAND,
        "embeddings": EMBEDDINGS,
        "nova": CONVERSE,
        "pictures": PICTURES,
        "text": TEXTS,
    }.items()
}
"""The makers' endpoints, by ``kind``."""
