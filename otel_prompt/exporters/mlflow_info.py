"""What MLflow is told of a trace as a whole: what its page and the list of traces show, and what it is found by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from .. import semconv
from ..dialects._content import Content, content
from ..dialects._links import links
from ..runs import is_call
from ..span_record import SpanRecord
from .mlflow_assessments import assessments

_ROOT: Final = "otel_prompt.root"
"""Where a trace in MLflow says which of our spans it was described by."""

_RESOURCE: Final = ("service.name", "service.version", "deployment.environment.name")


def root_of(spans: Sequence[SpanRecord]) -> SpanRecord:
    """The span that stands for the trace: its root or, where that is elsewhere or still open, what began first here."""
    return next((s for s in spans if s.parent_id is None), None) or next(
        (s for s in spans if s.remote_parent), spans[0]
    )


def describes(root: SpanRecord, there: Any) -> bool:
    """Whether what is known here may describe a trace: it has the root, or nothing that began earlier has done so.

    Args:
        root: the span that stands for the trace here.
        there: what MLflow has of the trace; None for nothing.
    """
    if root.parent_id is None or there is None or there.trace_metadata.get(_ROOT) in (None, root.span_id):
        return True
    return root.start // 1_000_000 < there.request_time


def trace_info(
    trace_id: str,
    experiment_id: str,
    root: SpanRecord,
    spans: Sequence[SpanRecord],
    runs: Mapping[tuple[str, str], str],
) -> Any:
    """MLflow's own record of a trace, without what only the registry knows.

    Args:
        trace_id: as MLflow has it.
        experiment_id: where the trace is.
        root: the span that stands for it.
        spans: what is known of it.
        runs: the run of each call, by trace and span id.
    """
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
        assessments=assessments(spans, runs),
    )


def link_tags(record: SpanRecord) -> dict[str, str]:
    """Where else a span can be seen, by the name of the tag: ``otel_prompt.link.jaeger``."""
    return {semconv.LINK_PREFIX + tool: address for tool, address in links(record, "mlflow").items()}


def _shown(root: SpanRecord, spans: Sequence[SpanRecord]) -> Content:
    """What the list shows: the root's input and output or, where it has none, those of the first and the last call."""
    own = content(root)
    if own.asked and own.answered:
        return own
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
    for record in reversed(spans):
        found.update(link_tags(record))
    for tags in _values(spans, (semconv.TAGS,)):
        found.update({f"tag.{tag}": "true" for tag in ([tags] if isinstance(tags, str) else tags)})
    for name, key in (("prompt.name", semconv.PROMPT_NAME), ("prompt.version", semconv.PROMPT_VERSION)):
        if (value := next(_values(spans, (key,)), None)) is not None:
            found[name] = str(value)
    return found


def _values(spans: Iterable[SpanRecord], keys: Sequence[str]) -> Iterator[Any]:
    return (s.attributes[key] for key in keys for s in spans if s.attributes.get(key) is not None)
