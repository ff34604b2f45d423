"""Lists and objects that were flattened into dotted names: ``llm.input_messages.0.message.role``."""

from __future__ import annotations

from typing import Any

from ..invocation import Json


def take(held: dict[str, Any], prefix: str) -> list[Json]:
    """Take a flattened list of objects out of the attributes; in order, and empty where there is none.

    Args:
        held: the attributes, from which what is found is removed.
        prefix: the list's name, as ``llm.input_messages``. Names after it that begin with no number stay.
    """
    start = f"{prefix}."
    items: dict[int, Json] = {}
    for key in [key for key in held if key.startswith(start)]:
        number, _, path = key[len(start) :].partition(".")
        if not number.isdecimal():
            continue
        _put(items.setdefault(int(number), {}), path.split("."), held.pop(key))
    return [{key: _listed(value) for key, value in items[number].items()} for number in sorted(items)]


def _put(into: Json, path: list[str], value: Any) -> None:
    for step in path[:-1]:
        found = into.setdefault(step, {})
        if not isinstance(found, dict):
            return  # a name that is a value and an object at once: the value came first
        into = found
    into[path[-1]] = value


def _listed(value: Any) -> Any:
    """Objects whose names are all numbers are lists."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(inner) for key, inner in value.items()}
