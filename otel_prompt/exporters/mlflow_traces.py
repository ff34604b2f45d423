"""Traces in MLflow: their spans, what describes them, and what they are linked to.

All that is written has its id from OpenTelemetry, so to write it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from .. import semconv
from ..errors import logger
from ..invocation import PromptIdentity
from ..mapping import from_attributes
from ..span_record import SpanRecord
from .mlflow_client import Connection
from .mlflow_database import OtherTablesError, Page, TraceTables
from .mlflow_entities import to_mlflow
from .mlflow_info import describes, root_of, trace_info
from .mlflow_parallel import each
from .mlflow_prompts import Registry, as_tag

_MOST_CHARACTERS: Final = 8_000_000
"""Of the spans that are sent at once: a trace with pictures in it can be large."""

_MOST_LINKS: Final = 100
"""Traces that MLflow links to a run in one request."""


class TraceWriter:
    """Writes traces.

    Args:
        connection: where to.
        registry: the prompts to link them to.
        tables: the tables of a local database; None to go by MLflow's API alone.
    """

    def __init__(self, connection: Connection, registry: Registry, tables: TraceTables | None) -> None:
        self._store, self._registry, self._tables = connection.tracking, registry, tables
        self._at_once = not connection.local

    def write(
        self, experiment_id: str, traces: Sequence[list[SpanRecord]], runs: Mapping[tuple[str, str], str]
    ) -> None:
        """Write traces into an experiment.

        Args:
            experiment_id: MLflow's id of it.
            traces: what is known of each.
            runs: the run of each call, by trace and span id.
        """
        # Of a call in a trace of MLflow's own no second one is made.
        traces = [spans for spans in traces if semconv.MLFLOW_TRACE not in root_of(spans).attributes]
        if not traces:
            return
        ids = [f"tr-{spans[0].trace_id}" for spans in traces]
        there = {info.trace_id: info for info in self._store.batch_get_trace_infos(ids)}
        sent = {trace_id: [to_mlflow(record) for record in spans] for trace_id, spans in zip(ids, traces)}
        pages = [self._page(trace_id, experiment_id, spans, there, runs) for trace_id, spans in zip(ids, traces)]
        found = [page for page in pages if page is not None]
        new = [page for page in found if page.info.trace_id not in there]
        for page in new if self._tables is not None else ():
            page.info.trace_metadata.update(_totals(sent[page.info.trace_id]))
        # What is described before its spans come takes MLflow half the time that it takes otherwise.
        done = {page.info.trace_id for page in new} if self._describe_at_once(new) else set[str]()
        self._log_spans(experiment_id, traces, there, sent)
        self._describe([page for page in found if page.info.trace_id not in done], there)
        self._link_runs(traces, runs)

    def _page(
        self,
        trace_id: str,
        experiment_id: str,
        spans: list[SpanRecord],
        there: Mapping[str, Any],
        runs: Mapping[tuple[str, str], str],
    ) -> Page | None:
        """What is to be said of a trace; None where a part of it that is elsewhere says all there is."""
        root, before = root_of(spans), there.get(trace_id)
        place = before.experiment_id if before is not None else experiment_id
        found = (self._registry.link(prompt, experiment_id) for prompt in _prompts(spans))
        links = [link for link in found if link is not None]
        info = trace_info(trace_id, place, root, spans, runs)
        if before is not None and not describes(root, before):
            if not links and not info.assessments:
                return None
            before.assessments = info.assessments
            return Page(before, links)
        if links:
            info.tags["mlflow.linkedPrompts"] = as_tag(links)
        if (run_id := next(iter(_runs(spans, runs)), None)) is not None:
            info.trace_metadata["mlflow.sourceRun"] = run_id
        return Page(info, links)

    def _describe_at_once(self, pages: Sequence[Page]) -> bool:
        """Describe traces by the tables, where that can be done. Returns whether it was."""
        if self._tables is None:
            return False
        try:
            self._tables.write(pages)
        except OtherTablesError as error:
            logger.info("otel-prompt: MLflow is written by its API alone, which is slower (%r)", error.__cause__)
            self._tables = None
        return self._tables is not None

    def _log_spans(
        self,
        experiment_id: str,
        traces: Sequence[list[SpanRecord]],
        there: Mapping[str, Any],
        sent: Mapping[str, list[Any]],
    ) -> None:
        for batch in _batches(traces):
            by_place: dict[str, list[Any]] = {}
            for spans in batch:
                # A trace that began elsewhere stays where it is.
                before = there.get(trace_id := f"tr-{spans[0].trace_id}")
                by_place.setdefault(before.experiment_id if before is not None else experiment_id, []).extend(
                    sent[trace_id]
                )
            for place, spans in by_place.items():
                self._store.log_spans(place, spans)

    def _describe(self, pages: Sequence[Page], there: Mapping[str, Any]) -> None:
        """Describe traces whose spans MLflow has."""
        known = [page.info.trace_id for page in pages if page.info.trace_id in there]
        # Once described, MLflow no longer counts late spans by itself.
        held = {t.info.trace_id: t.data.spans for t in self._store.batch_get_traces(known)} if known else {}
        for page in pages:
            page.info.trace_metadata.update(_totals(held.get(page.info.trace_id, [])))
        if not self._describe_at_once(pages):
            each(self._describe_one, pages, self._at_once)

    def _describe_one(self, page: Page) -> None:
        from mlflow.entities.model_registry import PromptVersion

        self._store.start_trace(page.info)
        if page.links:
            versions = [PromptVersion(link.name, int(link.version), "") for link in page.links]
            self._store.link_prompts_to_trace(page.info.trace_id, versions)

    def _link_runs(self, traces: Iterable[list[SpanRecord]], runs: Mapping[tuple[str, str], str]) -> None:
        """Link traces to all runs of their calls but the first, which is said in their description."""
        by_run: dict[str, list[str]] = {}
        for spans in traces:
            for run_id in _runs(spans, runs)[1:]:
                by_run.setdefault(run_id, []).append(f"tr-{spans[0].trace_id}")
        for run_id, ids in by_run.items():
            for i in range(0, len(ids), _MOST_LINKS):
                self._store.link_traces_to_run(ids[i : i + _MOST_LINKS], run_id)


def _runs(spans: Iterable[SpanRecord], runs: Mapping[tuple[str, str], str]) -> list[str]:
    """The runs of a trace's calls, each once."""
    return list(dict.fromkeys(run for s in spans if (run := runs.get((s.trace_id, s.span_id))) is not None))


def _totals(spans: list[Any]) -> dict[str, str]:
    """The tokens and the cost of MLflow's spans, as MLflow itself counts them together."""
    from mlflow.tracing.utils import aggregate_cost_from_spans, aggregate_usage_from_spans

    totals = {
        "mlflow.trace.tokenUsage": aggregate_usage_from_spans(spans),
        "mlflow.trace.cost": aggregate_cost_from_spans(spans),
    }
    return {name: json.dumps(total) for name, total in totals.items() if total}


def _prompts(spans: Iterable[SpanRecord]) -> list[PromptIdentity]:
    """The prompts of a trace, each once."""
    found: dict[tuple[str, str | None, str | None], PromptIdentity] = {}
    for record in spans:
        for prompt in from_attributes(record.attributes).prompts:
            found.setdefault((prompt.name, prompt.version, prompt.template_hash), prompt)
    return list(found.values())


def _batches(traces: Sequence[list[SpanRecord]]) -> Iterator[list[list[SpanRecord]]]:
    batch: list[list[SpanRecord]] = []
    size = 0
    for spans in traces:
        length = sum(len(v) for s in spans for v in s.attributes.values() if isinstance(v, str))
        if batch and size + length > _MOST_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(spans)
        size += length
    yield batch
