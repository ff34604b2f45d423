"""The store's tables, and how an older file becomes a newer one: each step is done once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import semconv
from ..errors import StoreError

if TYPE_CHECKING:
    import sqlite3

_SPANS = """
CREATE TABLE spans (
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_id TEXT,
    remote_parent INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    status TEXT NOT NULL,
    status_message TEXT,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    operation TEXT,
    prompt_name TEXT,
    prompt_version TEXT,
    model TEXT,
    cost REAL,
    experiment TEXT,
    run_key TEXT,
    run_step INTEGER,
    attributes TEXT NOT NULL,
    events TEXT NOT NULL,
    resource TEXT,
    PRIMARY KEY (trace_id, span_id)
);
CREATE INDEX spans_by_time ON spans (started);
CREATE INDEX spans_by_prompt ON spans (prompt_name, prompt_version, started);
CREATE INDEX spans_by_model ON spans (model, started);
CREATE INDEX spans_by_run ON spans (run_key, run_step) WHERE run_key IS NOT NULL;
CREATE TABLE tags (
    tag TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    PRIMARY KEY (tag, trace_id, span_id)
) WITHOUT ROWID;
CREATE TABLE content (hash TEXT PRIMARY KEY, text TEXT NOT NULL);
"""

_OUTBOX = """
CREATE TABLE outbox (
    destination TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    PRIMARY KEY (destination, trace_id)
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (destination, changed) WHERE delivered < revision;
CREATE TABLE lease (destination TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL);
"""

_DELIVERY = f"""
DROP TABLE lease;
CREATE TABLE destinations (
    name TEXT PRIMARY KEY,
    owner TEXT,
    until INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    error_at INTEGER
);
CREATE TABLE deliveries (destination TEXT NOT NULL, at INTEGER NOT NULL, traces INTEGER NOT NULL);
CREATE INDEX deliveries_by_time ON deliveries (destination, at);
CREATE TABLE dead_letters (
    destination TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (destination, trace_id)
) WITHOUT ROWID;
CREATE INDEX outbox_by_trace ON outbox (trace_id);
CREATE TABLE scores (
    id TEXT PRIMARY KEY,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    name TEXT NOT NULL,
    time INTEGER NOT NULL,
    score TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX scores_by_span ON scores (trace_id, span_id);
CREATE INDEX scores_by_name ON scores (name, time);
ALTER TABLE spans ADD COLUMN response_id TEXT;
UPDATE spans SET response_id = json_extract(attributes, '$."{semconv.RESPONSE_ID}"') WHERE json_valid(attributes);
CREATE INDEX spans_by_response ON spans (response_id) WHERE response_id IS NOT NULL;
ALTER TABLE spans ADD COLUMN shed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE content ADD COLUMN added INTEGER NOT NULL DEFAULT 0;
"""  # noqa: S608 - the name is ours

_NOTED = """
CREATE TABLE noted (
    destination TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (destination, name)
) WITHOUT ROWID;
"""

MIGRATIONS: Final = (_SPANS, _OUTBOX, _DELIVERY, _NOTED)
"""What leads from each version to the next; ``PRAGMA user_version`` counts the steps that are done."""


def migrate(connection: sqlite3.Connection, steps: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring a store up to date. Of several processes that try, one does it and the others find it done.

    Raises:
        StoreError: a newer otel-prompt has written the store.
    """
    if _known(connection, steps) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # which another process may have changed by now
        for step in steps[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def check(connection: sqlite3.Connection, steps: tuple[str, ...] = MIGRATIONS) -> None:
    """See that a store which cannot be changed is up to date.

    Raises:
        StoreError: a newer or an older otel-prompt has written the store.
    """
    if (version := _known(connection, steps)) < len(steps):
        raise StoreError(
            f"it cannot be written, and is from an older otel-prompt (its schema is {version}, this one has "
            f"{len(steps)}): copy it to where it can be written, and name the copy in OTEL_PROMPT_STORE"
        )


def _known(connection: sqlite3.Connection, steps: tuple[str, ...]) -> int:
    """How many of the steps a store has had."""
    if (version := _version(connection)) > len(steps):
        raise StoreError(
            f"it was written by a newer otel-prompt (its schema is {version}, this one knows {len(steps)}): "
            "upgrade otel-prompt, or name another file in OTEL_PROMPT_STORE"
        )
    return version


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
