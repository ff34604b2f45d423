"""Judgements as Phoenix's annotations of spans: of a name and an identifier a span has one.

Source: phoenix 20, server/api/routers/v1/spans.py. ``sync`` has it say which spans it does not know; without, it takes
everything and may keep nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..invocation import Json
from ..score import Score, ScoreSource
from .score_api import ScoreApi, Told, source

_KINDS: Final = {ScoreSource.HUMAN: "HUMAN", ScoreSource.LLM_JUDGE: "LLM", ScoreSource.CODE: "CODE"}


def tell(scores: Sequence[Score], known: Mapping[str, str]) -> Iterator[Told]:  # noqa: ARG001 - nothing is to be known
    """One request for all, which is done whole or not at all."""
    yield Told("POST", "/v1/span_annotations?sync=true", {"data": [_annotation(score) for score in scores]})


def _annotation(score: Score) -> Json:
    label = "true" if score.value is True else "false" if score.value is False else score.value
    found: Json = {
        "label": label if isinstance(label, str) else None,
        "score": None if isinstance(score.value, str) else float(score.value),
        "explanation": score.comment,
    }
    return {
        "span_id": score.span_id,
        "name": score.name,
        "annotator_kind": _KINDS[score.source],
        "result": {name: value for name, value in found.items() if value is not None},
        "metadata": source(score),
        "identifier": score.id,
    }


PHOENIX = ScoreApi("Phoenix", "PHOENIX_API_KEY", tell)
