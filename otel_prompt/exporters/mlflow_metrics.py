"""The figures of calls as metrics of their run: each call is a step."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .. import semconv
from ..dialects.mlflow import cost, usage
from ..score import Score
from ..span_record import SpanRecord
from .mlflow_assessments import figures
from .mlflow_variant import valid

_FRESH_SECONDS: Final = 60.0
"""How long what MLflow has of a run's judgements is believed to be all: another machine may add to it."""

Judged = dict[int, tuple[int, float]]
"""By step, when a call was judged, in milliseconds, and the figure."""


def call_metrics(call: SpanRecord) -> list[Any]:
    """What a call took and cost.

    It has the call's own time, not that of the writing: then MLflow knows a metric that it has already.
    """
    from mlflow.entities import Metric

    tokens, spent = usage(call) or {}, cost(call) or {}
    first = call.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
    values = {
        "tokens.input": tokens.get("input_tokens"),
        "tokens.output": tokens.get("output_tokens"),
        "tokens.total": tokens.get("total_tokens"),
        "cost.usd": spent.get("total_cost"),
        "latency_ms": (call.end - call.start) / 1e6,
        "ttft_ms": first * 1000 if first is not None else None,
        "error": 1.0 if call.status == "error" else 0.0,
    }
    when = call.end // 1_000_000
    return [Metric(name, float(value), when, step_of(call)) for name, value in values.items() if value is not None]


def judgement_metrics(call: SpanRecord, judgements: Iterable[Score]) -> list[Any]:
    """What the judges say of a call, as numbers. A mind that was changed later is a later point of the same step."""
    from mlflow.entities import Metric

    return [
        Metric(valid(name), figure.value, figure.time // 1_000_000, step_of(call))
        for name, figure in figures(judgements).items()
        if not isinstance(figure.value, str)
    ]


def step_of(call: SpanRecord) -> int:
    """The place of a call in its run."""
    return call.attributes.get(semconv.RUN_STEP, 0)


class Means:
    """The means of the judgements of runs, over all calls that MLflow has.

    Args:
        client: MLflow's.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._held: dict[tuple[str, str], tuple[float, Judged]] = {}

    def metrics(self, run_id: str, metrics: Sequence[Any]) -> list[Any]:
        """The means after some judgements have been entered.

        Args:
            run_id: the run.
            metrics: the judgements.
        """
        by_name: dict[str, Judged] = {}
        for metric in metrics:
            _add(by_name.setdefault(metric.key, {}), metric)
        return [self._mean(run_id, name, some) for name, some in by_name.items()]

    def _mean(self, run_id: str, name: str, new: Mapping[int, tuple[int, float]]) -> Any:
        from mlflow.entities import Metric

        read, held = self._held.get((run_id, name), (0.0, {}))
        if not held or time.monotonic() - read > _FRESH_SECONDS:
            read, held = time.monotonic(), {}
            for metric in self._client.get_metric_history(run_id, name):
                _add(held, metric)
        for step, (when, value) in new.items():
            held[step] = max(held.get(step, (when, value)), (when, value))
        self._held = {**self._held, (run_id, name): (read, held)} if len(self._held) < 1000 else {}
        mean = sum(value for _, value in held.values()) / len(held)
        # MLflow shows that of the highest step, and of one step the latest: that is the mean of the most calls.
        return Metric(f"{name}.mean"[:250], mean, max(when for when, _ in held.values()), len(held))


def _add(held: Judged, metric: Any) -> None:
    point = (metric.timestamp, metric.value)
    held[metric.step] = max(held.get(metric.step, point), point)
