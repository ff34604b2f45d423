"""Weaviate's client: the one request that every search of a collection goes through.

A list of objects that are not searched for is none. What the service generates from the documents is not on the span:
it says neither its model nor its tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..invocation import Json
from ._base import Server
from ._methods import provider
from ._retrieval import document, retrieval, split

_SEARCHES = (
    "near_text", "hybrid_search", "bm25_search", "near_vector", "near_object", "near_image", "near_audio", "near_video",
    "near_depth", "near_thermal", "near_imu",
)  # fmt: skip


def grpc_search(_: Any, given: Json) -> Json | None:
    """A search by words, by a vector, by both, by an object, a picture or a recording."""
    request: Any = given["request"]
    kind = next((name for name in _SEARCHES if request.HasField(name)), None)
    if kind is None:
        return None
    words: Any = getattr(getattr(request, kind), "query", None)
    return {
        "source": request.collection,
        "query": words if isinstance(words, str) else list(words or ()),
        "top_k": request.limit or None,
        "parameters": {"search": kind.removesuffix("_search"), "tenant": request.tenant or None},
    }


def documents(answer: Any) -> Iterator[Json]:
    """The objects that were found, in groups or not. A score is there where the caller asked for it."""
    for found in (*answer.results, *(each for group in answer.group_by_results for each in group.objects)):
        said = found.metadata
        name = said.id_as_bytes.hex() if said.id_as_bytes else said.id
        score = next((getattr(said, n) for n in ("rerank_score", "score") if getattr(said, f"{n}_present")), None)
        distance = said.distance if said.distance_present else None
        content, metadata = split(_properties(found.properties.non_ref_props))
        yield document(_dashed(name), score, content, metadata, distance=distance)


def _properties(held: Any) -> Json:
    """The fields of an object, as Python's own values; pictures and recordings are left out."""
    return {name: _value(value) for name, value in held.fields.items() if value.WhichOneof("kind") != "blob_value"}


def _value(value: Any) -> Any:
    kind: str | None = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    found = getattr(value, kind)
    if kind == "object_value":
        return _properties(found)
    return found if isinstance(found, (str, bool, int, float)) else str(found)


def _dashed(name: str) -> str:
    """A UUID as it is written."""
    if len(name) != 32:
        return name
    return "-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:]))


def server(connection: Any) -> Server:
    """Where searches go."""
    address = connection._connection_params.grpc
    return Server("weaviate", address.host, address.port)


PROVIDER = provider(
    "weaviate",
    module="weaviate",
    distribution="weaviate-client",
    oldest="4.16",
    methods=("connect.v4.ConnectionSync.grpc_search", "connect.v4.ConnectionAsync.grpc_search"),
    readers={"grpc_search": (grpc_search, retrieval(documents))},
    server=server,
)
