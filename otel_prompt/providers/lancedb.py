"""LanceDB: a search is a query that is built, and run by ``to_list``, ``to_pandas`` and the like.

Each of these goes through ``to_arrow``. Batches that the caller reads one after the other do not, and are not traced;
nor is a query that searches for nothing, and only filters.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any
from weakref import WeakSet

from ..invocation import Json
from ._base import Server
from ._methods import provider
from ._retrieval import MOST_DOCUMENTS, document, retrieval, split

_SEARCHES = frozenset({"AsyncVectorQuery", "AsyncFTSQuery", "AsyncHybridQuery"})
_SCORES = ("_relevance_score", "_score")
_IDS = ("id", "_id", "doc_id", "document_id", "uuid", "_rowid")

_lock = Lock()
_hybrids: WeakSet[Any] = WeakSet()
"""The searches by words and by vector, each of which is two: they are run in threads that know nothing of it."""


def to_arrow(builder: Any, _: Json) -> Json | None:
    """A search by a vector, by words, or by both."""
    if hasattr(builder, "_inner"):
        return _asynchronous(builder)
    with _lock:
        if type(builder).__name__ == "LanceHybridQueryBuilder":
            _hybrids.add(builder)
        if any(builder is each.__dict__.get(half) for each in _hybrids for half in ("_fts_query", "_vector_query")):
            return None
    asked = (builder._text, getattr(builder, "_str_query", None), getattr(builder, "_query", None))
    return {
        "source": builder._table.name,
        "query": next((words for each in asked if (words := _words(each)) is not None), None),
        "top_k": builder._limit,
        "parameters": {"filter": _filter(builder._where)},
    }


def _asynchronous(builder: Any) -> Json | None:
    """What a query of the asynchronous client asks.

    It is held by the library's core, of which nothing is asked that the client does not ask itself on the way: what
    the core does not expect, it does not raise as an exception.
    """
    kind = type(builder).__name__
    if kind not in _SEARCHES:
        return None
    inner: Any = builder._inner
    words: Any = inner.to_fts_query() if kind == "AsyncHybridQuery" else inner
    limited: Any = inner.to_vector_query() if kind == "AsyncHybridQuery" else inner
    return {
        "source": getattr(getattr(builder, "_table", None), "name", None),
        "query": words.get_query() if kind != "AsyncVectorQuery" else builder._query_string,
        "top_k": limited.to_query_request().limit,
    }


def _words(query: Any) -> str | None:
    """The words of a search: a text, or an expression that has one."""
    words = query if isinstance(query, str) else getattr(query, "query", None)
    return words if isinstance(words, str) else None


def _filter(condition: Any) -> str | None:
    return None if condition is None else str(condition)


def documents(table: Any) -> Iterator[Json]:
    """The rows that were found, without their vectors."""
    names = [field.name for field in table.schema if "list" not in str(field.type) and "binary" not in str(field.type)]
    for row in table.select(names).slice(0, MOST_DOCUMENTS).to_pylist():
        name = next((row.pop(each) for each in _IDS if row.get(each) is not None), None)
        score = next((row.pop(each) for each in _SCORES if row.get(each) is not None), None)
        distance = row.pop("_distance", None)
        yield document(name, score, *split(row), distance=distance)


def server(_: Any) -> Server:
    """A library; where its tables are is not on the query."""
    return Server("lancedb")


_BUILDERS = ("LanceVectorQueryBuilder", "LanceFtsQueryBuilder", "LanceHybridQueryBuilder", "AsyncQueryBase")
PROVIDER = provider(
    "lancedb",
    module="lancedb",
    distribution="lancedb",
    oldest="0.25",
    methods=tuple(f"query.{builder}.to_arrow" for builder in _BUILDERS),
    readers={"to_arrow": (to_arrow, retrieval(documents))},
    server=server,
)
