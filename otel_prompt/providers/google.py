"""Google's SDK for Gemini: its own service and Vertex, which the client is told to speak to.

Counting tokens is no inference; batches, videos and tunings are jobs; the live API is no request: they are not traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from ..encoding import decoded
from ..invocation import Json
from . import _stainless
from ._base import Call, Endpoint, Provider, Server, child, children, fields
from ._google_generate import GENERATE
from ._google_interactions import INTERACTIONS
from ._google_loop import STEPS
from ._google_media import EMBED, PICTURES
from ._google_models import GENERATED
from ._hosts import name_of

_VERBS = frozenset({"generateContent", "streamGenerateContent", "predict", "embedContent", "batchEmbedContents"})


def by_method(bound: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request: of the SDK's own client, or of one of those that it has had for interactions."""
    if "do_request" in bound.__name__:
        return interaction(kwargs["request"])
    return content(args, kwargs) if isinstance(next(iter(args), ""), str) else _stainless.call(args, kwargs)


def content(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request, whose path ends in the model and what to do: ``models/gemini-x:generateContent``.

    ``predict`` is what Vertex has for all older models: there, what is asked for tells.
    """
    given: tuple[Any, ...] = (*args, *kwargs.values(), None)
    method, path, body, options = given[:4]
    model, _, verb = path.partition("?")[0].rpartition(":")
    if verb not in _VERBS:
        return None
    if verb == "predict" and "content" in next(iter(children(body, "instances")), {}):
        verb = "embed"
    options = fields(options)
    asked = {**body, **child(options, "extra_body"), "model": model.rpartition("models/")[2]}
    return Call(method, f"{options.get('base_url') or ''}/:{verb}", asked, verb.startswith("stream"), body)


def server(client: Any, path: str) -> Server:
    """Who answers: which of the two services, the client knows, wherever it is that it asks.

    Of the clients for interactions, the address tells.
    """
    if hasattr(client, "vertexai"):
        url = path if "://" in path else str(client._http_options.base_url)
        return _server("gcp.vertex_ai" if client.vertexai else "gcp.gemini", url)
    if "://" in path:
        return _server(service(client, urlsplit(path).hostname or ""), path)
    return _stainless.server(client, path, service)


@cache
def _server(name: str, url: str) -> Server:
    found = urlsplit(url)
    return Server(name, found.hostname, found.port or {"https": 443, "http": 80}.get(found.scheme))


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer this is: the JSON that was sent or, as the SDK gives it, with names of its own."""
    if "candidates" in body and ("modelVersion" in body or "usageMetadata" in body):
        return GENERATE
    if "candidates" in body and "usage_metadata" in body:
        return GENERATED
    return INTERACTIONS if body.get("object") == "interaction" else None


def interaction(request: Any) -> Call | None:
    """The wire's view of an HTTP request to the Interactions API."""
    if request.method != "POST" or not request.url.path.endswith("/interactions"):
        return None
    body = fields(decoded(request.content.decode()))
    return Call(request.method, str(request.url), body, body.get("stream") is True, request)


def service(_: Any, host: str, __: int | None = None) -> str:
    """Who answers at a host: the Gemini API, unless it is Vertex'."""
    return "gcp.vertex_ai" if name_of(host) == "gcp.vertex_ai" else "gcp.gemini"


PROVIDER = Provider(
    "google-genai",
    "google.genai",
    "google-genai",
    "1.24",
    methods=(
        "_api_client.BaseApiClient.request",
        "_api_client.BaseApiClient.async_request",
        "_api_client.BaseApiClient.request_streamed",
        "_api_client.BaseApiClient.async_request_streamed",
    ),
    former=(  # what interactions go through since 2.1, and from 1.55 to 2.0
        "google.genai._gaos.basesdk:BaseSDK.do_request",
        "google.genai._gaos.basesdk:AsyncBaseSDK.do_request_async",
        "google.genai._interactions._base_client:SyncAPIClient.request",
        "google.genai._interactions._base_client:AsyncAPIClient.request",
    ),
    attempts=(
        "_api_client.BaseApiClient._request_once",
        "_api_client.BaseApiClient._async_request_once",
        "google.genai._gaos._hooks.sdkhooks:SDKHooks.before_request",
        "google.genai._gaos._hooks.asyncsdkhooks:AsyncSDKHooks.before_request",
        "google.genai._interactions._base_client:BaseClient._build_request",
    ),
    call=content,
    by_method=by_method,
    server=server,
    answer=answer,
    steps=STEPS,
    strict=("chats._is_part_type",),
    endpoints={
        "POST /:generateContent": GENERATE,
        "POST /:streamGenerateContent": GENERATE,
        "POST /:embedContent": EMBED,
        "POST /:batchEmbedContents": EMBED,
        "POST /:embed": EMBED,
        "POST /:predict": PICTURES,
        "POST /interactions": INTERACTIONS,
    },
)
