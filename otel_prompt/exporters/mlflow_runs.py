"""A run for each variant: its parameters, each call as a step of its metrics, and a table of the calls.

MLflow gives runs their ids and knows no "create if absent". So a run is found by the tag ``otel_prompt.run_key``;
when two processes have made it at once, the one that is older counts for both, and the other is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from .. import semconv
from ..config import Settings
from ..errors import logger
from ..mapping import from_attributes
from ..runs import is_call, run_key, run_name
from ..score import Score
from ..span_record import SpanRecord
from .mlflow_assessments import judged
from .mlflow_calls import TABLE, table_name, updated_table
from .mlflow_client import Connection
from .mlflow_database import OtherTablesError, TraceTables
from .mlflow_metrics import Means, call_metrics, judgement_metrics
from .mlflow_prompts import Registry, as_tag
from .mlflow_variant import inputs, params, parent, tags

KEY_TAG: Final = "otel_prompt.run_key"
_MOST_AT_ONCE: Final = 1000


class _Call(NamedTuple):
    """A call, and what was said of it."""

    record: SpanRecord
    judgements: list[Score]


class Runs:
    """The runs of one MLflow, remembered for as long as the process lives.

    Args:
        connection: which MLflow.
        registry: its prompts.
        settings: what makes a variant.
        tables: the tables of a local database; None to go by MLflow's API alone.
    """

    def __init__(
        self, connection: Connection, registry: Registry, settings: Settings, tables: TraceTables | None
    ) -> None:
        self._connection, self._client, self._store = connection, connection.client, connection.tracking
        self._registry, self._settings, self._tables = registry, settings, tables
        self._ids: dict[tuple[str, str], str] = {}
        self._ends: dict[str, int] = {}
        self._means = Means(self._client)

    def write(self, experiment_id: str, traces: Sequence[list[SpanRecord]]) -> dict[tuple[str, str], str]:
        """Enter the calls of traces in their runs. Those that were entered before change nothing.

        Returns:
            The run of each call, by trace and span id.
        """
        found: dict[tuple[str, str], str] = {}
        by_run: dict[str, list[_Call]] = {}
        for spans in traces:
            judgements = judged(spans)
            for record in filter(is_call, spans):
                key = run_key(record, self._settings)
                by_run.setdefault(key, []).append(_Call(record, judgements.get(record.span_id, [])))
        for key, calls in by_run.items():
            run_id = self._entered(experiment_id, key, calls)
            found.update({(c.record.trace_id, c.record.span_id): run_id for c in calls})
        return found

    def _entered(self, experiment_id: str, key: str, calls: Sequence[_Call]) -> str:
        from mlflow.exceptions import MlflowException

        run_id = self._run(experiment_id, key, calls[0].record)
        try:
            self._enter(run_id, calls)
        except MlflowException as error:
            # Somebody may have deleted it meanwhile: then the variant begins anew.
            if error.error_code not in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"):
                raise
            del self._ids[experiment_id, key]
            run_id = self._run(experiment_id, key, calls[0].record)
            self._enter(run_id, calls)
        return run_id

    def _run(self, experiment_id: str, key: str, call: SpanRecord) -> str:
        known = self._ids.get((experiment_id, key))
        if known is None:
            more = tags(call)
            if (above := parent(call, self._settings)) is not None:
                more["mlflow.parentRunId"] = self._parent(experiment_id, above, call)
            known = self._found(experiment_id, key, more, run_name(call), call)
            self._describe(experiment_id, known, call)
            self._ids[experiment_id, key] = known
        return known

    def _parent(self, experiment_id: str, above: tuple[str, str], call: SpanRecord) -> str:
        key, name = above
        if (experiment_id, key) not in self._ids:
            run_id = self._found(experiment_id, key, tags(call), name, call)
            datasets, _ = inputs(call)
            self._store.log_inputs(run_id, datasets)
            self._ids[experiment_id, key] = run_id
        run_id = self._ids[experiment_id, key]
        self._end(run_id, [call])
        return run_id

    def _found(self, experiment_id: str, key: str, more: dict[str, str], name: str, call: SpanRecord) -> str:
        """The run of a key, which is made if it is not there."""
        known = self._oldest(experiment_id, key)
        if known is None:
            self._client.create_run(experiment_id, call.start // 1_000_000, {KEY_TAG: key, **more}, name)
            known = self._oldest(experiment_id, key)
        if known is None:
            raise OSError("a run that was made is not found again")
        return known

    def _oldest(self, experiment_id: str, key: str) -> str | None:
        # Runs that start in the same millisecond are put in order by their ids, which are the same for all who look.
        runs = sorted(
            self._client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=100),
            key=lambda run: (run.info.start_time, run.info.run_id),
        )
        for run in runs[1:]:
            # Two made one at once, or the answer to a request was lost: what nothing was written to is in the way.
            if not run.data.metrics:
                self._client.delete_run(run.info.run_id)
        return runs[0].info.run_id if runs else None

    def _describe(self, experiment_id: str, run_id: str, call: SpanRecord) -> None:
        from mlflow.entities import Param, RunTag

        prompts = from_attributes(call.attributes).prompts
        links = [link for p in prompts if (link := self._registry.link(p, experiment_id)) is not None]
        shown = {"mlflow.loggedArtifacts": json.dumps([{"path": TABLE, "type": "table"}])}
        shown |= {"mlflow.linkedPrompts": as_tag(links)} if links else {}
        self._client.log_batch(
            run_id,
            params=[Param(name, value) for name, value in params(call, self._settings).items()],
            tags=[RunTag(name, value) for name, value in shown.items()],
        )
        datasets, models = inputs(call)
        if datasets or models:
            self._client.log_inputs(run_id, datasets, models)
        if template := call.attributes.get(semconv.PROMPT_TEMPLATE):
            self._connection.write_artifact(run_id, "prompt/template.txt", template)

    def _enter(self, run_id: str, calls: Sequence[_Call]) -> None:
        said = [metric for call in calls for metric in judgement_metrics(call.record, call.judgements)]
        metrics = [metric for call in calls for metric in call_metrics(call.record)] + said
        # The means are of what MLflow has: first what is new.
        self._log(run_id, metrics)
        self._log(run_id, self._means.metrics(run_id, said))
        by_table: dict[str, list[_Call]] = {}
        for call in calls:
            by_table.setdefault(table_name(call.record), []).append(call)
        for name, some in by_table.items():
            before = self._connection.artifact(run_id, name)
            self._connection.write_artifact(run_id, name, updated_table(before, some))
        self._end(run_id, [call.record for call in calls])

    def _log(self, run_id: str, metrics: Sequence[Any]) -> None:
        if not metrics:
            return
        if self._tables is not None:
            try:
                self._tables.log_metrics(run_id, metrics)
                return
            except OtherTablesError as error:
                logger.info("otel-prompt: MLflow's metrics are written by its API alone (%r)", error.__cause__)
                self._tables = None
        for i in range(0, len(metrics), _MOST_AT_ONCE):
            self._client.log_batch(run_id, metrics=metrics[i : i + _MOST_AT_ONCE])

    def _end(self, run_id: str, calls: Sequence[SpanRecord]) -> None:
        """A variant has no end of its own: its run is as long as its calls so far."""
        last = max(call.end // 1_000_000 for call in calls)
        if last <= self._ends.get(run_id, 0):
            return
        before = self._client.get_run(run_id).info.end_time or 0
        if last > before:
            from mlflow.entities import RunStatus

            # The client's own way to end a run prints to the screen of the application.
            self._store.update_run_info(run_id, RunStatus.FINISHED, last, None)
        self._ends[run_id] = max(last, before)
