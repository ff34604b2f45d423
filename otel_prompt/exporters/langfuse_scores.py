"""Judgements as Langfuse's scores: events for its ingestion, as its own clients send them.

A score's id is ours, so that one that comes again is the same score. What changes it is an event of its own, and the
time of the event says which is the newest; an event that comes again has the same id, and is passed over.

Source: langfuse's API, ``POST /api/public/ingestion``, ``score-create``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..invocation import Json
from ..score import Score
from .score_api import Ask, ScoreApi, Told, moment, source


def tell(scores: Sequence[Score], known: Mapping[str, str]) -> Iterator[Told]:
    """One request for all."""
    events = [
        {"id": _event(score), "type": "score-create", "timestamp": moment(score.time), "body": _body(score, known)}
        for score in scores
    ]
    yield Told("POST", "/api/public/ingestion", {"batch": events})


def _body(score: Score, known: Mapping[str, str]) -> Json:
    found: Json = {
        "id": score.id,
        "traceId": score.trace_id,
        "observationId": score.span_id,
        "name": score.name,
        "value": score.value if isinstance(score.value, str) else float(score.value),
        "dataType": _kind(score.value),
        "comment": score.comment,
        "metadata": source(score),
        "environment": known.get("environment"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _kind(value: float | bool | str) -> str:
    if isinstance(value, str):
        return "CATEGORICAL"
    return "BOOLEAN" if isinstance(value, bool) else "NUMERIC"


def _event(score: Score) -> str:
    return str(uuid5(NAMESPACE_URL, f"otel-prompt/{score.id}@{score.time}"))


def _refused(answer: Any, scores: Sequence[Score]) -> dict[str, str]:
    """Langfuse answers 207, with the events that it has not taken."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    why = {each.get("id"): each for each in errors or [] if isinstance(each, dict)}
    return {
        score.trace_id: f"Langfuse has not taken it ({fault.get('status')}: {fault.get('message')})"
        for score in scores
        if (fault := why.get(_event(score))) is not None
    }


def _learn(_: Ask, said: Mapping[str, str]) -> dict[str, str]:
    found = said.get("langfuse.environment")
    return {"environment": found} if found else {}


LANGFUSE = ScoreApi(
    "Langfuse",
    "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
    tell,
    knows_spans=False,
    learn=_learn,
    refused=_refused,
)
