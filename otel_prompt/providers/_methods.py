"""SDKs in which each kind of call is a method of its own, with the library's own objects for arguments and results."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import Any, TypeAlias

from ..invocation import Json
from ._base import Call, Endpoint, Provider, Server

Reader: TypeAlias = Callable[[Any, Json], "Json | None"]
"""What a call asks, by the object and its arguments by name; None for a call that is not traced. ``Endpoint.request``
reads it as JSON that was sent: ``model`` is whom it asks, ``source`` what it searches, ``stream`` says whether its
answer is a stream and ``operation``, where a method has several, which it is."""


def provider(
    name: str,
    oldest: str,
    readers: Mapping[str, tuple[Reader, Endpoint]],
    server: Callable[[Any], Server],
    *,
    others: tuple[Endpoint, ...] = (),
    defaults: bool = True,
    **more: Any,
) -> Provider:
    """The provider of such an SDK.

    Args:
        name: of the client; its module and its distribution have it, unless ``more`` says otherwise.
        oldest: the oldest version that is tested.
        readers: by the method's name, which is the same in all classes that have it; with what its calls are.
        server: who answers an object.
        others: what calls can be besides.
        defaults: whether readers get the arguments that were not given, too, with the library's defaults.
        more: what else ``Provider`` has.
    """
    inside = object()  # a call that is made inside another of the same SDK's is a part of that

    def by_method(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
        name = bound.__name__
        reader, endpoint = readers[name]
        body = reader(bound.__self__, arguments(bound, args, kwargs, defaults=defaults))
        if body is None:
            return None
        operation = body.get("operation") or endpoint.operation
        return Call("CALL", operation, body, body.get("stream") is True, inside, source=body.get("source"))

    found: dict[str, Any] = {"module": name, "distribution": name, **more}
    return Provider(
        name,
        oldest=oldest,
        call=_no_call,
        by_method=by_method,
        server=lambda it, _: server(it),
        endpoints={f"CALL {e.operation}": e for e in (*(endpoint for _, endpoint in readers.values()), *others)},
        **found,
    )


def _no_call(*_: Any) -> Call | None:
    return None


def arguments(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, defaults: bool) -> Json:
    """The arguments of a call by name."""
    names, others = _signature(bound.__func__)
    return {**(others if defaults else {}), **dict(zip(names, args)), **kwargs}


@cache
def _signature(function: Any) -> tuple[list[str], Json]:
    """The names of what may be given by position, and the defaults. Looked up once: it takes longer than a call."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = list(inspect.signature(function).parameters.values())[1:]
    names = [p.name for p in found if p.kind in positional]
    return names, {p.name: p.default for p in found if p.default is not p.empty}


def first(items: Any, most: int) -> list[Any]:
    """The first of some items; none of what is no list of them."""
    return list(islice(items, most)) if hasattr(items, "__iter__") else []
