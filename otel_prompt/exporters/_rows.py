"""A span record as a row of the store, and back. Long texts are kept once, under their hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from .. import semconv
from ..encoding import decode, encode, printable
from ..runs import is_call, run_key
from ..span_record import SpanEvent, SpanRecord

LONG: Final = 512
"""Texts of more characters are kept in the content table: a template comes with every call that uses it."""

_KEPT = "$content"
COLUMNS: Final = (
    "trace_id", "span_id", "parent_id", "remote_parent", "name", "kind", "scope", "status", "status_message",
    "started", "ended", "operation", "prompt_name", "prompt_version", "model", "cost", "experiment", "run_key",
    "run_step", "response_id", "attributes", "events", "resource",
)  # fmt: skip

KEY: Final = COLUMNS.index("run_key")
STEP: Final = COLUMNS.index("run_step")

Row = Sequence[Any]
Content = dict[str, str]
"""Long texts by hash."""


def to_row(record: SpanRecord, content: Content) -> list[Any]:
    """The values of ``COLUMNS``, the step still open. Long texts are put into ``content``."""
    held = record.attributes
    key = run_key(record) if is_call(record) else None
    resource = encode(record.resource) if record.resource else None
    cost = held.get(semconv.COST_TOTAL)
    return [
        record.trace_id,
        record.span_id,
        record.parent_id,
        record.remote_parent,
        printable(record.name),
        record.kind,
        printable(record.scope),
        record.status,
        printable(record.status_message) if record.status_message else None,
        record.start,
        record.end,
        _fact(record.operation),
        _fact(held.get(semconv.PROMPT_NAME)),
        _fact(held.get(semconv.PROMPT_VERSION)),
        _fact(held.get(semconv.REQUEST_MODEL) or held.get(semconv.RESPONSE_MODEL)),
        float(cost) if isinstance(cost, (int, float)) else None,
        _fact(held.get(semconv.EXPERIMENT)),
        key,
        None,
        _fact(held.get(semconv.RESPONSE_ID)),
        encode(_kept(held, content)),
        encode([_kept_event(event, content) for event in record.events]) if record.events else "[]",
        _keep(resource, content) if resource is not None else None,
    ]


def _fact(value: Any) -> str | None:
    """A fact to search by, as text: another instrumentation's attribute may be of any type."""
    return None if value is None else printable(value if isinstance(value, str) else encode(value))


def from_row(row: Row, content: Content) -> SpanRecord:
    """The record of a row, with its long texts put back."""
    held = dict(zip(COLUMNS, row))
    resource = content.get(held["resource"], "{}") if held["resource"] else "{}"
    return SpanRecord(
        trace_id=held["trace_id"],
        span_id=held["span_id"],
        name=held["name"],
        start=held["started"],
        end=held["ended"],
        parent_id=held["parent_id"],
        remote_parent=bool(held["remote_parent"]),
        kind=held["kind"],
        status=held["status"],
        status_message=held["status_message"],
        scope=held["scope"],
        attributes=_restored(decode(held["attributes"]), content),
        events=[
            SpanEvent(e["name"], e["time"], _restored(e.get("attributes", {}), content)) for e in decode(held["events"])
        ],
        resource=decode(resource),
    )


def hashes(row: Row) -> Iterator[str]:
    """The hashes of all the long texts that a row needs."""
    held = dict(zip(COLUMNS, row))
    if held["resource"]:
        yield held["resource"]
    for text in (held["attributes"], held["events"]):
        if _KEPT in text:
            yield from _named(decode(text))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get(_KEPT), str) and len(value) == 1:
            yield found
        else:
            for inner in value.values():
                yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _kept(held: Mapping[str, Any], content: Content) -> dict[str, Any]:
    # A span's attribute is a scalar or a list of scalars, never an object, so the two cannot be confused.
    return {
        name: {_KEPT: _keep(value, content)} if isinstance(value, str) and len(value) > LONG else value
        for name, value in held.items()
    }


def _kept_event(event: SpanEvent, content: Content) -> Any:
    return msgspec.structs.replace(event, attributes=_kept(event.attributes, content))


def _keep(text: str, content: Content) -> str:
    text = printable(text)
    found = sha256(text.encode()).hexdigest()
    content[found] = text
    return found


def _restored(held: Mapping[str, Any], content: Content) -> dict[str, Any]:
    return {
        name: content.get(value[_KEPT], "") if isinstance(value, dict) and _KEPT in value else value
        for name, value in held.items()
    }
