"""A method of one object replaced, on that object alone, such that the object is still copied and pickled as before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref


class _Tapped:
    """In place of a method; in a copy and in a pickle it is the object's own method again."""

    __slots__ = ("_call", "_name", "_owner")

    def __init__(self, owner: Any, name: str, call: Callable[..., Any]) -> None:
        self._owner, self._name, self._call = ref(owner), name, call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._owner(), self._name)


def tap(owner: Any, name: str, call: Callable[..., Any]) -> None:
    """Have ``call`` called in place of a method."""
    setattr(owner, name, _Tapped(owner, name, call))
