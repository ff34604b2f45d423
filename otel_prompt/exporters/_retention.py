"""How a store is kept within its size and its age.

The policy, in this order, until the store is a tenth below its size:

1. The oldest traces that every destination has are taken out, whole.
2. Of the oldest others the texts are taken out. Figures, names, versions, parameters and scores stay.
3. The oldest others are taken out, whole: what waits for a destination that has been away for very long.

With an age, whole traces that are older go too, unless they still wait for a destination.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from .. import semconv
from ..encoding import decode, encode
from ._database import Database

if TYPE_CHECKING:
    import sqlite3

_DAY: Final = 86_400 * 1_000_000_000
_AT_ONCE: Final = 200
"""Traces in one transaction: other writers get their turn in between."""

_SCANNED: Final = 5_000
_ROOM: Final = 0.9
_LONGEST_FIGURE: Final = 256
"""A text of more characters is content, whatever its name."""

_CONTENT: Final = frozenset(
    {
        *semconv.CONTENT,
        semconv.STEP_INPUT,
        semconv.STEP_OUTPUT,
        semconv.TOOL_ARGUMENTS,
        semconv.TOOL_RESULT,
        semconv.RETRIEVAL_QUERY,
        semconv.RETRIEVAL_DOCUMENTS,
        semconv.DATASET_ITEM_EXPECTED,
    }
)
_REFERENCE: Final = re.compile(r'"\$content":"([0-9a-f]{64})"')

_DELIVERED: Final = (
    "SELECT trace_id FROM outbox GROUP BY trace_id HAVING min(delivered >= revision) ORDER BY max(changed) LIMIT ?"
)
_OLDEST: Final = "SELECT trace_id FROM spans GROUP BY trace_id ORDER BY max(ended) LIMIT ?"
_AGED: Final = (
    "SELECT trace_id FROM spans GROUP BY trace_id HAVING max(ended) < {before} AND trace_id NOT IN "
    "(SELECT trace_id FROM outbox WHERE delivered < revision) LIMIT ?"
)


def used_bytes(database: Database) -> int:
    """How much of the file is in use. What is freed is used again: the file never grows beyond the size."""
    with database.reading() as db:
        pages, free, size = (_pragma(db, name) for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def trim(database: Database, most_bytes: int | None, days: float | None = None) -> bool:
    """Bring a store within its size and its age.

    Args:
        database: the store's.
        most_bytes: the size; None for any.
        days: the age; None for any.

    Returns:
        Whether something was taken out.

    Raises:
        StoreError: the store cannot be written.
    """
    done = False
    if days is not None:
        aged = _AGED.format(before=time_ns() - int(days * _DAY))
        while _remove(database, _AT_ONCE, aged):
            done = True
    if done:
        _sweep(database)
    if most_bytes is None or used_bytes(database) <= most_bytes:
        return done
    for step in (partial(_remove, which=_DELIVERED), _shed, partial(_remove, which=_OLDEST)):
        while (used := used_bytes(database)) > most_bytes * _ROOM:
            if not _some(database, step, 1 - most_bytes * _ROOM / used):
                break
            _sweep(database)
    return True


def _some(database: Database, step: Callable[[Database, int], int], share: float) -> int:
    """Take a step with about so large a share of what there is, a little at a time. Returns with how many."""
    with database.reading() as db:
        wanted = int(share * db.execute("SELECT count(*) FROM spans").fetchone()[0]) + 1
    done = 0
    while done < wanted and (more := step(database, min(_AT_ONCE, wanted - done))):
        done += more
    return done


def _remove(database: Database, most: int, which: str) -> int:
    """Take traces out, whole. Returns how many."""
    with database.writing() as db:
        ids = db.execute(which, (most,)).fetchall()
        for table in ("spans", "tags", "outbox", "scores", "dead_letters"):
            db.executemany(f"DELETE FROM {table} WHERE trace_id = ?", ids)  # noqa: S608 - the names are ours
    return len(ids)


def _shed(database: Database, most: int) -> int:
    """Take the texts of the oldest spans out. Returns of how many."""
    with database.writing() as db:
        rows = db.execute(
            "SELECT rowid, attributes FROM spans WHERE shed = 0 ORDER BY started LIMIT ?", (most,)
        ).fetchall()
        db.executemany(
            "UPDATE spans SET attributes = ?, events = '[]', shed = 1 WHERE rowid = ?",
            [(encode(_figures(decode(attributes))), row) for row, attributes in rows],
        )
    return len(rows)


def _figures(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if not _is_content(name, value)}


def _is_content(name: str, value: Any) -> bool:
    if name in _CONTENT or name.startswith(semconv.PROMPT_VARIABLE_PREFIX) or isinstance(value, dict):
        return True
    return isinstance(value, str) and len(value) > _LONGEST_FIGURE


def _sweep(database: Database) -> None:
    """Take out the texts that no span needs any more. Spans that are written meanwhile keep theirs."""
    began, seen, last = time_ns(), set[str](), 0
    while True:
        with database.reading() as db:
            if (reached := _references(db, last, seen)) == last:
                break
            last = reached
    with database.writing() as db:
        while (reached := _references(db, last, seen)) != last:
            last = reached
        db.execute("CREATE TEMP TABLE needed (hash TEXT PRIMARY KEY)")
        db.executemany("INSERT INTO needed VALUES (?)", [(each,) for each in seen])
        db.execute("DELETE FROM content WHERE added < ? AND hash NOT IN (SELECT hash FROM needed)", (began,))
        db.execute("DROP TABLE needed")


def _references(db: sqlite3.Connection, last: int, seen: set[str]) -> int:
    """Note the texts that some rows need. Returns the last of the rows."""
    query = "SELECT rowid, attributes, events, resource FROM spans WHERE rowid > ? ORDER BY rowid LIMIT ?"
    for row, attributes, events, resource in db.execute(query, (last, _SCANNED)).fetchall():
        last = row
        seen.update(_REFERENCE.findall(attributes))
        seen.update(_REFERENCE.findall(events))
        if resource:
            seen.add(resource)
    return last


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return db.execute(f"PRAGMA {name}").fetchone()[0]
