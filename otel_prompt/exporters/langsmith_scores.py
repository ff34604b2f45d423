"""Judgements as LangSmith's feedback, with ids of ours.

LangSmith makes a run's id of a span's: its eight bytes, with eight zeros before them. Newer ones find a run by the id
of its project as well, and are asked for that once.

Source: langsmith 0.15, ``Client.create_feedback`` and ``langsmith_run_id_from_otel_span_id``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from ..invocation import Json
from ..score import Score, ScoreSource
from .score_api import Ask, ScoreApi, Told, moment, source

_DEFAULT_PROJECT: Final = "default"
_DIGITS: Final = 4
"""The most digits after the point that LangSmith keeps; of more it refuses the number."""


def tell(scores: Sequence[Score], known: Mapping[str, str]) -> Iterator[Told]:
    """One request for each."""
    for score in scores:
        held, when = _held(score), moment(score.time)
        own = str(UUID(score.id))
        made: Json = {
            "id": own,
            "run_id": str(UUID(f"{score.span_id:0>32}")),
            "key": score.name,
            **held,
            "feedback_source": {
                "type": "model" if score.source is ScoreSource.LLM_JUDGE else "api",
                "metadata": source(score),
            },
            "created_at": when,
            "modified_at": when,
            **known,
        }
        yield Told("POST", "/feedback", made, Told("PATCH", f"/feedback/{own}", held))


def _held(score: Score) -> Json:
    """What may change: a mind that was changed may leave nothing of what it said before."""
    number = None if isinstance(score.value, str) else score.value
    return {
        "score": round(number, _DIGITS) if isinstance(number, float) else number,
        "value": score.value if isinstance(score.value, str) else None,
        "comment": score.comment,
    }


def _learn(ask: Ask, said: Mapping[str, str]) -> dict[str, str]:
    found = ask("/sessions", {"name": said.get("Langsmith-Project", _DEFAULT_PROJECT), "limit": "1"})
    project = found[0].get("id") if isinstance(found, list) and found and isinstance(found[0], dict) else None
    return {"session_id": str(project)} if project else {}


LANGSMITH = ScoreApi("LangSmith", "LANGSMITH_API_KEY", tell, together=False, learn=_learn)
