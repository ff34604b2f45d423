"""One call that two instrumentations saw is one call: its tokens and its cost are counted once.

OpenInference's ``openai`` instrumentation inside ours, LiteLLM's callback beside it: each makes a span of its own. Ours
owns the call, else the one that was seen first; the other keeps its place in the trace, says whose call it is, and
counts nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from . import semconv
from .runs import is_call
from .span_record import SpanRecord

_TRACES: Final = 10_000
"""How many traces' calls, and how many spans begun inside calls, a process remembers."""

_COUNTED: Final = (semconv.USAGE_PREFIX, semconv.COST_PREFIX, semconv.CACHE_WRITE_1H_TOKENS)
_NAMES: Final = (semconv.CONVENTIONS_PREFIX, f"{semconv.SCOPE}.")
_inside: OrderedDict[tuple[str, str], str] = OrderedDict()


def begun_inside(trace_id: str, span_id: str, call: str) -> None:
    """Note that another instrumentation's span began directly inside a call of ours, which has yet to end."""
    _inside[trace_id, span_id] = call
    while len(_inside) > _TRACES:
        _inside.popitem(last=False)


class Seen(msgspec.Struct):
    """What tells one call from another."""

    span_id: str
    parent_id: str | None
    scope: str
    operation: str | None
    models: frozenset[Any]
    response_id: Any
    start: int
    end: int
    counted: bool
    """Whether it has tokens: one that lost sight of a stream has none."""
    twins: set[str]
    """The instrumentations that have a span of this call: each has one."""


class Calls:
    """The calls of a process, as one reader of its spans meets them."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, list[Seen]] = OrderedDict()

    def owned(self, records: Sequence[SpanRecord]) -> list[SpanRecord]:
        """The records, with each call owned by one of them, which is given what only another one says of it."""
        # Ours first: of spans that come together it is the one that knows the prompt.
        order = sorted(range(len(records)), key=lambda n: records[n].scope != semconv.SCOPE)
        here_now = {record.span_id for record in records}
        owners = {n: self._owner(records[n], here_now) for n in order}
        here = {(r.trace_id, r.span_id): r for n, r in enumerate(records) if owners[n] is None}
        for n, owner in owners.items():
            if owner is not None and (call := here.get((records[n].trace_id, owner))) is not None:
                _complete(call, records[n])
        return [r if (owner := owners[n]) is None else _disowned(r, owner) for n, r in enumerate(records)]

    def _owner(self, record: SpanRecord, here_now: set[str]) -> str | None:
        """The span that owns the call of a record; None for what is no call, and for a call's owner."""
        if not is_call(record):
            return None
        seen = self._traces.setdefault(record.trace_id, [])
        self._traces.move_to_end(record.trace_id)
        this = _seen(record)
        around = _inside.get((record.trace_id, record.span_id)) if record.scope != semconv.SCOPE else None
        for each in seen:
            if each.span_id == this.span_id:
                return None
            if each.span_id == around or (this.scope not in each.twins and is_same(each, this)):
                each.twins.add(this.scope)
                if this.counted and not each.counted and each.span_id not in here_now:
                    # The owner has gone out without tokens: they are counted here, or nowhere.
                    each.counted = True
                    return None
                return each.span_id
        if around is not None:
            return around
        seen.append(this)
        while len(self._traces) > _TRACES:
            self._traces.popitem(last=False)
        return None


def is_same(a: Seen, b: Seen) -> bool:
    """Whether two spans of one trace, by two instrumentations, are of one call.

    A service's id of the answer settles it. Where one does not say it, one span was there all the time that the other
    was, as its parent or beside it, for the same operation on the same model. Two may name an operation otherwise: what
    is a chat to one is a completion of text to the other. Then both say the model.
    """
    if a.response_id is not None and b.response_id is not None:
        return a.response_id == b.response_id
    related = a.span_id == b.parent_id or a.parent_id in (b.span_id, b.parent_id)
    within = (a.start <= b.start and b.end <= a.end) or (b.start <= a.start and a.end <= b.end)
    shared = bool(a.models & b.models)
    one_model = shared or not a.models or not b.models
    one_operation = a.operation == b.operation or (shared and {a.operation, b.operation} <= semconv.INFERENCE)
    return related and within and one_model and one_operation


def _seen(record: SpanRecord) -> Seen:
    held = record.attributes
    models = frozenset({held.get(semconv.REQUEST_MODEL), held.get(semconv.RESPONSE_MODEL)} - {None})
    answer = held.get(semconv.RESPONSE_ID)
    about = (record.span_id, record.parent_id, record.scope, record.operation)
    counted = any(name in held for name in (semconv.INPUT_TOKENS, semconv.OUTPUT_TOKENS))
    return Seen(*about, models, answer, record.start, record.end, counted, {record.scope})


def _complete(call: SpanRecord, twin: SpanRecord) -> None:
    for name, value in twin.attributes.items():
        if name.startswith(_NAMES) and name != semconv.SAME_CALL:
            call.attributes.setdefault(name, value)


def _disowned(record: SpanRecord, owner: str) -> SpanRecord:
    held = {key: value for key, value in record.attributes.items() if not key.startswith(_COUNTED)}
    return msgspec.structs.replace(record, attributes={**held, semconv.SAME_CALL: owner})
