"""A run for each variant: its parameters, each call as a step of its metrics, and a table of the calls.

MLflow gives runs their ids and knows no "create if absent". So a run is found by the tag ``otel_prompt.run_key``;
when two processes have made it at once, the one that is older counts for both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from .. import semconv
from ..config import Settings
from ..dialects.mlflow import cost, usage
from ..encoding import encode
from ..mapping import from_attributes
from ..runs import run_key, run_name, variant
from ..span_record import SpanRecord
from .mlflow_calls import TABLE, table_name, updated_table
from .mlflow_client import Connection
from .mlflow_prompts import Registry, as_tag

KEY_TAG: Final = "otel_prompt.run_key"
_MOST_AT_ONCE: Final = 1000
_MOST_PARAMETERS: Final = 100


class Runs:
    """The runs of one MLflow, remembered for as long as the process lives."""

    def __init__(self, connection: Connection, registry: Registry, settings: Settings) -> None:
        self._connection, self._client, self._store = connection, connection.client, connection.tracking
        self._registry, self._settings = registry, settings
        self._ids: dict[tuple[str, str], str] = {}

    def write(self, experiment_id: str, calls: Sequence[SpanRecord]) -> dict[tuple[str, str], str]:
        """Enter calls in their runs. Those that were entered before change nothing.

        Returns:
            The run of each call, by trace and span id.
        """
        found: dict[tuple[str, str], str] = {}
        by_run: dict[str, list[SpanRecord]] = {}
        for call in calls:
            by_run.setdefault(run_key(call, self._settings), []).append(call)
        for key, some in by_run.items():
            run_id = self._run(experiment_id, key, some[0])
            found.update({(c.trace_id, c.span_id): run_id for c in some})
            self._enter(run_id, some)
        return found

    def _run(self, experiment_id: str, key: str, call: SpanRecord) -> str:
        known = self._ids.get((experiment_id, key))
        if known is None:
            known = self._oldest(experiment_id, key)
            if known is None:
                tags = {KEY_TAG: key, **_tags(call)}
                self._client.create_run(experiment_id, call.start // 1_000_000, tags, run_name(call))
                known = self._oldest(experiment_id, key)
            if known is None:
                raise OSError("a run that was made is not found again")
            self._describe(experiment_id, known, call)
            self._ids[experiment_id, key] = known
        return known

    def _oldest(self, experiment_id: str, key: str) -> str | None:
        runs = self._client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=100)
        # Runs that start in the same millisecond are put in order by their ids, which are the same for all who look.
        return min(((r.info.start_time, r.info.run_id) for r in runs), default=(0, None))[1]

    def _describe(self, experiment_id: str, run_id: str, call: SpanRecord) -> None:
        from mlflow.entities import Param, RunTag

        params = [Param(_name(k), v[:6000]) for k, v in list(variant(call, self._settings).items())[:_MOST_PARAMETERS]]
        prompts = from_attributes(call.attributes).prompts
        links = [link for p in prompts if (link := self._registry.link(p, experiment_id)) is not None]
        tags = [RunTag("mlflow.linkedPrompts", as_tag(links))] if links else []
        self._client.log_batch(run_id, params=params, tags=tags)
        if dataset := _dataset(call):
            self._client.log_inputs(run_id, [dataset])
        if template := call.attributes.get(semconv.PROMPT_TEMPLATE):
            self._client.log_text(run_id, template, "prompt/template.txt")

    def _enter(self, run_id: str, calls: Sequence[SpanRecord]) -> None:
        metrics = [metric for call in calls for metric in _metrics(call)]
        for i in range(0, len(metrics), _MOST_AT_ONCE):
            self._client.log_batch(run_id, metrics=metrics[i : i + _MOST_AT_ONCE])
        for name in dict.fromkeys(table_name(call) for call in calls):
            some = [call for call in calls if table_name(call) == name]
            self._client.log_text(run_id, updated_table(self._connection.artifact(run_id, name), some), name)
        self._client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps([{"path": TABLE, "type": "table"}]))
        self._end(run_id, calls)

    def _end(self, run_id: str, calls: Sequence[SpanRecord]) -> None:
        """A variant has no end of its own: its run is as long as its calls so far."""
        before = self._client.get_run(run_id).info.end_time or 0
        last = max(before, *(call.end // 1_000_000 for call in calls))
        if last != before:
            from mlflow.entities import RunStatus

            # The client's own way to end a run prints to the screen of the application.
            self._store.update_run_info(run_id, RunStatus.FINISHED, last, None)


def _tags(call: SpanRecord) -> dict[str, str]:
    held = call.attributes
    found = {f"tag.{_name(str(tag))}": "true" for tag in held.get(semconv.TAGS) or ()}
    if experimenter := held.get(semconv.EXPERIMENTER):
        found["mlflow.user"] = str(experimenter)
    if commit := call.resource.get(semconv.VCS_REVISION):
        found["mlflow.source.git.commit"] = str(commit)
    found["mlflow.source.type"] = "LOCAL"
    found["mlflow.source.name"] = _program(call)
    return {name[:250]: value[:8000] for name, value in found.items()}


def _program(call: SpanRecord) -> str:
    name = str(call.resource.get("service.name") or "")
    # What the SDK calls a program that has not said its name.
    return "otel-prompt" if name.startswith("unknown_service") or not name else name


def _dataset(call: SpanRecord) -> Any:
    from mlflow.entities import Dataset, DatasetInput

    held = call.attributes
    if (name := held.get(semconv.DATASET_NAME)) is None:
        return None
    version = held.get(semconv.DATASET_VERSION)
    digest = str(held.get(semconv.DATASET_DIGEST) or version or sha256(str(name).encode()).hexdigest()[:8])
    return DatasetInput(Dataset(str(name), digest[:36], "code", encode({"version": version})))


def _metrics(call: SpanRecord) -> list[Any]:
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
    # The call's own time, not that of the writing: then MLflow knows a metric that it has already.
    step, when = call.attributes.get(semconv.RUN_STEP, 0), call.end // 1_000_000
    return [Metric(name, float(value), when, step) for name, value in values.items() if value is not None]


def _name(text: str) -> str:
    """A name that MLflow accepts."""
    return re.sub(r"[^\w.\-/ :]", "_", text)[:250]
