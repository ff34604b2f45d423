"""How often each version of each prompt was called, from the store."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec

from .. import config
from ..exporters.store import Store


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
    store = Store(config.load(strict=False).store)
    try:
        found = store.prompt_usage()
    finally:
        store.close()
    return {(u.prompt, u.version): Usage(u.calls, u.errors, u.cost_usd, _time(u.first), _time(u.last)) for u in found}


def nanoseconds(moment: str) -> int:
    """An ISO time as the store has it."""
    return int(datetime.fromisoformat(moment).timestamp() * 1e9)


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, timezone.utc).isoformat(timespec="milliseconds")
