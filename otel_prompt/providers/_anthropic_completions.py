"""Anthropic's Text Completions API, which the SDK had until its first major version."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message
from ..semconv import TEXT_COMPLETION
from ._base import Call, Endpoint, append, fault, fields, pick, text_of

_PARAMETERS = ("temperature", "top_p", "top_k", "stop_sequences")


def request(call: Call) -> Invocation:
    """A prompt, which holds both sides of the conversation."""
    body = call.body
    text = text_of(body.get("prompt"))
    return Invocation(
        TEXT_COMPLETION,
        request_model=text_of(body.get("model")),
        parameters=pick(body, _PARAMETERS, max_tokens="max_tokens_to_sample"),
        input_messages=[Message("user", [{"type": "text", "content": text}])] if text else [],
    )


def response(inv: Invocation, body: Json) -> None:
    """A completion. The API counts no tokens."""
    inv.response_id, inv.response_model = text_of(body.get("id")), text_of(body.get("model"))
    fault(inv, body)
    reason = text_of(body.get("stop_reason"))
    inv.finish_reasons = [reason] if reason else []
    if text := text_of(body.get("completion")):
        inv.output_messages = [Message("assistant", [{"type": "text", "content": text}], finish_reason=reason)]


def accumulate(body: Json, chunk: Any) -> None:
    """Grow the completion by a piece."""
    held = fields(chunk)
    append(body, "completion", held.get("completion"))
    body.update(pick(held, ("id", "model", "stop_reason", "error")))


COMPLETIONS = Endpoint(TEXT_COMPLETION, request, response, None, accumulate)
