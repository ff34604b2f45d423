"""A person's or a program's judgement of a call, now or long after it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import trace

from . import config, telemetry
from .context import Current
from .errors import FeedbackError
from .exporters.judged_tools import tell_tools
from .exporters.recording import recording
from .exporters.store import Store
from .score import Score, ScoreSource, to_event

_TRACE: Final = re.compile(r"(?:tr-)?([0-9a-f]{32})(?::([0-9a-f]{16}))?")


def feedback(
    target: Any,
    name: str,
    value: float | bool | str,
    *,
    comment: str | None = None,
    user: str | None = None,
    source: ScoreSource | str = ScoreSource.HUMAN,
    metadata: Mapping[str, str] | None = None,
) -> Score:
    """Keep a judgement of a call, and hand it on to wherever the call goes. Said again, it replaces what was said.

    Args:
        target: what is judged: a span, what ``current()`` gives, a client's answer or its id, a trace id (MLflow's
            ``tr-...`` too), or ``"<trace id>:<span id>"``.
        name: what is judged: ``"helpful"``.
        value: a number, a truth or a word.
        comment: why.
        user: who judges; for a program, its name.
        source: ``"human"``, ``"llm_judge"`` or ``"code"``.
        metadata: whatever else is known of it.

    Raises:
        FeedbackError: the target is none, or no call of that id is in the store.
        StoreError: the store cannot be written.
    """
    signals = telemetry.current()
    settings = config.load(strict=False) if signals.settings == config.Settings() else signals.settings
    kept = recording(settings)
    trace_id, span_id = _ids(target, kept.store)
    score = Score(
        trace_id,
        span_id,
        _word(name, "the name of a judgement is a text that says what is judged"),
        _value(value),
        _source(source),
        time.time_ns(),
        user,
        signals.clean(comment) if comment is not None else None,
        {str(key): signals.clean(str(each)) for key, each in (metadata or {}).items()},
    )
    tell_tools(kept, settings)
    kept.judge([score])
    ids = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(1))
    signals.emit_evaluation(to_event(score).attributes, ids)
    return score


def _ids(target: Any, store: Store) -> tuple[str, str]:
    if isinstance(target, Current):
        return target.trace_id, target.span_id
    found = target.get_span_context() if isinstance(target, trace.Span) else target
    if isinstance(found, trace.SpanContext):
        if not found.is_valid:
            raise FeedbackError("the span that is judged is none: it has no id; is anything instrumented?")
        return f"{found.trace_id:032x}", f"{found.span_id:016x}"
    text = target if isinstance(target, str) else getattr(target, "id", None)
    if not isinstance(text, str) or not text:
        raise FeedbackError(
            f"a {type(target).__name__} cannot be judged: give a span, current(), a client's answer, or an id"
        )
    return _look_up(text, store) or _look_up(text, store, flush=True) or _unknown(text, store)


def _look_up(text: str, store: Store, *, flush: bool = False) -> tuple[str, str] | None:
    provider: Any = trace.get_tracer_provider()
    if flush and hasattr(provider, "force_flush"):
        provider.force_flush(2_000)  # the call may have ended a moment ago
    if (found := _TRACE.fullmatch(text)) is None:
        return store.find_response(text)
    trace_id, span_id = found.groups()
    if span_id is not None:
        return trace_id, span_id
    spans = next(iter(store.traces([trace_id])), [])
    root = next((span for span in spans if span.parent_id is None), spans[0] if spans else None)
    return (trace_id, root.span_id) if root is not None else None


def _unknown(text: str, store: Store) -> tuple[str, str]:
    raise FeedbackError(
        f"the store {store.path} has no call {text!r}: give '<trace id>:<span id>' for one that is recorded elsewhere"
    )


def _value(value: Any) -> float | bool | str:
    if isinstance(value, (bool, int, float, str)):
        return value
    raise FeedbackError(f"a judgement is a number, True or False, or a word, not a {type(value).__name__}")


def _source(source: ScoreSource | str) -> ScoreSource:
    try:
        return ScoreSource(source)
    except ValueError:
        there = ", ".join(each.value for each in ScoreSource)
        raise FeedbackError(f"there is no source {source!r} of judgements; there are: {there}") from None


def _word(text: Any, sentence: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise FeedbackError(sentence)
    return text
