"""What MLflow has no one request for, asked for some at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

_AT_ONCE: Final = 8
"""Requests that a server is given at the same time: enough to keep it busy while answers travel."""

_T = TypeVar("_T")


def each(function: Callable[[_T], None], items: Sequence[_T], at_once: bool = True) -> None:
    """Do something with each item, with some at once if that is any use.

    What it raises for one is raised when all others are done. A process that ends has no threads any more: then one
    comes after the other.
    """
    if len(items) < 2 or not at_once:
        for item in items:
            function(item)
        return
    with ThreadPoolExecutor(_AT_ONCE, "otel-prompt-mlflow") as pool:
        try:
            futures = [pool.submit(copy_context().run, function, item) for item in items]
        except RuntimeError:
            futures = None
    if futures is None:
        each(function, items, at_once=False)
        return
    for future in futures:
        future.result()
