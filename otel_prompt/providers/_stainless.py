"""The one seam of every Stainless-generated SDK: ``client.request(cast_to, options, *, stream)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from ..encoding import decoded
from ..invocation import Json
from ._base import Call, Endpoint, Provider, Server

_SENTINELS = frozenset({"Omit", "NotGiven"})
"""The SDKs' classes for an argument that was not given."""

_READ = frozenset({str, int, float, bool, type(None), dict, list, tuple})
"""What is no sentinel and can be read as often as one likes: nearly all arguments."""

Naming: TypeAlias = Callable[[Any, str, "int | None"], str]
"""The provider's name by client, host and port."""

_servers: WeakKeyDictionary[Any, tuple[Any, Server]] = WeakKeyDictionary()


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request."""
    options = kwargs["options"] if "options" in kwargs else args[1]
    body = options.json_data
    # A copy: the caller may change its own before the call has ended.
    if type(body) is dict and not options.extra_json and _READ.issuperset(map(type, body.values())):
        body = dict(body)  # what nearly all are
    else:
        body = _given(options)
    return Call(options.method, options.url, body, kwargs.get("stream") is True, options)


def _given(options: Any) -> Json:
    """The arguments of a body that has others than plain ones: those that were given, iterators as lists."""
    _read_iterators(options, "json_data")
    body = options.json_data
    if options.extra_json:
        _read_iterators(options, "extra_json")
        body = {**(body or {}), **options.extra_json}
    if type(body) is not dict:
        return {}
    return {k: v for k, v in body.items() if type(v) in _READ or type(v).__name__ not in _SENTINELS}


def _read_iterators(options: Any, name: str) -> None:
    """Of what can be read once only, leave a list for the SDK: some SDKs read it before this point, some after."""
    body = getattr(options, name)
    if type(body) is dict:
        unread = [k for k, v in body.items() if type(v) not in _READ and hasattr(v, "__next__")]
        if unread:
            setattr(options, name, {**body, **{k: _read(body[k]) for k in unread}})


def _read(items: Iterator[Any]) -> Any:
    """The items, as a list. Where they end in an exception, that is the SDK's to meet, after the same items."""
    found: list[Any] = []
    try:
        found.extend(items)
    except Exception as error:  # noqa: BLE001 - raised again where it would have been raised without us
        return chain(found, _raising(error))
    return found


def _raising(error: Exception) -> Iterator[Any]:
    raise error
    yield


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


def provider(name: str, oldest: str, naming: Naming, endpoints: Mapping[str, Endpoint], **more: Any) -> Provider:
    """The provider of an SDK that has this seam, whose module and distribution have its name.

    ``naming`` tells the provider's name by client, host and port; ``more`` is what else ``Provider`` has, and what is
    elsewhere than in most of these SDKs.
    """
    found: dict[str, Any] = {
        # What all clients of an SDK have in common: those for other clouds are often no subclasses of the main one.
        "methods": ("_base_client.SyncAPIClient.request", "_base_client.AsyncAPIClient.request"),
        "attempts": ("_base_client.BaseClient._build_request",),
        "server": partial(server, name=naming),
        **more,
    }
    return Provider(name, name, name, oldest, call=call, unparsed=unparsed, endpoints=endpoints, **found)
