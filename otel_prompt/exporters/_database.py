"""One SQLite file that many processes and threads write: opened late, closed for a fork, never left locked."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock, local
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from weakref import WeakSet

from ..errors import StoreError, shielded
from ._schema import check, migrate

if TYPE_CHECKING:
    import sqlite3

_PATIENCE_SECONDS: Final = 10.0
"""How long a write waits for those of other processes."""

_FORK_SECONDS: Final = 1.0
"""How long a fork waits for another thread's turn: one that is longer waits itself, for those of other processes."""

MEMORY: Final = Path(":memory:")
"""A database that lives as long as its connection."""


class Database:
    """A connection that is made when it is first needed. Threads take turns on it.

    Args:
        path: the file, whose folder is made; or ``MEMORY``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        _open.add(self)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """The connection, to read with. A store that is not there is empty, and is not made by looking.

        Raises:
            StoreError: the store cannot be opened or read.
        """
        with self._explained():
            if self._connection is None and not _is_writable(self.path):
                with closing(_only_to_read(self.path)) as connection:
                    yield connection
            else:
                yield self._opened()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """The connection, in a transaction that is all done or not done at all.

        Raises:
            StoreError: the store cannot be opened or written.
        """
        with self._explained():
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                # Some faults, such as a full disk, have ended the transaction by themselves.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Generator[None]:
        """One thread's turn; what goes wrong in it is one sentence."""
        with self._lock:
            # Within the lock, which a fork waits for: a child inherits an import that is half done, and waits for ever.
            import sqlite3

            try:
                yield
            except (sqlite3.Error, OSError) as error:
                if isinstance(error, StoreError):
                    raise StoreError(f"the store {self.path} cannot be used: {error}") from None
                raise StoreError(f"the store {self.path} cannot be read or written: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != self._identity():
            # It was deleted: what is written to this one nobody ever reads.
            self.close()
        if self._connection is None:
            self._connection = self._connect()
            self._file = self._identity()
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        """Which file stands at the path; None for none, and for one in memory."""
        if self.path == MEMORY:
            return None
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Close the file. It opens by itself when it is used again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def rest(self, seconds: float) -> bool:
        """Close the file, and let no thread use it until ``wake``. Returns whether no thread does, within the time."""
        if not self._lock.acquire(timeout=seconds):
            return False
        if self.path != MEMORY:
            self.close()
        return True

    def wake(self) -> None:
        """Let it be used again, by the thread that has called ``rest``."""
        self._lock.release()

    def forget(self) -> None:
        """In a forked child: leave the parent's connection alone, and its lock too, which a thread of it may hold."""
        if self._connection is not None:
            # To close it here would clean up after the parent while the parent still writes.
            _inherited.append(self._connection)
            self._connection = None
        self._lock = RLock()

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        if self.path == MEMORY:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            migrate(connection)
            return connection
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Prompts and answers are for their owner's eyes; SQLite gives its side files the same mode.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _is_writable(path: Path) -> bool:
    """Whether a store is there and can be written; SQLite keeps its log beside the file."""
    return path.exists() and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _only_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing on disk; to an empty store, if there is none."""
    import sqlite3

    if not path.exists():
        connection = sqlite3.connect(":memory:", isolation_level=None)
        migrate(connection)
        return connection
    log = path.with_name(f"{path.name}-wal")
    # Without a log nobody writes; then SQLite need not make one to read, which it could not.
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None)
    try:
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and one writer work at once. The switch needs the file for itself, and does not wait by itself."""
    import sqlite3

    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.02)


_open: WeakSet[Database] = WeakSet()
_inherited: list[sqlite3.Connection] = []
"""Connections of a parent process, held so that they are never closed here."""


_resting = local()


def _before_fork() -> None:
    """A child inherits what SQLite notes of locks, with those that are held at the moment, which nobody there gives up.

    So nothing is open, and nothing is held.
    """
    until, _resting.databases = time.monotonic() + _FORK_SECONDS, []
    with shielded:
        for database in list(_open):
            if database.rest(max(until - time.monotonic(), 0.0)):
                _resting.databases.append(database)


def _after_fork_in_parent() -> None:
    for database in _resting.databases:
        database.wake()


def _after_fork() -> None:
    for database in list(_open):
        database.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork)
