"""Content within a limit, and still JSON: long texts are shortened inside it, then messages are left out."""

from __future__ import annotations

from typing import Any

from ..encoding import encode


def shorten(value: Any, limit: int) -> str:
    """JSON of at most ``limit`` characters.

    The longest texts are cut first, then the oldest messages but the first are left out; each cut says how much is
    missing. A limit that holds no message at all gives an empty list or text.
    """
    cap = max(limit, 64)
    while cap > 16:
        cap //= 2
        if len(text := encode(_cut(value, cap))) <= limit:
            return text
    if isinstance(value, list):
        items: list[Any] = _cut(value, 16)
        for kept in range(len(items) - 1, -1, -1):
            fewer = items[:1] * (kept > 1) + items[len(items) - max(kept - 1, min(kept, 1)) :] if kept else []
            if len(text := encode(fewer)) <= limit:
                return text
    return "[]" if isinstance(value, list) else '""'


def _cut(value: Any, cap: int) -> Any:
    if isinstance(value, str) and len(value) > cap:
        return f"{value[: cap - 12]}…[{len(value) - cap + 12} more]" if cap > 24 else value[:cap]
    if isinstance(value, dict):
        return {k: _cut(v, cap) for k, v in value.items()}
    if isinstance(value, list):
        return [_cut(v, cap) for v in value]
    return value
