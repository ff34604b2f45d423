"""Qdrant's client, of a server or of a store in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..invocation import Json
from ._base import Server
from ._methods import provider
from ._retrieval import document, retrieval, split, texts_in


def query_points(_: Any, given: Json) -> Json:
    """A search by a vector, by a point, or by a text that is embedded on the way."""
    return {
        "source": given.get("collection_name"),
        "query": texts_in([given.get("query"), given.get("prefetch")], "text"),
        "top_k": given.get("limit"),
        "parameters": {"filter": given.get("query_filter"), "using": given.get("using")},
    }


def query_batch_points(_: Any, given: Json) -> Json:
    """Several searches at once."""
    requests: list[Any] = list(given.get("requests") or ())
    limits = {request.limit for request in requests if request.limit is not None}
    return {
        "source": given.get("collection_name"),
        "query": texts_in([[request.query, request.prefetch] for request in requests], "text"),
        "top_k": limits.pop() if len(limits) == 1 else None,
        "parameters": {"filter": [request.filter for request in requests if request.filter] or None},
    }


def query(_: Any, given: Json) -> Json:
    """A search by a text, which the client embeds itself; gone since 1.16."""
    return {
        "source": given.get("collection_name"),
        "query": given.get("query_text"),
        "top_k": given.get("limit"),
        "parameters": {"filter": given.get("query_filter")},
    }


def documents(answer: Any) -> Iterator[Json]:
    """The points that were found, of one search or of several, in groups or not."""
    if not isinstance(answer, list):
        yield from _points(getattr(answer, "points", None) or _hits(answer), None)
    elif answer and hasattr(answer[0], "points"):
        for n, each in enumerate(answer):
            yield from _points(each.points, n if len(answer) > 1 else None)
    else:
        yield from _points(answer, None)


def _hits(answer: Any) -> list[Any]:
    return [hit for group in getattr(answer, "groups", ()) for hit in group.hits]


def _points(points: Any, query: int | None) -> Iterator[Json]:
    for point in points:
        if hasattr(point, "payload"):
            content, metadata = split(point.payload)
        else:  # of what the client embedded itself
            content, metadata = point.document, point.metadata
        yield document(point.id, point.score, content, metadata, query=query)


def server(client: Any) -> Server:
    """The address of a client's server; none of a store in this process."""
    remote = client._client
    return Server("qdrant", getattr(remote, "_host", None), getattr(remote, "_port", None))


_FOUND = retrieval(documents)
_NAMES = ("query_points", "query_points_groups", "query_batch_points")
_FORMER = ("query", "search", "search_groups")
PROVIDER = provider(
    "qdrant",
    module="qdrant_client",
    distribution="qdrant-client",
    oldest="1.12",
    methods=tuple(f"{client}.{name}" for client in ("QdrantClient", "AsyncQdrantClient") for name in _NAMES),
    former=tuple(f"{client}.{name}" for client in ("QdrantClient", "AsyncQdrantClient") for name in _FORMER),
    readers={
        "query_points": (query_points, _FOUND),
        "query_points_groups": (query_points, _FOUND),
        "query_batch_points": (query_batch_points, _FOUND),
        "search": (query_points, _FOUND),
        "search_groups": (query_points, _FOUND),
        "query": (query, _FOUND),
    },
    server=server,
)
