"""What has been written to W&B, noted beside the store: W&B's history can only be added to, so nothing may go twice.

A session is one opening of a run. It is noted with all its items before they are written, and closed when it is certain
that W&B has them. One that is still open when the next begins was cut off: what of it has arrived is then asked of W&B
or read from its file, and the rest is forgotten, so that it is written again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from .delivery import DeliveryError
from .wandb_rows import Item

_PATIENCE_SECONDS: Final = 30.0
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, folder TEXT, step INTEGER NOT NULL, line INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS sessions_of_run ON sessions (run, done);
CREATE TABLE IF NOT EXISTS items (
    run TEXT NOT NULL, id TEXT NOT NULL, session INTEGER NOT NULL, in_table INTEGER NOT NULL, figures TEXT NOT NULL,
    PRIMARY KEY (run, id)
);
CREATE TABLE IF NOT EXISTS tables (
    run TEXT NOT NULL, name TEXT NOT NULL, columns TEXT NOT NULL, increments TEXT NOT NULL, PRIMARY KEY (run, name)
);
"""


class Session(msgspec.Struct):
    """One opening of a run.

    Attributes:
        run: the run, with its place: ``address entity/project/id``.
        folder: where its file is; None where all goes over the network.
        step: the first step that is its own.
        line: how many lines of history the run had before it.
    """

    id: int
    run: str
    folder: str | None
    step: int
    line: int


class Table(msgspec.Struct):
    """A table that grows by parts: its columns, and where the parts so far are."""

    name: str
    columns: list[str]
    increments: list[str] = []


class Ledger:
    """The file. It belongs to the process that has it open alone: see ``alone``.

    Args:
        path: the file; its folder is there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep other processes from writing meanwhile: one that was left by an application may still be at it.

        Raises:
            DeliveryError: another is at it, or the file cannot be used.
        """
        lock = None
        try:
            lock = sqlite3.connect(self._path.with_suffix(".lock"), timeout=_PATIENCE_SECONDS, isolation_level=None)
            # The lock goes with the process, however that ends.
            lock.execute("BEGIN EXCLUSIVE")
            self._db = self._open()
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise DeliveryError("another process is still writing to W&B") from None
            raise DeliveryError(f"what was written to W&B cannot be noted in {self._path}: {error}") from None
        except sqlite3.Error as error:
            raise DeliveryError(f"what was written to W&B cannot be noted in {self._path}: {error}") from None
        finally:
            for connection in (self._db, lock):
                if connection is not None:
                    connection.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        db.executescript(_TABLES)
        with suppress(OSError):
            self._path.chmod(0o600)
        return db

    @property
    def _file(self) -> sqlite3.Connection:
        if self._db is None:
            raise DeliveryError("the notes of what was written to W&B are not open")
        return self._db

    def cut_off(self, run: str) -> list[Session]:
        """The sessions of a run that were never closed."""
        query = "SELECT id, run, folder, step, line FROM sessions WHERE run = ? AND NOT done ORDER BY id"
        return [Session(*row) for row in self._file.execute(query, (run,))]

    def settle(self, session: Session, arrived: Mapping[str, bool]) -> None:
        """Close a session that was cut off: of its items only those have arrived, in the table too or not."""
        with self._writing() as db:
            own = set(self.items(session))
            for item in own:
                # A score that came with its call stands in the call's row.
                call = "/".join(item.split("/")[:2])
                found = arrived.get(item, arrived.get(call) if call in own else None)
                if found is None:
                    db.execute("DELETE FROM items WHERE session = ? AND id = ?", (session.id, item))
                elif not found:
                    db.execute("UPDATE items SET in_table = 0 WHERE session = ? AND id = ?", (session.id, item))
            db.execute("UPDATE sessions SET done = 1 WHERE id = ?", (session.id,))

    def items(self, session: Session) -> list[str]:
        """The items of a session."""
        return [row[0] for row in self._file.execute("SELECT id FROM items WHERE session = ?", (session.id,))]

    def missing(self, run: str, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
        """Of some items those that are not yet written, and those that are but for the table."""
        known: dict[str, int] = {}
        for item in items:
            row = self._file.execute("SELECT in_table FROM items WHERE run = ? AND id = ?", (run, item.id)).fetchone()
            if row is not None:
                known[item.id] = row[0]
        return [i for i in items if i.id not in known], [i for i in items if known.get(i.id) == 0]

    def begin(self, run: str, folder: str | None, step: int, line: int, items: Sequence[Item]) -> Session:
        """Note what is about to be written."""
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO sessions (run, folder, step, line) VALUES (?, ?, ?, ?)", (run, folder, step, line)
            )
            number = cursor.lastrowid or 0
            db.executemany(
                "INSERT INTO items (run, id, session, in_table, figures) VALUES (?, ?, ?, 1, ?) "
                "ON CONFLICT (run, id) DO NOTHING",
                [(run, item.id, number, json.dumps(item.figures)) for item in items],
            )
        return Session(number, run, folder, step, line)

    def end(self, session: Session, tables: Sequence[Table], in_table: Sequence[Item]) -> None:
        """Note that all of a session has arrived."""
        with self._writing() as db:
            db.executemany(
                "UPDATE items SET in_table = 1 WHERE run = ? AND id = ?", [(session.run, i.id) for i in in_table]
            )
            db.executemany(
                "INSERT OR REPLACE INTO tables (run, name, columns, increments) VALUES (?, ?, ?, ?)",
                [(session.run, t.name, json.dumps(t.columns), json.dumps(t.increments)) for t in tables],
            )
            db.execute("UPDATE sessions SET done = 1 WHERE id = ?", (session.id,))

    def figures(self, run: str) -> list[dict[str, float]]:
        """What the sums of a run are made of: the figures of all that is in it; of a judge's words the last."""
        rows = self._file.execute("SELECT id, figures FROM items WHERE run = ? ORDER BY rowid", (run,))
        return list({own.partition("@")[0]: json.loads(figures) for own, figures in rows}.values())

    def table(self, run: str, name: str) -> Table | None:
        """A table of a run; None if it has none of that name yet."""
        query = "SELECT name, columns, increments FROM tables WHERE run = ? AND name = ?"
        row = self._file.execute(query, (run, name)).fetchone()
        return None if row is None else Table(row[0], json.loads(row[1]), json.loads(row[2]))

    def last_folder(self, run: str) -> str | None:
        """Where the file of a run's latest session is."""
        query = "SELECT folder FROM sessions WHERE run = ? ORDER BY id DESC LIMIT 1"
        row = self._file.execute(query, (run,)).fetchone()
        return None if row is None else row[0]

    def is_new(self, run: str) -> bool:
        """Whether nothing was ever written to a run from here."""
        return self._file.execute("SELECT 1 FROM sessions WHERE run = ? AND done", (run,)).fetchone() is None

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield self._file
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
