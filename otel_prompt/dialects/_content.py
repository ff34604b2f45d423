"""What went into a step and what came out of it, whichever attributes hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Invocation
from ..mapping import from_attributes
from ..span_record import SpanRecord
from ._openai_messages import inputs, outputs, texts

SHOWN: Final = frozenset(
    {*semconv.CONTENT, semconv.STEP_INPUT, semconv.STEP_OUTPUT, semconv.TOOL_ARGUMENTS, semconv.TOOL_RESULT}
)
"""What stands in a span's inputs and outputs, and so need not stand among its attributes again."""

SAID: Final = SHOWN - {semconv.TOOL_DEFINITIONS}
"""The same, but for the tools that a model may call, which inputs have no room for."""

PREVIEW: Final = 1000


@dataclass(frozen=True, slots=True)
class Content:
    """What went into a step and what came out, as data and as the text that a list shows."""

    inputs: Any = None
    outputs: Any = None
    asked: str | None = None
    answered: str | None = None


def content(record: SpanRecord) -> Content:
    """The inputs and outputs of a span."""
    held = record.attributes
    inv = from_attributes(held)
    if record.operation in semconv.MODEL_CALLS:
        return _call_content(record, inv)
    given = held.get(semconv.STEP_INPUT, held.get(semconv.TOOL_ARGUMENTS, held.get(semconv.RETRIEVAL_QUERY)))
    made = held.get(semconv.STEP_OUTPUT, held.get(semconv.TOOL_RESULT, held.get(semconv.RETRIEVAL_DOCUMENTS)))
    said = _said(inv)
    given, asked = (said.inputs, said.asked) if given is None else (decoded(given), None)
    made, answered = (said.outputs, said.answered) if made is None else (decoded(made), None)
    return Content(given, made, asked or _preview(given), answered or _preview(made))


def _call_content(record: SpanRecord, inv: Invocation) -> Content:
    said = _said(inv)
    if record.operation not in (semconv.EMBEDDINGS, semconv.MODERATION):
        return Content(
            said.inputs, said.outputs, said.asked or _preview(said.inputs), said.answered or _preview(said.outputs)
        )
    asked, answered = texts(inv.input_messages), texts(inv.output_messages)
    made: Any = {"output": answered} if answered else None
    if inv.embedding_dimensions is not None:
        made = {"dimensions": inv.embedding_dimensions}
    return Content({"input": asked} if asked else None, made, said.asked, said.answered or _preview(made))


def _said(inv: Invocation) -> Content:
    """Messages, and of them what a list shows: the last that was asked, all that was answered."""
    asked, answered = texts(inv.input_messages), texts(inv.output_messages)
    last = next((text for text in reversed(asked) if text), None)
    return Content(inputs(inv), outputs(inv), _cut(last), _cut("\n".join(answered)))


def _preview(value: Any) -> str | None:
    """What a list shows of a step's input: the text itself where there is one, or its only value."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if value is None:
        return None
    return _cut(value if isinstance(value, str) else encode(value))


def _cut(text: str | None) -> str | None:
    if not text:
        return None
    return text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"
