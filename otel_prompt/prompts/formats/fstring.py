"""``{name}`` and ``{name:format}``, as in ``str.format``, without the attributes and items that it would reach into."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from ...errors import PromptError
from . import Origin
from .simple import shown


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names in braces.

    Raises:
        PromptError: a brace is open, or a field is no plain name.
    """
    return tuple(dict.fromkeys(name for _, name, _, _ in _fields(text, origin) if name is not None))


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The text with each field replaced by its value."""
    found: list[str] = []
    for literal, name, spec, conversion in _fields(text, origin):
        found.append(literal)
        if name is not None:
            value = values[name] if conversion is None else {"r": repr, "s": str, "a": ascii}[conversion](values[name])
            try:
                found.append(format(value, spec) if spec else shown(value, name, origin))
            except (ValueError, TypeError) as error:
                where = origin.place
                raise PromptError(f"{where}: {{{name}:{spec}}} cannot show {value!r}: {error}") from None
    return "".join(found)


def _fields(text: str, origin: Origin) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        found = list(string.Formatter().parse(text))
    except ValueError as error:
        at = max(text.rfind("{"), text.rfind("}"), 0)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise origin.fault(text, f"{error}; a brace of its own is written twice", line, column) from None
    for _, name, spec, conversion in found:
        if name is not None and (not name.isidentifier() or "{" in (spec or "") or conversion not in (*"rsa", None)):
            at = text.find("{" + name)
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            converted = f"{name}!{conversion}" if conversion else name
            field = f"{{{converted}:{spec}}}" if spec else f"{{{converted}}}"
            raise origin.fault(text, f"{field} is no plain name, nor one with a plain format", line, column)
    return found
