"""How often each version of each prompt was called, from the store."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final

import msgspec

from .. import config, semconv
from ..exporters.store import Store

_QUERY: Final = """
SELECT prompt_name, prompt_version, count(*), sum(status = 'error'), sum(cost), min(started), max(started)
FROM spans WHERE prompt_name IS NOT NULL AND operation IN ({marks}) GROUP BY prompt_name, prompt_version
"""


class Usage(msgspec.Struct):
    """The calls of one version. Times are ISO in UTC; the cost is None where no call's is known."""

    calls: int = 0
    errors: int = 0
    cost_usd: float | None = None
    first_used: str | None = None
    last_used: str | None = None


def usage() -> dict[tuple[str, str | None], Usage]:
    """By prompt and version; nothing where nothing was recorded yet.

    Raises:
        StoreError: the store cannot be read.
    """
    store = Store(config.load().store)
    if not store.path.exists():
        return {}
    calls = sorted(semconv.MODEL_CALLS)
    try:
        with store._database.reading() as db:
            rows = db.execute(_QUERY.format(marks=", ".join("?" * len(calls))), calls).fetchall()
    finally:
        store.close()
    return {
        (name, version): Usage(count, errors, cost, _time(first), _time(last))
        for name, version, count, errors, cost, first, last in rows
    }


def nanoseconds(moment: str) -> int:
    """An ISO time as the store has it."""
    return int(datetime.fromisoformat(moment).timestamp() * 1e9)


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, timezone.utc).isoformat(timespec="milliseconds")
