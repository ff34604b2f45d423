"""The local store: every span in one SQLite file, to be looked at, compared, and handed on from.

One row a span, with the facts that one searches by as columns; long texts are kept once, by their hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from .. import semconv
from ..errors import StoreError, shielded
from ..score import Score
from ..span_record import SpanRecord
from ._database import Database
from ._destinations import Destinations
from ._outbox import Outbox, enqueue, enqueue_again, enqueue_judged
from ._prompt_usage import PromptUsage, prompt_usage
from ._retention import trim, used_bytes
from ._rows import COLUMNS, KEY, STEP, Content, Row, from_row, hashes, to_row
from ._scores import add_scores, judged, write_scores

if TYPE_CHECKING:
    import sqlite3

_NAMES: Final = ", ".join(COLUMNS)
_CHANGED: Final = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:] if name != "run_step")
_UPSERT: Final = (
    f"INSERT INTO spans ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608 - the names are ours
    # A call's place in its run is given once and kept for good, so that handing it on again changes nothing.
    f"ON CONFLICT (trace_id, span_id) DO UPDATE SET {_CHANGED}, shed = 0, run_step = CASE "
    "WHEN spans.run_key IS excluded.run_key THEN coalesce(spans.run_step, excluded.run_step) ELSE excluded.run_step END"
)
_KEEP: Final = (
    "INSERT INTO content (hash, text, added) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET added = excluded.added"
)


def default_path() -> Path:
    """Where the store of this user is."""
    from platformdirs import user_data_path

    return user_data_path("otel-prompt", appauthor=False) / "spans.db"


class Store:
    """Spans on disk. Any number of processes and threads may use one file at once; a fork is noticed.

    Args:
        path: the file; None for the user's own, ``spans.db`` in the data folder.

    Raises:
        StoreError: from every method, in one sentence: the file cannot be opened, read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = Path(path) if path is not None else default_path()
        self._database = Database(self.path)
        self.outbox = Outbox(self._database)
        self.destinations = Destinations(self._database)

    def write(self, spans: Sequence[SpanRecord], destinations: Iterable[str] = ()) -> None:
        """Keep spans. One that is there already is replaced, so writing again changes nothing.

        Args:
            spans: the finished spans.
            destinations: where the spans' traces are to be handed on to.
        """
        if not spans:
            return
        content: Content = {}
        rows: list[list[Any]] = []
        for record in spans:
            with shielded:  # one that cannot be a row keeps no other from being one
                rows.append(to_row(record, content))
        now = time_ns()
        with self._database.writing() as db:
            _number(db, rows)
            db.executemany(_UPSERT, rows)
            db.executemany(_KEEP, [(name, text, now) for name, text in content.items()])
            db.executemany(
                "DELETE FROM tags WHERE trace_id = ? AND span_id = ?", [(s.trace_id, s.span_id) for s in spans]
            )
            db.executemany("INSERT OR IGNORE INTO tags (tag, trace_id, span_id) VALUES (?, ?, ?)", list(_tags(spans)))
            for destination in destinations:
                enqueue(db, destination, spans, now)

    def write_scores(self, scores: Sequence[Score], destinations: Iterable[str] = ()) -> None:
        """Keep judgements of spans, and hand them on to wherever the spans' traces go.

        Args:
            scores: one of the same judge and name replaces what is there; the spans may come later, or never.
            destinations: those that are told of judgements alone.
        """
        traces, now = {score.trace_id for score in scores}, time_ns()
        with self._database.writing() as db:
            write_scores(db, scores)
            enqueue_again(db, traces, now)
            for destination in destinations:
                enqueue_judged(db, destination, traces, now)

    def judged(self, trace_id: str) -> list[SpanRecord]:
        """The judged spans of a trace, as ``_scores.judged`` has them."""
        with self._database.reading() as db:
            return judged(db, trace_id)

    def find_response(self, response_id: str) -> tuple[str, str] | None:
        """The trace and span id of the call that a service has answered under an id; None if none is here."""
        with self._database.reading() as db:
            query = "SELECT trace_id, span_id FROM spans WHERE response_id = ? ORDER BY started LIMIT 1"
            return db.execute(query, (response_id,)).fetchone()

    def spans(
        self,
        *,
        prompt: str | None = None,
        version: str | None = None,
        model: str | None = None,
        tag: str | None = None,
        status: str | None = None,
        operation: str | None = None,
        since: int | None = None,
        until: int | None = None,
        calls_only: bool = False,
        limit: int | None = 100,
    ) -> list[SpanRecord]:
        """The spans that match everything asked for, newest first.

        Args:
            prompt: the prompt's name.
            version: the prompt's version.
            model: the model that was asked for or, where that is not known, that answered.
            tag: one of the span's tags.
            status: ``ok``, which every span is that did not fail, or ``error``.
            operation: the conventions' operation name.
            since: the earliest start, in nanoseconds since the epoch.
            until: the start before which they began.
            calls_only: calls to a model only, no steps.
            limit: the most spans to give; None for all.
        """
        wanted: list[tuple[str, Any]] = [
            ("prompt_name = ?", prompt),
            ("prompt_version = ?", version),
            ("model = ?", model),
            (
                "EXISTS (SELECT 1 FROM tags t WHERE t.tag = ? AND t.trace_id = s.trace_id AND t.span_id = s.span_id)",
                tag,
            ),
            ("operation = ?", operation),
            ("started >= ?", _within(since)),
            ("started < ?", _within(until)),
        ]
        where = [text for text, value in wanted if value is not None]
        values = [value for _, value in wanted if value is not None]
        if status is not None:
            where.append("status = 'error'" if status == "error" else "status <> 'error'")
        if calls_only:
            where.append(f"operation IN ({', '.join('?' * len(semconv.MODEL_CALLS))})")
            values += sorted(semconv.MODEL_CALLS)
        clause = f"WHERE {' AND '.join(where)}" if where else ""
        return self._read(
            f"{clause} ORDER BY started DESC, ended DESC LIMIT ?", [*values, -1 if limit is None else _within(limit)]
        )

    def trace(self, trace_id: str) -> list[SpanRecord]:
        """The spans of a trace, in the order in which they started.

        Args:
            trace_id: the trace's id, or as much of its beginning as no other trace has.

        Raises:
            StoreError: no trace begins so, or several do.
        """
        found = trace_id.strip().lower().removeprefix("tr-")
        with self._database.reading() as db:
            ids = [
                row[0]
                for row in db.execute(
                    "SELECT DISTINCT trace_id FROM spans WHERE trace_id >= ? AND trace_id < ? LIMIT 6",
                    (found, found + "g"),
                )
            ]
        if not ids:
            raise StoreError(f"the store {self.path} has no trace that begins with {trace_id!r}")
        if len(ids) > 1:
            some = ", ".join(ids[:5]) + (" and others" if len(ids) > 5 else "")
            raise StoreError(f"{trace_id!r} is the beginning of several traces: {some}; give more of the id")
        return self.traces(ids)[0]

    def traces(self, trace_ids: Sequence[str]) -> list[list[SpanRecord]]:
        """The spans of several traces, each in the order in which its spans started; unknown ids are left out."""
        found: dict[str, list[SpanRecord]] = {trace_id: [] for trace_id in trace_ids}
        for trace_id in found:
            found[trace_id] = self._read("WHERE trace_id = ? ORDER BY started, ended DESC", [trace_id])
        return [spans for spans in found.values() if spans]

    def run_steps(self, trace_ids: Sequence[str]) -> dict[tuple[str, str], int]:
        """The place of each call in its run, by trace and span id."""
        with self._database.reading() as db:
            return {
                (trace_id, span_id): step
                for wanted in trace_ids
                for trace_id, span_id, step in db.execute(
                    "SELECT trace_id, span_id, run_step FROM spans WHERE trace_id = ? AND run_step IS NOT NULL",
                    (wanted,),
                )
            }

    def prompt_usage(self) -> list[PromptUsage]:
        """What each version of each prompt was used for, in the order of the names and versions."""
        with self._database.reading() as db:
            return prompt_usage(db)

    def check_writable(self) -> None:
        """See whether the store, which is there, can be written; nothing is.

        Raises:
            StoreError: it cannot.
        """
        with self._database.writing():
            pass

    def trim(self, most_bytes: int | None, days: float | None = None) -> bool:
        """Take out what is too much or too old, by the policy of ``_retention``. Returns whether there was any."""
        return trim(self._database, most_bytes, days)

    def used_bytes(self) -> int:
        """How much of the disk the store needs."""
        return used_bytes(self._database)

    def count(self) -> int:
        """How many spans there are."""
        with self._database.reading() as db:
            return db.execute("SELECT count(*) FROM spans").fetchone()[0]

    def backlog(self, destination: str) -> int:
        """How many traces a destination is still to be given. ``"mlflow"`` counts for all MLflows there are."""
        return self.outbox.backlog(destination)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _read(self, clause: str, values: Sequence[Any]) -> list[SpanRecord]:
        with self._database.reading() as db:
            rows: list[Row] = db.execute(f"SELECT {_NAMES} FROM spans s {clause}", values).fetchall()  # noqa: S608
            content = _content(db, {found for row in rows for found in hashes(row)})
            found = [from_row(row, content) for row in rows]
            add_scores(db, found)
        return found


def _within(number: int | None) -> int | None:
    """The nearest number that SQLite can hold."""
    return None if number is None else max(-(2**63), min(number, 2**63 - 1))


def _number(db: sqlite3.Connection, rows: Iterable[list[Any]]) -> None:
    """Give each call the place in its run that comes after the last that is there."""
    following: dict[str, int] = {}
    for row in rows:
        if (key := row[KEY]) is None:
            continue
        if key not in following:
            query = "SELECT coalesce(max(run_step), -1) + 1 FROM spans WHERE run_key = ?"
            following[key] = db.execute(query, (key,)).fetchone()[0]
        row[STEP] = following[key]
        following[key] += 1


def _tags(spans: Iterable[SpanRecord]) -> Iterable[tuple[str, str, str]]:
    for record in spans:
        tags = record.attributes.get(semconv.TAGS) or ()
        for tag in tags if isinstance(tags, (list, tuple)) else [tags]:
            yield str(tag), record.trace_id, record.span_id


def _content(db: sqlite3.Connection, wanted: set[str]) -> Content:
    found: Content = {}
    ids = sorted(wanted)
    for i in range(0, len(ids), 500):
        some = ids[i : i + 500]
        found.update(db.execute(f"SELECT hash, text FROM content WHERE hash IN ({', '.join('?' * len(some))})", some))  # noqa: S608
    return found
