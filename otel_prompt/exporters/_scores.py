"""Judgements in the store: kept beside the spans, often long after them, and read as events on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ..score import Score, to_event
from ..span_record import SpanRecord

if TYPE_CHECKING:
    import sqlite3


def write_scores(db: sqlite3.Connection, scores: Sequence[Score]) -> None:
    """Keep judgements. Of the same judge and name, an older one is replaced."""
    db.executemany(
        "INSERT INTO scores (id, trace_id, span_id, name, time, score) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET time = excluded.time, score = excluded.score "
        "WHERE excluded.time >= scores.time",
        [(s.id, s.trace_id, s.span_id, s.name, s.time, msgspec.json.encode(s).decode()) for s in scores],
    )


def judged(db: sqlite3.Connection, trace_id: str) -> list[SpanRecord]:
    """The spans of a trace that were judged, whether they are here or not: no more than their ids and judgements."""
    found: dict[str, SpanRecord] = {}
    query = "SELECT span_id, score FROM scores WHERE trace_id = ? ORDER BY time"
    for span_id, text in db.execute(query, (trace_id,)).fetchall():
        record = found.setdefault(span_id, SpanRecord(trace_id, span_id, "", 0, 0))
        record.events.append(to_event(msgspec.json.decode(text, type=Score)))
    return list(found.values())


def add_scores(db: sqlite3.Connection, spans: Sequence[SpanRecord]) -> None:
    """Put the judgements of spans onto them, as events."""
    by_trace: dict[str, dict[str, SpanRecord]] = {}
    for record in spans:
        by_trace.setdefault(record.trace_id, {})[record.span_id] = record
    for trace_id, inside in by_trace.items():
        query = "SELECT span_id, score FROM scores WHERE trace_id = ? ORDER BY time"
        for span_id, text in db.execute(query, (trace_id,)).fetchall():
            if (record := inside.get(span_id)) is not None:
                record.events.append(to_event(msgspec.json.decode(text, type=Score)))
