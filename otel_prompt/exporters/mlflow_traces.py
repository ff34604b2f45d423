"""A trace in MLflow: its spans, and what its page and the list of traces show of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from .. import semconv
from ..dialects._content import Content, content
from ..invocation import PromptIdentity
from ..mapping import from_attributes
from ..runs import is_call
from ..span_record import SpanRecord
from .mlflow_client import Connection
from .mlflow_entities import to_mlflow
from .mlflow_prompts import Link, Registry, as_tag

_MOST_CHARACTERS: Final = 8_000_000
"""Of the spans that are sent at once: a trace with pictures in it can be large."""

_ROOT: Final = "otel_prompt.root"
"""Where a trace in MLflow says which of our spans it was described by."""

_RESOURCE: Final = ("service.name", "service.version", "deployment.environment.name")


class TraceWriter:
    """Writes traces. All it writes has its id from OpenTelemetry, so to write it again changes nothing."""

    def __init__(self, connection: Connection, registry: Registry) -> None:
        self._store, self._registry = connection.tracking, registry

    def write(
        self, experiment_id: str, traces: Sequence[list[SpanRecord]], runs: Mapping[tuple[str, str], str]
    ) -> None:
        """Write traces into an experiment.

        Args:
            experiment_id: MLflow's id of it.
            traces: what is known of each.
            runs: the run of each call, by trace and span id.
        """
        ids = [f"tr-{spans[0].trace_id}" for spans in traces]
        there = {info.trace_id: info for info in self._store.batch_get_trace_infos(ids)}
        for batch in _batches(traces):
            # A trace that began elsewhere stays where it is.
            for spans in _by_place(batch, there, experiment_id).items():
                self._store.log_spans(spans[0], [to_mlflow(record) for record in spans[1]])
        for trace_id, spans in zip(ids, traces):
            self._describe(trace_id, experiment_id, spans, there.get(trace_id), runs)

    def _describe(
        self,
        trace_id: str,
        experiment_id: str,
        spans: list[SpanRecord],
        there: Any,
        runs: Mapping[tuple[str, str], str],
    ) -> None:
        root = _root(spans)
        links = [link for prompt in _prompts(spans) if (link := self._registry.link(prompt, experiment_id)) is not None]
        trace_runs = list(dict.fromkeys(run for s in spans if (run := runs.get((s.trace_id, s.span_id))) is not None))
        if root.parent_id is None or _is_first(root, there):
            info = _info(trace_id, there.experiment_id if there is not None else experiment_id, root, spans)
            if links:
                info.tags["mlflow.linkedPrompts"] = as_tag(links)
            if trace_runs:
                info.trace_metadata["mlflow.sourceRun"] = trace_runs[0]
            if there is not None:
                # Once described, MLflow no longer counts late spans by itself.
                info.trace_metadata.update(self._totals(trace_id))
            self._store.start_trace(info)
        self._link(trace_id, links)
        for run_id in trace_runs[1:]:
            self._store.link_traces_to_run([trace_id], run_id)

    def _link(self, trace_id: str, links: Iterable[Link]) -> None:
        from mlflow.entities.model_registry import PromptVersion

        versions = [PromptVersion(n.name, int(n.version), "") for n in links]
        if versions:
            self._store.link_prompts_to_trace(trace_id, versions)

    def _totals(self, trace_id: str) -> dict[str, str]:
        """The tokens and the cost of all spans of the trace that MLflow has, from wherever they came."""
        from mlflow.tracing.utils import aggregate_cost_from_spans, aggregate_usage_from_spans

        spans: Any = [span for trace in self._store.batch_get_traces([trace_id]) for span in trace.data.spans]
        totals = {
            "mlflow.trace.tokenUsage": aggregate_usage_from_spans(spans),
            "mlflow.trace.cost": aggregate_cost_from_spans(spans),
        }
        return {name: json.dumps(total) for name, total in totals.items() if total}


def _root(spans: Sequence[SpanRecord]) -> SpanRecord:
    """The span that stands for the trace: its root or, where that is elsewhere or still open, what began first here."""
    return next((s for s in spans if s.parent_id is None), None) or next(
        (s for s in spans if s.remote_parent), spans[0]
    )


def _is_first(root: SpanRecord, there: Any) -> bool:
    """Whether a part of a trace may describe it: nothing that began earlier has."""
    if there is None or there.trace_metadata.get(_ROOT) in (None, root.span_id):
        return True
    return root.start // 1_000_000 < there.request_time


def _info(trace_id: str, experiment_id: str, root: SpanRecord, spans: Sequence[SpanRecord]) -> Any:
    from mlflow.entities import TraceInfo, TraceLocation, TraceState

    shown = _shown(root, spans)
    return TraceInfo(
        trace_id=trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=root.start // 1_000_000,
        execution_duration=(root.end - root.start) // 1_000_000,
        state=TraceState.ERROR if root.status == "error" else TraceState.OK,
        request_preview=shown.asked,
        response_preview=shown.answered,
        trace_metadata={key: value[:250] for key, value in _metadata(root, spans).items()},
        tags={key[:250]: value[:4096] for key, value in _tags(root, spans).items()},
    )


def _shown(root: SpanRecord, spans: Sequence[SpanRecord]) -> Content:
    """What the list shows: the root's input and output or, where it has none, those of the first and the last call."""
    own = content(root)
    calls = [content(s) for s in spans if is_call(s)]
    asked = own.asked or next((c.asked for c in calls if c.asked), None)
    answered = own.answered or next((c.answered for c in reversed(calls) if c.answered), None)
    return Content(asked=asked, answered=answered)


def _metadata(root: SpanRecord, spans: Sequence[SpanRecord]) -> dict[str, str]:
    found = {_ROOT: root.span_id, "mlflow.trace_schema.version": "3"}
    for name, keys in (
        ("mlflow.trace.session", (semconv.SESSION_ID, semconv.CONVERSATION_ID)),
        ("mlflow.trace.user", (semconv.USER_ID,)),
        ("mlflow.user", (semconv.EXPERIMENTER,)),
    ):
        if (value := next(_values(spans, keys), None)) is not None:
            found[name] = str(value)
    for record in spans:
        for key, value in record.attributes.items():
            if key.startswith((semconv.METADATA_PREFIX, semconv.DATASET_PREFIX)):
                found.setdefault(key.removeprefix(semconv.METADATA_PREFIX).removeprefix("otel_prompt."), str(value))
    return found


def _tags(root: SpanRecord, spans: Sequence[SpanRecord]) -> dict[str, str]:
    found = {"mlflow.traceName": root.name}
    found.update({key: str(value) for key in _RESOURCE if (value := root.resource.get(key)) is not None})
    for tags in _values(spans, (semconv.TAGS,)):
        found.update({f"tag.{tag}": "true" for tag in ([tags] if isinstance(tags, str) else tags)})
    for name, key in (("prompt.name", semconv.PROMPT_NAME), ("prompt.version", semconv.PROMPT_VERSION)):
        if (value := next(_values(spans, (key,)), None)) is not None:
            found[name] = str(value)
    return found


def _values(spans: Iterable[SpanRecord], keys: Sequence[str]) -> Iterator[Any]:
    return (s.attributes[key] for key in keys for s in spans if s.attributes.get(key) is not None)


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


def _by_place(traces: Iterable[list[SpanRecord]], there: Mapping[str, Any], place: str) -> dict[str, list[SpanRecord]]:
    found: dict[str, list[SpanRecord]] = {}
    for spans in traces:
        info = there.get(f"tr-{spans[0].trace_id}")
        found.setdefault(info.experiment_id if info is not None else place, []).extend(spans)
    return found
