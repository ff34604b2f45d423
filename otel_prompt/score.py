"""A judgement of a call, a person's or a program's, as data; and as the conventions' event, which is how it travels."""

from __future__ import annotations

from enum import Enum
from hashlib import sha256
from typing import Any

import msgspec

from . import semconv
from .encoding import encode
from .span_record import SpanEvent, SpanRecord


class ScoreSource(Enum):
    """Who judges."""

    HUMAN = "human"
    LLM_JUDGE = "llm_judge"
    CODE = "code"


class Score(msgspec.Struct, frozen=True):
    """One judgement of one span. Of the same judge under the same name, the newest counts.

    Attributes:
        trace_id: of the span, 32 hex digits.
        span_id: of the span, 16 hex digits.
        name: what is judged: ``"helpful"``.
        value: a number, a truth or a word.
        source: who judges.
        time: when, in nanoseconds since the epoch.
        judge: the person, or the judging program or model.
        comment: why.
        metadata: whatever else is known of it.
    """

    trace_id: str
    span_id: str
    name: str
    value: float | bool | str
    source: ScoreSource
    time: int
    judge: str | None = None
    comment: str | None = None
    metadata: dict[str, str] = {}

    @property
    def id(self) -> str:
        """32 hex digits, the same wherever and however often it is sent."""
        parts = [self.trace_id, self.span_id, self.name, self.source.value, self.judge]
        return sha256(encode(parts).encode()).hexdigest()[:32]


def to_event(score: Score) -> SpanEvent:
    """As the conventions' event on the judged span. A truth is 1 or 0, with its word as label."""
    held: dict[str, Any] = {
        semconv.EVALUATION_NAME: score.name,
        semconv.EVALUATION_ID: score.id,
        semconv.EVALUATION_SOURCE_TYPE: score.source.value,
    }
    if isinstance(score.value, str):
        held[semconv.EVALUATION_LABEL] = score.value
    else:
        held[semconv.EVALUATION_VALUE] = float(score.value)
    if isinstance(score.value, bool):
        held[semconv.EVALUATION_LABEL] = "true" if score.value else "false"
    if score.judge is not None:
        held[semconv.EVALUATION_SOURCE_ID] = score.judge
    if score.comment is not None:
        held[semconv.EVALUATION_EXPLANATION] = score.comment
    held.update({semconv.EVALUATION_METADATA_PREFIX + name: value for name, value in score.metadata.items()})
    return SpanEvent(semconv.EVALUATION_EVENT, score.time, held)


def scores(record: SpanRecord) -> list[Score]:
    """The judgements that a span carries: ours, and those that another instrumentation has put on it."""
    found = [_from_event(record, event) for event in record.events if event.name == semconv.EVALUATION_EVENT]
    return [score for score in found if score is not None]


def _from_event(record: SpanRecord, event: SpanEvent) -> Score | None:
    held = event.attributes
    name, number, label = (
        held.get(key) for key in (semconv.EVALUATION_NAME, semconv.EVALUATION_VALUE, semconv.EVALUATION_LABEL)
    )
    value = label if number is None else number
    if label in ("true", "false") and number in (0, 1):
        value = label == "true"
    if not isinstance(name, str) or not isinstance(value, (int, float, str)):
        return None
    prefix, source = semconv.EVALUATION_METADATA_PREFIX, held.get(semconv.EVALUATION_SOURCE_TYPE)
    return Score(
        record.trace_id,
        record.span_id,
        name,
        value,
        ScoreSource(source) if source in {s.value for s in ScoreSource} else ScoreSource.CODE,
        event.time,
        held.get(semconv.EVALUATION_SOURCE_ID),
        held.get(semconv.EVALUATION_EXPLANATION),
        {key[len(prefix) :]: str(each) for key, each in held.items() if key.startswith(prefix)},
    )
