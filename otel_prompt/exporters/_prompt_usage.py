"""What each version of each prompt was used for, counted from a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from .. import semconv

if TYPE_CHECKING:
    import sqlite3

_CALLS: Final = sorted(semconv.MODEL_CALLS)
_QUERY: Final = """
SELECT prompt_name, prompt_version, count(*), sum(status = 'error'), sum(cost), min(started), max(started)
FROM spans WHERE prompt_name IS NOT NULL AND operation IN ({})
GROUP BY prompt_name, prompt_version
""".format(", ".join("?" * len(_CALLS)))


class PromptUsage(msgspec.Struct, frozen=True):
    """The calls of one version of a prompt. ``first`` and ``last`` are starts, in nanoseconds since the epoch.

    ``cost_usd`` is the sum of the costs that are known, None if none is.
    """

    prompt: str
    version: str | None
    calls: int
    errors: int
    cost_usd: float | None
    first: int
    last: int


def prompt_usage(db: sqlite3.Connection) -> list[PromptUsage]:
    """A record for each version that was called, in the order of names and versions."""
    return [PromptUsage(*row) for row in db.execute(_QUERY, _CALLS)]
