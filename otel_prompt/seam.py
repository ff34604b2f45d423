"""Where an SDK is listened at: a function in a class or a module, or one that a decorator keeps for itself.

The second is for an SDK of functions. ``from sdk import complete`` takes the function itself, and what is put in its
place in the module is never heard of; what its decorator calls is called however the function was come by.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import CellType
from typing import Any

_KEPT = "cell_contents"


@dataclass(frozen=True, slots=True)
class Seam:
    """A place for a function: an attribute of a class or a module, or the cell of a variable."""

    owner: Any
    name: str
    original: Any
    inherited: bool = False

    def put(self, wrapped: Any) -> None:
        """Have the wrapper called in place of the function."""
        setattr(self.owner, self.name, wrapped)

    def restore(self, wrapped: Any) -> None:
        """The function as it was, if the wrapper is what is there."""
        held = self.owner.cell_contents if type(self.owner) is CellType else vars(self.owner).get(self.name)
        if held is not wrapped:
            return
        if self.inherited:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)


def seam(module: Any, path: str) -> Seam:
    """The place that a path of ``Provider.methods`` names.

    Args:
        module: the SDK.
        path: ``"Class.method"``, ``"function"``, or ``"function/variable"`` for what a decorator of the function has
            in a variable of its own.

    Raises:
        AttributeError: it is not there.
    """
    place, _, variable = path.partition("/")
    *owners, name = place.split(".")
    owner: Any = module
    for part in owners:
        owner = getattr(owner, part)
    found = getattr(owner, name)
    if variable:
        cell = _cell(found, variable)
        return Seam(cell, _KEPT, cell.cell_contents)
    inherited = name not in vars(owner)
    return Seam(owner, name, found if inherited else vars(owner)[name], inherited)


def _cell(function: Any, variable: str) -> CellType:
    """The variable, of the function or of one that it was made from."""
    while variable not in (names := function.__code__.co_freevars):
        function = function.__wrapped__
    return function.__closure__[names.index(variable)]
