"""What is still to be handed on: for each destination the traces that were written for it, and how far it has got.

A trace has a revision, raised by every span that comes, and the revision that was delivered last. So a late span
sends its trace out again, a crash loses nothing, and what was never meant for a destination never goes there.
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

LEASE_SECONDS: Final = 60


class Waiting(msgspec.Struct, frozen=True):
    """A trace that a destination is to be given, as far as it has come."""

    trace_id: str
    revision: int


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


class Outbox:
    """The traces that wait in a store, by destination."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_all(self, destination: str) -> None:
        """Let a destination have every trace of the store that it was never given."""
        with self._database.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO outbox (destination, trace_id, revision, changed, finished) "
                "SELECT ?, trace_id, 1, max(ended), 1 FROM spans GROUP BY trace_id",
                (destination,),
            )

    def due(self, destination: str, quiet_seconds: float, limit: int) -> list[Waiting]:
        """The traces that are ready to go: their root has ended, or nothing has come for a while. Oldest first."""
        now = time_ns()
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT trace_id, revision FROM outbox WHERE destination = ? AND delivered < revision "
                "AND (finished OR changed <= ?) AND retry_at <= ? ORDER BY changed LIMIT ?",
                (destination, now - int(quiet_seconds * 1e9), now, limit),
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def settle(self, destination: str, sent: Sequence[Waiting], failed: Mapping[str, str]) -> None:
        """Note what a destination has taken, and put off what it has refused: twice as long each time."""
        now = time_ns()
        taken = [(w.revision, destination, w.trace_id) for w in sent if w.trace_id not in failed]
        refused = [(failed[w.trace_id][:500], now, destination, w.trace_id) for w in sent if w.trace_id in failed]
        with self._database.writing() as db:
            db.executemany(
                "UPDATE outbox SET delivered = max(delivered, ?), failures = 0, error = NULL "
                "WHERE destination = ? AND trace_id = ?",
                taken,
            )
            db.executemany(
                "UPDATE outbox SET failures = failures + 1, error = ?, "
                "retry_at = ? + 1000000000 * (2 << min(failures, 11)) WHERE destination = ? AND trace_id = ?",
                refused,
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

    def backlog(self, destination: str) -> int:
        """How many traces wait for a destination, or for all of its kind."""
        return sum(n for name, n in self.waiting().items() if name == destination or name.startswith(f"{destination} "))

    def lease(self, destination: str, owner: str) -> bool:
        """Take or keep the right to deliver: of many processes one does at a time. It runs out by itself."""
        now = time_ns()
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO lease (destination, owner, until) VALUES (?, ?, ?) ON CONFLICT (destination) DO UPDATE "
                "SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until < ?",
                (destination, owner, now + LEASE_SECONDS * 1_000_000_000, now),
            )
            return db.execute("SELECT owner FROM lease WHERE destination = ?", (destination,)).fetchone()[0] == owner

    def release(self, destination: str, owner: str) -> None:
        """Give the right to deliver back."""
        with self._database.writing() as db:
            db.execute("DELETE FROM lease WHERE destination = ? AND owner = ?", (destination, owner))
