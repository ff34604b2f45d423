"""The variables of a prompt: what types they have, and whether given values fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ..errors import PromptError

_MISSING: Final = object()
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "list": (list, tuple),
    "object": (Mapping,),
    "any": (object,),
}
_ALIASES: Final = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "dict": "object",
}


class Variable(msgspec.Struct, frozen=True):
    """What is declared of a variable. ``default`` counts only if ``required`` is False."""

    type: str = "any"
    required: bool = True
    default: Any = None
    enum: tuple[Any, ...] = ()
    description: str | None = None

    def fits(self, value: Any) -> bool:
        """Whether a value is of the type. A bool is no number, and a number no text."""
        if isinstance(value, bool) and self.type not in ("bool", "any"):
            return False
        return isinstance(value, _TYPES[self.type]) and (not self.enum or value in self.enum)


def declared(where: str, name: str, said: Any) -> Variable:
    """A variable as a prompt file declares it: ``text: str``, or a mapping with type, default, enum, description.

    Raises:
        PromptError: the declaration cannot be.
    """
    entries: dict[str, Any] = {"type": said} if isinstance(said, str) else dict(said or {})
    if unknown := set(entries) - {"type", "default", "enum", "description"}:
        raise PromptError(
            f"{where}: variable {name!r} says {_listed(sorted(unknown))}; it takes type, default, enum, description"
        )
    kind = _ALIASES.get(str(entries.get("type", "any")), str(entries.get("type", "any")))
    if kind not in _TYPES:
        raise PromptError(f"{where}: variable {name!r} is of no known type {kind!r}; there are: {', '.join(_TYPES)}")
    found = Variable(
        kind,
        "default" not in entries,
        entries.get("default"),
        tuple(entries.get("enum") or ()),
        entries.get("description"),
    )
    if not found.required and not found.fits(found.default):
        raise PromptError(f"{where}: the default of variable {name!r}, {found.default!r}, is no {_wanted(found)}")
    return found


def checked(
    prompt: str, wanted: Sequence[str], known: Mapping[str, Variable], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The values to render with: those given, and the defaults of the others.

    Raises:
        PromptError: one is missing, unknown or of another type than declared; one sentence names all of that kind.
    """
    values = {name: given.get(name, _default(known.get(name))) for name in dict.fromkeys([*wanted, *known])}
    if missing := [name for name, value in values.items() if value is _MISSING]:
        raise PromptError(f"prompt {prompt!r} needs {_listed(missing)}: render({missing[0]}=...)")
    if unknown := [name for name in given if name not in values]:
        there = f"it has {_listed(list(values))}" if values else "it has none"
        raise PromptError(f"prompt {prompt!r} has no variable {_listed(unknown)}; {there}")
    for name, variable in known.items():
        if not variable.fits(values[name]):
            raise PromptError(
                f"prompt {prompt!r}: {name!r} takes {_wanted(variable)}, not {values[name]!r:.60} "
                f"({type(values[name]).__name__})"
            )
    return values


def _default(variable: Variable | None) -> Any:
    return _MISSING if variable is None or variable.required else variable.default


def _wanted(variable: Variable) -> str:
    return f"one of {_listed(variable.enum)}" if variable.enum else variable.type


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(repr(name) for name in names)
