"""Content within a limit, and still JSON: long texts are shortened inside it, then messages are left out."""

from __future__ import annotations

from typing import Any, Final

from ..encoding import encode

_LEAST: Final = 16
"""The fewest characters that a text is cut to, while there is anything else to leave out."""


def shorten(value: Any, limit: int) -> str:
    """JSON of at most ``limit`` characters.

    The longest texts are cut first, then the oldest messages but the first are left out; each cut says how much is
    missing. A limit that holds no message at all gives an empty list or text.
    """
    # What even the smallest cut does not bring within the limit is encoded once, and not at every size on the way.
    least = _cut(value, _LEAST)
    if len(encode(least)) > limit:
        return _newest(least, limit) if isinstance(least, list) else '""'
    cap = max(limit, 64)
    while (cap := cap // 2) > _LEAST:
        if len(text := encode(_cut(value, cap))) <= limit:
            return text
    return encode(least)


def _newest(items: list[Any], limit: int) -> str:
    """The first item and as many of the last as there is room for; each is measured once."""
    sizes = [len(encode(item)) + 1 for item in items]  # with its comma
    room = limit - 1  # two brackets; the last item has no comma
    first = len(items) > 1 and sizes[0] + sizes[-1] <= room
    if first:
        room -= sizes[0]
    start = len(items)
    while start > first and sizes[start - 1] <= room:
        start -= 1
        room -= sizes[start]
    return encode(items[:first] + items[start:])


def _cut(value: Any, cap: int) -> Any:
    if isinstance(value, str) and len(value) > cap:
        return f"{value[: cap - 12]}…[{len(value) - cap + 12} more]" if cap > 24 else value[:cap]
    if isinstance(value, dict):
        return {k: _cut(v, cap) for k, v in value.items()}
    if isinstance(value, list):
        return [_cut(v, cap) for v in value]
    return value
