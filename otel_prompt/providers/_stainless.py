"""The one seam of every Stainless-generated SDK: ``client.request(cast_to, options, *, stream)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from ..encoding import decoded
from ._base import Call, Server

_SENTINELS = frozenset({"Omit", "NotGiven"})
"""The SDKs' classes for an argument that was not given."""

_servers: WeakKeyDictionary[Any, tuple[Any, Server]] = WeakKeyDictionary()


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request. Lists are the SDK's own by now: an iterable argument was already read."""
    options = kwargs["options"] if "options" in kwargs else args[1]
    body = options.json_data
    if options.extra_json:
        body = {**(body or {}), **options.extra_json}
    # A copy: the caller may change its own before the call has ended.
    body = {k: v for k, v in body.items() if type(v).__name__ not in _SENTINELS} if type(body) is dict else {}
    return Call(options.method, options.url, body, kwargs.get("stream") is True)


def server(client: Any, name: Callable[[Any, str, int | None], str]) -> Server:
    """Who answers a client, by its ``base_url``; remembered for as long as the URL is the same.

    Args:
        client: the SDK's client.
        name: tells the provider of (client, host, port).
    """
    url = client._base_url  # the property of the public name builds it anew
    known = _servers.get(client)
    if known is not None and known[0] is url:
        return known[1]
    host, port = str(url.host), url.port or {"https": 443, "http": 80}.get(url.scheme)
    found = Server(name(client, host, port), host or None, port)
    _servers[client] = (url, found)
    return found


def answer(error: BaseException) -> Any:
    """What the service had answered before the SDK raised; None where it raised for want of an answer.

    An answer that cannot be parsed, or is cut off in the middle of what was to be parsed, was paid for all the same.
    Some of the SDKs' exceptions carry it; of others it is where they were raised from.
    """
    if (completion := getattr(error, "completion", None)) is not None:
        return completion
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_name != "_process_response":
        place = place.tb_next
    response: Any = place.tb_frame.f_locals.get("response") if place is not None else None
    return decoded(response.text) if getattr(response, "is_stream_consumed", False) else None
