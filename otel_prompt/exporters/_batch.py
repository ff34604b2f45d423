"""What a destination is given at once: of the traces that wait for it those that it wants, as the store has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from .. import semconv
from ..errors import shielded
from ..runs import is_call
from ..span_record import SpanRecord
from ._outbox import Waiting
from .selection import Filter
from .store import Store

_SPANS: Final = 2_000
"""Traces are handed over until so many spans are together; a trace is never split."""


class Batch(msgspec.Struct):
    """As many of the traces that wait as go together.

    Attributes:
        waiting: these, as the outbox has them.
        traces: what is given of them; nothing of one of which nothing is left in the store.
        failed: those that cannot be read, with the reason.
        left_out: those that the destination does not want.
    """

    waiting: list[Waiting] = []
    traces: list[list[SpanRecord]] = []
    failed: dict[str, str] = {}
    left_out: list[Waiting] = []


def load(store: Store, due: Sequence[Waiting], wanted: Filter, *, judgements_alone: bool) -> Batch:
    """The next batch.

    Args:
        store: where from.
        due: what waits, the oldest first.
        wanted: which traces the destination gets.
        judgements_alone: of a trace it is given the judged spans, and no more of them than is judged.
    """
    batch, spans = Batch(), 0
    for each in due:
        if spans >= _SPANS:
            break
        found: list[SpanRecord] | None = []
        batch.failed[each.trace_id] = "it cannot be read from the store"
        with shielded:
            found = _given(store, each.trace_id, wanted, judgements_alone)
            del batch.failed[each.trace_id]
        if found is None:
            batch.left_out.append(each)
            continue
        batch.waiting.append(each)
        if found:
            batch.traces.append(found)
            spans += len(found)
    steps = store.run_steps([each.trace_id for each in batch.waiting])
    for record in (record for trace in batch.traces for record in trace if is_call(record)):
        record.attributes[semconv.RUN_STEP] = steps.get((record.trace_id, record.span_id), 0)
    return batch


def _given(store: Store, trace_id: str, wanted: Filter, judgements_alone: bool) -> list[SpanRecord] | None:
    """What is given of a trace; None where the filter leaves it out, as far as the store knows it."""
    if not wanted.samples(trace_id):
        return None
    spans = next(iter(store.traces([trace_id])), []) if not judgements_alone or wanted.terms else []
    if spans and not wanted.takes(spans):
        return None
    return store.judged(trace_id) if judgements_alone else spans
