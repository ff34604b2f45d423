"""What is still to be handed on: for each destination the traces that were written for it, and how far it has got.

A trace has a revision, raised by every span that comes, and the revision that was delivered last. So a late span
sends its trace out again, a crash loses nothing, and what was never meant for a destination never goes there. A trace
that a destination refuses again and again becomes a dead letter: it is kept with the reason, and tried no more until
one asks, or until something new comes for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import time_ns
from typing import TYPE_CHECKING, Final

import msgspec

from ..span_record import SpanRecord
from ._database import Database

if TYPE_CHECKING:
    import sqlite3

TRIES: Final = 10
"""How often a destination may refuse a trace, over half an hour: each pause is twice the one before."""

_SECOND: Final = 1_000_000_000


class Waiting(msgspec.Struct, frozen=True):
    """A trace that a destination is to be given, as far as it has come."""

    trace_id: str
    revision: int


class DeadLetter(msgspec.Struct, frozen=True):
    """A trace that a destination does not take. ``at`` is in nanoseconds since the epoch."""

    destination: str
    trace_id: str
    reason: str
    at: int


def enqueue(db: sqlite3.Connection, destination: str, spans: Iterable[SpanRecord], now: int) -> None:
    """Note, in the transaction that keeps them, where spans are to go."""
    finished: dict[str, bool] = {}
    for record in spans:
        root = record.parent_id is None or record.remote_parent
        finished[record.trace_id] = finished.get(record.trace_id, False) or root
    db.executemany(
        "INSERT INTO outbox (destination, trace_id, revision, changed, finished) VALUES (?, ?, 1, ?, ?) "
        "ON CONFLICT (destination, trace_id) DO UPDATE SET revision = revision + 1, changed = excluded.changed, "
        "finished = max(finished, excluded.finished), retry_at = 0",
        [(destination, trace_id, now, done) for trace_id, done in finished.items()],
    )


def enqueue_judged(db: sqlite3.Connection, destination: str, trace_ids: Iterable[str], now: int) -> None:
    """Note that traces were judged, for who is told of judgements alone: in a moment, when their spans are there."""
    db.executemany(
        "INSERT INTO outbox (destination, trace_id, revision, changed, finished) VALUES (?, ?, 1, ?, 0) "
        "ON CONFLICT (destination, trace_id) DO UPDATE SET revision = revision + 1, changed = excluded.changed, "
        "finished = 0, retry_at = 0",
        [(destination, trace_id, now) for trace_id in trace_ids],
    )


def enqueue_again(db: sqlite3.Connection, trace_ids: Iterable[str], now: int) -> None:
    """Something was added to traces that are there: they go again to wherever they were to go."""
    db.executemany(
        "UPDATE outbox SET revision = revision + 1, changed = ?, retry_at = 0 WHERE trace_id = ?",
        [(now, trace_id) for trace_id in trace_ids],
    )


class Outbox:
    """The traces that wait in a store, by destination."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_all(self, destination: str, *, judged: bool = False) -> None:
        """Let a destination have every trace of the store that it was never given; or every one that was judged."""
        which = "max(time), 1 FROM scores" if judged else "max(ended), 1 FROM spans"
        with self._database.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO outbox (destination, trace_id, revision, changed, finished) "
                f"SELECT ?, trace_id, 1, {which} GROUP BY trace_id",
                (destination,),
            )

    def due(self, destination: str, quiet_seconds: float, limit: int) -> list[Waiting]:
        """The traces that are ready to go: their root has ended, or nothing has come for a while. Oldest first."""
        now = time_ns()
        quiet = int(quiet_seconds * _SECOND)
        longest = _SECOND << TRIES + 1
        with self._database.reading() as db:
            # A moment further ahead than any pause is one of a clock that has since been put right.
            rows = db.execute(
                "SELECT trace_id, revision FROM outbox WHERE destination = ? AND delivered < revision "
                "AND (finished OR changed <= ? OR changed > ?) AND (retry_at <= ? OR retry_at > ?) "
                "ORDER BY changed LIMIT ?",
                (destination, now - quiet, now + quiet, now, now + longest, limit),
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def settle(self, destination: str, sent: Sequence[Waiting], failed: Mapping[str, str]) -> None:
        """Note what was taken, and put off what was refused: twice as long each time, and in the end for good."""
        now = time_ns()
        taken = [(w.revision, destination, w.trace_id) for w in sent if w.trace_id not in failed]
        refused = [(failed[w.trace_id][:500], now, destination, w.trace_id) for w in sent if w.trace_id in failed]
        with self._database.writing() as db:
            db.executemany(
                "UPDATE outbox SET delivered = max(delivered, ?), failures = 0, error = NULL "
                "WHERE destination = ? AND trace_id = ?",
                taken,
            )
            if not refused:
                return
            db.executemany(
                f"UPDATE outbox SET failures = failures + 1, error = ?, retry_at = ? + ({_SECOND} << failures + 1) "  # noqa: S608 - a number of ours
                "WHERE destination = ? AND trace_id = ?",
                refused,
            )
            given_up = "FROM outbox WHERE destination = ? AND failures >= ?"
            db.execute(
                "INSERT OR REPLACE INTO dead_letters (destination, trace_id, reason, at) "
                f"SELECT destination, trace_id, error, ? {given_up}",
                (now, destination, TRIES),
            )
            db.execute(f"DELETE {given_up}", (destination, TRIES))

    def leave_out(self, destination: str, unwanted: Sequence[Waiting]) -> None:
        """Forget what a destination does not want as it is. What comes for it later has it looked at again, whole."""
        if unwanted:
            with self._database.writing() as db:
                db.executemany(
                    "DELETE FROM outbox WHERE destination = ? AND trace_id = ? AND revision = ?",
                    [(destination, each.trace_id, each.revision) for each in unwanted],
                )

    def hurry(self, destination: str) -> None:
        """Try what was refused before again now."""
        with self._database.writing() as db:
            db.execute("UPDATE outbox SET retry_at = 0 WHERE destination = ? AND delivered < revision", (destination,))

    def waiting(self) -> dict[str, int]:
        """How many traces wait for each destination."""
        with self._database.reading() as db:
            query = "SELECT destination, count(*) FROM outbox WHERE delivered < revision GROUP BY destination"
            return dict(db.execute(query).fetchall())

    def taken(self, trace_id: str) -> dict[str, bool]:
        """The destinations that a trace is to go to, and whether each has taken some of it."""
        with self._database.reading() as db:
            query = "SELECT destination, delivered > 0 FROM outbox WHERE trace_id = ?"
            return {name: bool(done) for name, done in db.execute(query, (trace_id,))}

    def undelivered(self) -> list[str]:
        """The traces of the store that no destination has got."""
        with self._database.reading() as db:
            query = (
                "SELECT DISTINCT trace_id FROM spans WHERE trace_id NOT IN "
                "(SELECT trace_id FROM outbox WHERE delivered >= revision)"
            )
            return [row[0] for row in db.execute(query)]

    def backlog(self, destination: str) -> int:
        """How many traces wait for a destination, or for all of its kind."""
        return sum(n for name, n in self.waiting().items() if name == destination or name.startswith(f"{destination} "))

    def oldest(self, destination: str) -> int | None:
        """When the trace that waits longest for a destination was last written, in nanoseconds since the epoch."""
        with self._database.reading() as db:
            query = "SELECT min(changed) FROM outbox WHERE destination = ? AND delivered < revision"
            return db.execute(query, (destination,)).fetchone()[0]

    def redirect(self, source: str, target: str) -> int:
        """Let one destination have what waits for another. Returns how many traces."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO outbox (destination, trace_id, revision, changed, finished) "
                "SELECT ?, trace_id, 1, changed, 1 FROM outbox WHERE destination = ? AND delivered < revision "
                "ON CONFLICT (destination, trace_id) DO UPDATE SET revision = revision + 1, retry_at = 0",
                (target, source),
            )
        return self.forget(source)

    def forget(self, destination: str) -> int:
        """Hand nothing more on of what waits for a destination. Returns how many traces; they stay in the store."""
        with self._database.writing() as db:
            query = "DELETE FROM outbox WHERE destination = ? AND delivered < revision"
            return db.execute(query, (destination,)).rowcount

    def dead_letters(self, destination: str | None = None) -> list[DeadLetter]:
        """What was refused for good, by one destination or by any, newest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT destination, trace_id, reason, at FROM dead_letters "
                "WHERE destination = coalesce(?, destination) ORDER BY at DESC, trace_id",
                (destination,),
            ).fetchall()
        return [DeadLetter(*row) for row in rows]

    def revive(self, destination: str) -> int:
        """Try again what a destination has refused for good. Returns how many traces."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO outbox (destination, trace_id, revision, changed, finished) "
                "SELECT destination, trace_id, 1, at, 1 FROM dead_letters WHERE destination = ? "
                "ON CONFLICT (destination, trace_id) DO UPDATE SET revision = revision + 1, retry_at = 0",
                (destination,),
            )
            return db.execute("DELETE FROM dead_letters WHERE destination = ?", (destination,)).rowcount
