"""Judgements in MLflow: assessments of a trace, and the figures that they are in a run.

An assessment has an id of ours, so that one that comes again, or a mind that was changed, replaces what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from .. import semconv
from ..encoding import decoded
from ..runs import is_call
from ..score import Score, ScoreSource, scores
from ..span_record import SpanRecord

_SOURCE_RUN: Final = "mlflow.assessment.sourceRunId"


class Figure(msgspec.Struct, frozen=True):
    """What the judges of a call say under one name: a number of which there can be a mean, or a word.

    Attributes:
        value: the mean of the numbers, a truth being 1 or 0; without numbers, the newest word.
        time: of the newest judgement, in nanoseconds since the epoch.
    """

    value: float | str
    time: int


def assessments(spans: Iterable[SpanRecord], runs: Mapping[tuple[str, str], str]) -> list[Any]:
    """All judgements of a trace, and the answers that were expected of it, as MLflow's entities."""
    found: list[Any] = []
    for record in spans:
        run_id = runs.get((record.trace_id, record.span_id))
        found += [_feedback(score, run_id) for score in scores(record)]
        if (expected := record.attributes.get(semconv.DATASET_ITEM_EXPECTED)) is not None:
            found.append(_expectation(record, expected, run_id))
    return found


def judged(spans: Sequence[SpanRecord]) -> dict[str, list[Score]]:
    """The judgements that count for each call's run, by the call's span id.

    What is said of a step is said of the call that it makes; of a step with several calls it cannot be said of which.
    """
    calls = [record for record in spans if is_call(record)]
    found = {call.span_id: scores(call) for call in calls}
    if len(calls) == 1:
        found[calls[0].span_id] += [score for record in spans if not is_call(record) for score in scores(record)]
    return {span_id: some for span_id, some in found.items() if some}


def figures(judgements: Iterable[Score]) -> dict[str, Figure]:
    """The judgements of one call by what MLflow's runs name them: ``feedback.helpful``, ``eval.exact_match``."""
    by_name: dict[str, list[Score]] = {}
    for score in judgements:
        kind = "feedback" if score.source is ScoreSource.HUMAN else "eval"
        by_name.setdefault(f"{kind}.{score.name}", []).append(score)
    return {name: _figure(some) for name, some in by_name.items()}


def _figure(some: list[Score]) -> Figure:
    newest = max(some, key=lambda score: score.time)
    numbers = [float(score.value) for score in some if not isinstance(score.value, str)]
    return Figure(sum(numbers) / len(numbers) if numbers else newest.value, newest.time)


def _feedback(score: Score, run_id: str | None) -> Any:
    from mlflow.entities import AssessmentSource, Feedback

    when = score.time // 1_000_000
    made = Feedback(
        name=score.name[:250],
        value=score.value,
        source=AssessmentSource(score.source.value.upper(), (score.judge or "default")[:250]),
        trace_id=f"tr-{score.trace_id}",
        span_id=score.span_id,
        rationale=score.comment,
        metadata={**score.metadata, **_of_run(run_id)},
        create_time_ms=when,
        last_update_time_ms=when,
    )
    made.assessment_id = f"a-{score.id}"
    return made


def _expectation(call: SpanRecord, expected: Any, run_id: str | None) -> Any:
    from mlflow.entities import AssessmentSource, Expectation

    when = call.end // 1_000_000
    made = Expectation(
        name="expected",
        value=decoded(expected),
        source=AssessmentSource("CODE", "dataset"),
        trace_id=f"tr-{call.trace_id}",
        span_id=call.span_id,
        metadata=_of_run(run_id),
        create_time_ms=when,
        last_update_time_ms=when,
    )
    made.assessment_id = f"a-{sha256(f'{call.trace_id}{call.span_id}expected'.encode()).hexdigest()[:32]}"
    return made


def _of_run(run_id: str | None) -> dict[str, str]:
    return {_SOURCE_RUN: run_id} if run_id else {}
