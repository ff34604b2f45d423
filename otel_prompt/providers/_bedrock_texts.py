"""Models on Bedrock that are given one text and give one: Titan, Llama, Mistral, Command, Jurassic, DeepSeek.

Each maker has its own names for the same few things. They are all read wherever they are, so that it does not matter
which model it is that a provisioned throughput or an inference profile stands for.
"""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message, Usage
from ..semconv import TEXT_COMPLETION
from ._base import Call, Endpoint, append, child, children, counts, fields, pick, text_of
from ._openai_chat import at

_PROMPTS = ("prompt", "inputText")
_PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "p": "top_p",
    "top_k": "top_k",
    "k": "top_k",
    "max_tokens": "max_tokens",
    "max_gen_len": "max_tokens",
    "maxTokens": "max_tokens",
    "maxTokenCount": "max_tokens",
    "stop": "stop_sequences",
    "stop_sequences": "stop_sequences",
    "stopSequences": "stop_sequences",
    "num_generations": "choice.count",
    "numResults": "choice.count",
}
"""The decoding parameters by all their names."""
_ANSWERS = ("results", "generations", "outputs", "completions", "choices")
_TEXTS = ("outputText", "generation", "text")
_REASONS = ("completionReason", "finish_reason", "stop_reason")
_GIVEN = ("inputTextTokenCount", "prompt_token_count")
_MADE = ("generation_token_count", "totalOutputTextTokenCount")


def request(call: Call) -> Invocation:
    """A text, and how it is to be completed."""
    body = call.body
    held = {**body, **child(body, "textGenerationConfig")}
    text = _first(body, _PROMPTS)
    found = {_PARAMETERS[name]: value for name, value in held.items() if name in _PARAMETERS and value is not None}
    if found.get("choice.count") == 1:
        del found["choice.count"]
    return Invocation(
        TEXT_COMPLETION,
        request_model=text_of(body.get("model")),
        parameters=found,
        input_messages=[Message("user", [{"type": "text", "content": text}])] if text else [],
    )


def response(inv: Invocation, body: Json) -> None:
    """One message an answer."""
    inv.response_id = text_of(body.get("id"))
    for answer in _answers(body):
        text, reason = _first(answer, _TEXTS), _reason(answer)
        if text or reason:
            parts = [{"type": "text", "content": text}] if text else []
            inv.output_messages = [*inv.output_messages, Message("assistant", parts, finish_reason=reason)]
        if reason:
            inv.finish_reasons = [*inv.finish_reasons, reason]


def usage(body: Json) -> Usage:
    """Tokens, where the model's body tells them; they may be written as ``28.0``. Jurassic lists them all."""
    listed = child(body, "prompt").get("tokens")
    given = len(listed) if isinstance(listed, list) else _count(body, _GIVEN)
    each = [_made(answer) for answer in _answers(body)]
    made = sum(n for n in each if n is not None) if any(n is not None for n in each) else _count(body, _MADE)
    return Usage(given, made)


def accumulate(body: Json, chunk: Any) -> None:
    """Grow the answers by the pieces of a chunk; some makers list them, some have one in the chunk itself."""
    held = fields(chunk)
    for n, piece in enumerate(_answers(held)):
        answer = at(body.setdefault("results", []), piece.get("index", n))
        append(answer, "text", _first(piece, _TEXTS))
        if (reason := _reason(piece)) is not None:
            answer["stop_reason"] = reason
    body.update(pick(held, ("id", *_GIVEN, *_MADE)))


def _answers(body: Json) -> list[Json]:
    """The answers, with what is in Jurassic's ``data`` beside the rest."""
    name = next((name for name in _ANSWERS if isinstance(body.get(name), list)), None)
    return [{**answer, **child(answer, "data")} for answer in children(body, name)] if name is not None else [body]


def _reason(answer: Json) -> str | None:
    return _first(answer, _REASONS) or text_of(child(answer, "finishReason").get("reason"))


def _made(answer: Json) -> int | None:
    listed = answer.get("tokens")
    return len(listed) if isinstance(listed, list) else _count(answer, ("tokenCount",))


def _first(held: Json, names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := text_of(held.get(name))) is not None), None)


def _count(held: Json, names: tuple[str, ...]) -> int | None:
    value = next((value for name in names if (value := held.get(name)) is not None), None)
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    [found] = counts(whole)
    return found


TEXTS = Endpoint(TEXT_COMPLETION, request, response, usage, accumulate)
