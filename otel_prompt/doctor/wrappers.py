"""Who has wrapped a function: each instrumentation leaves a layer around the client's own code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Final

from ..seam import seam

_MOST_LAYERS: Final = 50
_MECHANICS: Final = ("wrapt", "functools", "contextlib", "inspect")
"""What wraps on behalf of others."""


def method(module: str, path: str) -> Any:
    """What is at a place that ``seam`` takes, inside an imported module; None if it is not there."""
    try:
        return seam(sys.modules.get(module), path).original
    except AttributeError:
        return None


def wrappers(function: Any) -> list[str]:
    """The modules whose code runs around a function, the outermost first, without the function's own."""
    layers: list[str] = []
    for _ in range(_MOST_LAYERS):
        layers.extend(_owners(function))
        inner = getattr(function, "__wrapped__", None)
        if inner is None:
            break
        function = inner
    own = layers[-1].partition(".")[0] if layers else ""
    return list(dict.fromkeys(name for name in layers if name.partition(".")[0] not in (own, *_MECHANICS)))


def _owners(layer: Any) -> Iterator[str]:
    wrapper = getattr(layer, "_self_wrapper", None)
    name = _module(layer if wrapper is None else wrapper)
    if name is not None:
        yield name


def _module(code: Any) -> str | None:
    """The module in which code was written; ``functools.wraps`` makes ``__module__`` say otherwise."""
    while isinstance(code, (partial, MethodType)):
        code = code.func if isinstance(code, partial) else code.__func__  # pyright: ignore[reportUnknownMemberType]
    if isinstance(code, FunctionType):
        return code.__globals__.get("__name__")
    return type(code).__module__
