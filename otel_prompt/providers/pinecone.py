"""Pinecone's client, over HTTP and over gRPC: an index of vectors, of records, and of documents.

A query of several namespaces is one query for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ..invocation import Json
from ._base import Server
from ._methods import provider
from ._retrieval import document, retrieval, split, texts_in


def query(index: Any, given: Json) -> Json:
    """A search by a vector, or by the id of one."""
    return _asked(index, given, None, given.get("top_k"))


def search(index: Any, given: Json) -> Json:
    """A search of records by a text, which the service embeds, or by a vector; or of documents.

    Former versions have a search of records all in ``query``.
    """
    if "score_by" in given:
        return _asked(index, given, texts_in(given["score_by"], "query"), given.get("top_k"))
    nested: Any = given.get("query")
    inner: Json = nested if isinstance(nested, dict) else getattr(nested, "__dict__", {})
    texts = texts_in([given.get("inputs"), inner.get("inputs")], "text")
    return _asked(index, given, texts, given.get("top_k") or inner.get("top_k"))


def _asked(index: Any, given: Json, texts: Any, top_k: Any) -> Json:
    parameters = {"namespace": given.get("namespace") or None, "filter": given.get("filter")}
    return {"source": _name(index), "query": texts, "top_k": top_k, "parameters": parameters}


def _host(index: Any) -> str:
    """Where an index is; former versions have it in their configuration."""
    return getattr(index, "_host", None) or index._config.host


def _name(index: Any) -> str:
    """An index's name with its project's id, which its address begins with; of another address the whole host."""
    host = urlsplit(_host(index)).hostname or _host(index)
    name, dot, rest = host.partition(".")
    return name if dot and rest.startswith("svc.") else host


def documents(answer: Any) -> Iterator[Json]:
    """The vectors, the records, or the documents that were found."""
    if (records := getattr(answer, "result", None)) is not None:
        for hit in records.hits:
            yield document(hit.id, hit.score, *split(hit.fields))
        return
    for match in answer.matches:
        if type(match).__name__ == "Document":
            fields = {name: value for name, value in match.to_dict().items() if name not in ("_id", "_score")}
        else:
            fields = match.metadata
        yield document(match.id, match.score, *split(fields))


def server(index: Any) -> Server:
    """The address of an index."""
    url = urlsplit(_host(index))
    return Server("pinecone", url.hostname, url.port or {"http": 80}.get(url.scheme, 443))


_FOUND = retrieval(documents)
_CLASSES = ("pinecone.index:Index", "pinecone.async_client.async_index:AsyncIndex", "pinecone.grpc:GrpcIndex")
_DOCUMENTS = ("pinecone.client.documents:Documents", "pinecone.async_client.documents:AsyncDocuments")
PROVIDER = provider(
    "pinecone",
    oldest="9",
    methods=tuple(f"{cls}.{name}" for cls in _CLASSES for name in ("query", "search")),
    former=tuple(f"{cls}.search" for cls in _DOCUMENTS),
    readers={"query": (query, _FOUND), "search": (search, _FOUND)},
    server=server,
)
