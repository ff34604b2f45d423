"""How each destination is doing, known to all processes that share a store: who delivers, and when to try again.

Of many processes one delivers to a destination at a time, and one that is down is tried by one of them, after a pause
that grows and is never quite the same.
"""

from __future__ import annotations

import os
import random
import socket
from time import time_ns
from typing import Final

import msgspec

from ._database import Database

LEASE_SECONDS: Final = 60
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 120.0
_MOST_ASKED: Final = 3600.0
"""The longest pause that a destination may ask for itself."""
_SECOND: Final = 1_000_000_000
_PACE_SECONDS: Final = 60
"""Over how long the rate of a delivery is taken."""


class State(msgspec.Struct):
    """How a destination is doing.

    Attributes:
        failures: how often in a row it has not answered, or has taken nothing.
        retry_seconds: how long it is left in peace.
        error: what it, or one of the traces, last came to grief on.
        error_at: when, in nanoseconds since the epoch.
        rate: traces that it takes in a second, over the last minute.
        last: when it last took something, in nanoseconds since the epoch.
    """

    failures: int = 0
    retry_seconds: float = 0.0
    error: str | None = None
    error_at: int | None = None
    rate: float = 0.0
    last: int | None = None


class Destinations:
    """What a store knows about its destinations, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, destination: str) -> bool:
        """Take or keep the right to deliver. It runs out by itself, should the process be frozen, and ends with it."""
        length, name = LEASE_SECONDS * _SECOND, owner()
        with self._database.writing() as db:
            now = time_ns()  # only here: it may have waited for others who write
            holder = db.execute("SELECT owner FROM destinations WHERE name = ?", (destination,)).fetchone()
            if holder is not None and _is_gone(holder[0]):
                db.execute("UPDATE destinations SET owner = NULL WHERE name = ?", (destination,))
            db.execute(
                "INSERT INTO destinations (name, owner, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
                "SET owner = excluded.owner, until = excluded.until WHERE owner IS NULL OR owner = excluded.owner "
                "OR until < ? OR until > ?",  # further ahead than a lease goes: the clock was put back
                (destination, name, now + length, now, now + length + _SECOND),
            )
            return db.execute("SELECT owner FROM destinations WHERE name = ?", (destination,)).fetchone()[0] == name

    def release(self, destination: str) -> None:
        """Give the right to deliver back."""
        with self._database.writing() as db:
            db.execute("UPDATE destinations SET owner = NULL WHERE name = ? AND owner = ?", (destination, owner()))

    def failed(self, destination: str, error: str, retry_seconds: float | None = None) -> float:
        """It does not answer, or takes nothing: leave it in peace, longer each time.

        Args:
            destination: its name.
            error: why.
            retry_seconds: how long it asks to be left alone itself.

        Returns:
            For how many seconds it is left.
        """
        now = time_ns()
        with self._database.writing() as db:
            query = "SELECT failures FROM destinations WHERE name = ?"
            failures = (db.execute(query, (destination,)).fetchone() or (0,))[0] + 1
            pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, 20), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
            pause = max(pause, min(retry_seconds or 0.0, _MOST_ASKED))
            db.execute(
                "INSERT INTO destinations (name, failures, retry_at, error, error_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, retry_at = excluded.retry_at, "
                "error = excluded.error, error_at = excluded.error_at",
                (destination, failures, now + int(pause * _SECOND), error[:500], now),
            )
        return pause

    def took(self, destination: str, traces: int, error: str | None) -> None:
        """It has answered, has taken some traces, and has perhaps refused one."""
        now = time_ns()
        with self._database.writing() as db:
            db.execute("UPDATE destinations SET failures = 0, retry_at = 0 WHERE name = ?", (destination,))
            if error is not None:
                query = "UPDATE destinations SET error = ?, error_at = ? WHERE name = ?"
                db.execute(query, (error[:500], now, destination))
            if traces:
                db.execute("INSERT INTO deliveries VALUES (?, ?, ?)", (destination, now, traces))
                # The newest stays, however old it gets: it says when something was last taken.
                query = "DELETE FROM deliveries WHERE destination = ? AND at < ?"
                db.execute(query, (destination, now - _PACE_SECONDS * _SECOND))

    def retry_seconds(self, destination: str) -> float:
        """For how long a destination is still to be left in peace; 0 if it may be tried."""
        return self.state(destination).retry_seconds

    def state(self, destination: str) -> State:
        """How a destination is doing."""
        now = time_ns()
        with self._database.reading() as db:
            row = db.execute(
                "SELECT failures, retry_at, error, error_at FROM destinations WHERE name = ?", (destination,)
            ).fetchone()
            recent = "SELECT coalesce(sum(traces), 0) FROM deliveries WHERE destination = ? AND at >= ?"
            traces = db.execute(recent, (destination, now - _PACE_SECONDS * _SECOND)).fetchone()[0]
            last = db.execute("SELECT max(at) FROM deliveries WHERE destination = ?", (destination,)).fetchone()[0]
        failures, retry_at, error, error_at = row or (0, 0, None, None)
        pause = (retry_at - now) / _SECOND
        # A pause longer than any is one of a clock that has since been put back.
        pause = pause if 0 < pause <= _MOST_ASKED else 0.0
        return State(failures, pause, error, error_at, traces / _PACE_SECONDS, last)

    def note(self, destination: str, name: str, identifier: str) -> None:
        """Remember what a destination calls a thing of ours, an experiment of MLflow's: links need it.

        Args:
            destination: its name.
            name: ours.
            identifier: its own.
        """
        with self._database.writing() as db:
            query = "INSERT OR REPLACE INTO noted (destination, name, id) VALUES (?, ?, ?)"
            db.execute(query, (destination, name, identifier))

    def noted(self, destination: str) -> dict[str, str]:
        """What is remembered of a destination: its own ids, by our names."""
        with self._database.reading() as db:
            return dict(db.execute("SELECT name, id FROM noted WHERE destination = ?", (destination,)).fetchall())

    def names(self) -> list[str]:
        """Every destination that was ever delivered to."""
        with self._database.reading() as db:
            return [row[0] for row in db.execute("SELECT name FROM destinations ORDER BY name")]


def owner() -> str:
    """Who holds a lease: this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_gone(holder: str | None) -> bool:
    """Whether the process that holds a lease is one of this machine that was killed."""
    host, _, process = (holder or "").rpartition(":")
    if os.name != "posix" or host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is another user's, and alive
        return False
    return False
