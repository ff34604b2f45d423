"""The one seam of every Stainless-generated SDK: ``client.request(cast_to, options, *, stream)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from ..encoding import decoded
from ._base import Call, Server

_SENTINELS = frozenset({"Omit", "NotGiven"})
"""The SDKs' classes for an argument that was not given."""

Naming: TypeAlias = Callable[[Any, str, "int | None"], str]
"""The provider's name by client, host and port."""

_servers: WeakKeyDictionary[Any, tuple[Any, Server]] = WeakKeyDictionary()


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request. Lists are the SDK's own by now: an iterable argument was already read."""
    options = kwargs["options"] if "options" in kwargs else args[1]
    body = options.json_data
    if options.extra_json:
        body = {**(body or {}), **options.extra_json}
    # A copy: the caller may change its own before the call has ended.
    body = {k: v for k, v in body.items() if type(v).__name__ not in _SENTINELS} if type(body) is dict else {}
    return Call(options.method, options.url, body, kwargs.get("stream") is True, options)


def server(client: Any, path: str, name: Naming) -> Server:
    """Who answers a client, by its ``base_url``; remembered for as long as the URL is the same.

    Args:
        client: the SDK's client.
        path: what is asked for; a whole address instead of a path is asked for there.
        name: tells the provider.
    """
    if path[:1] != "/" and "://" in path:
        url = urlsplit(path)
        return _server(client, url.hostname or "", url.port, url.scheme, name)
    url = client._base_url  # the property of the public name builds it anew
    try:
        known = _servers.get(client)
    except TypeError:  # it has no hash, as a dataclass has none
        return _server(client, url.host, url.port, url.scheme, name)
    if known is not None and known[0] is url:
        return known[1]
    found = _server(client, url.host, url.port, url.scheme, name)
    _servers[client] = (url, found)
    return found


def _server(client: Any, host: str, port: int | None, scheme: str, name: Naming) -> Server:
    port = port or {"https": 443, "http": 80}.get(scheme)
    return Server(name(client, host, port), host or None, port)


def unparsed(error: BaseException) -> Any:
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
