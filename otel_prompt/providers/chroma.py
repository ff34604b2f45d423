"""Chroma's client, of a server, in this process, or in Chroma's cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ..invocation import Json
from ._base import Server
from ._methods import provider
from ._retrieval import document, retrieval, texts_in


def query(collection: Any, given: Json) -> Json:
    """A search by texts, vectors, pictures or addresses; Chroma embeds the texts itself."""
    filters = {"where": given.get("where"), "where_document": given.get("where_document")}
    return {
        "source": collection.name,
        "query": given.get("query_texts"),
        "top_k": given.get("n_results"),
        "parameters": filters,
    }


def search(collection: Any, given: Json) -> Json:
    """One search expression, or several."""
    searches: Any = given["searches"]
    asked: list[Json] = [each.to_dict() for each in (searches if isinstance(searches, (list, tuple)) else [searches])]
    limits = {limit for each in asked if (limit := (each.get("limit") or {}).get("limit")) is not None}
    return {
        "source": collection.name,
        "query": texts_in([each.get("rank") for each in asked], "query"),
        "top_k": limits.pop() if len(limits) == 1 else None,
        "parameters": {"where": [each["filter"] for each in asked if each.get("filter")] or None},
    }


def documents(answer: Json) -> Iterator[Json]:
    """What was found: a column for each field, and in it a list for each query."""
    queries: list[Any] = answer["ids"]
    for n, names in enumerate(queries):
        columns = [_column(answer.get(field), n) for field in ("scores", "documents", "metadatas", "distances")]
        for place, name in enumerate(names):
            score, content, metadata, distance = (column[place] if column else None for column in columns)
            yield document(name, score, content, metadata, distance=distance, query=n if len(queries) > 1 else None)


def _column(columns: Any, n: int) -> Any:
    return columns[n] if columns else None


def server(collection: Any) -> Server:
    """The address of a collection's server; none of what is searched in this process."""
    url = urlsplit(getattr(collection._client, "_api_url", None) or "")
    return Server("chroma", url.hostname, url.port or {"https": 443, "http": 80}.get(url.scheme))


_FOUND = retrieval(documents)
PROVIDER = provider(
    "chroma",
    module="chromadb",
    distribution="chromadb",
    oldest="1",
    methods=(
        "api.models.Collection.Collection.query",
        "api.models.AsyncCollection.AsyncCollection.query",
    ),
    former=(
        "api.models.Collection.Collection.search",
        "api.models.AsyncCollection.AsyncCollection.search",
    ),
    readers={"query": (query, _FOUND), "search": (search, _FOUND)},
    server=server,
)
