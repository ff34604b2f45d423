"""OpenAI's older completions: one text in, one text out."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message
from ..semconv import TEXT_COMPLETION
from ._base import Call, Endpoint, append, children, fields, pick, text_of
from ._openai_chat import at, describe, head, parameters, tier, usage


def request(call: Call) -> Invocation:
    """The older completions: a prompt, or several, in place of messages."""
    body = call.body
    return Invocation(
        TEXT_COMPLETION,
        request_model=text_of(body.get("model")),
        parameters=parameters(body),
        input_messages=texts(body.get("prompt")),
        attributes=tier(body),
    )


def response(inv: Invocation, body: Json) -> None:
    """One message a choice."""
    describe(inv, body)
    choices = children(body, "choices")
    inv.output_messages = [
        Message(
            "assistant",
            [{"type": "text", "content": text_of(c.get("text")) or ""}],
            finish_reason=text_of(c.get("finish_reason")),
        )
        for c in choices
    ]
    inv.finish_reasons = [reason for c in choices if (reason := text_of(c.get("finish_reason")))]


def accumulate(body: Json, chunk: Any) -> None:
    """Grow each choice's text."""
    chunk = fields(chunk)
    head(body, chunk)
    for piece in children(chunk, "choices"):
        choice = at(body.setdefault("choices", []), piece.get("index"))
        choice.update(pick(piece, ("finish_reason",)))
        append(choice, "text", piece.get("text"))


def texts(value: Any) -> list[Message]:
    """A text, or a list of them, as messages of the user; lists of tokens are left out."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [Message("user", [{"type": "text", "content": item}]) for item in items if isinstance(item, str)]


COMPLETIONS = Endpoint(TEXT_COMPLETION, request, response, usage, accumulate)
