"""A search in a store of documents: what is searched, for what, how many, and which documents were found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from ..invocation import Invocation, Json
from ..semconv import DATA_SOURCE, RETRIEVAL, RETRIEVAL_DOCUMENTS, RETRIEVAL_QUERY, RETRIEVAL_TOP_K
from ._base import Call, Endpoint, fields, text_of
from ._methods import first

MOST_DOCUMENTS: Final = 200
"""So many of the documents that were found are recorded."""
_CONTENT: Final = ("document", "text", "content", "page_content", "chunk_text", "body")
"""What most people call the field that holds a document's text."""


def request(call: Call) -> Invocation:
    """What is asked for: ``source``, ``query`` (a text, or several), ``top_k``, and ``parameters``."""
    body = call.body
    found = Invocation(RETRIEVAL, parameters={k: v for k, v in body.get("parameters", {}).items() if v is not None})
    texts = [body["query"]] if isinstance(body.get("query"), str) else first(body.get("query"), MOST_DOCUMENTS)
    texts = [str.__str__(text) for text in texts if isinstance(text, str)]
    if texts:
        found.attributes[RETRIEVAL_QUERY] = "\n".join(texts)
    if call.source is not None:
        found.attributes[DATA_SOURCE] = call.source
    top_k = body.get("top_k")
    if type(top_k) is int:
        found.attributes[RETRIEVAL_TOP_K] = top_k
    return found


def retrieval(documents: Callable[[Any], Iterable[Json]]) -> Endpoint:
    """The endpoint of a store, given what lists the documents of its answer."""

    def response(inv: Invocation, body: Json) -> None:
        inv.attributes[RETRIEVAL_DOCUMENTS] = first(documents(body["answer"]), MOST_DOCUMENTS)

    return Endpoint(RETRIEVAL, request, response, body=lambda answer: {"answer": answer})


def document(
    name: Any, score: Any, content: Any = None, metadata: Any = None, *, distance: Any = None, query: int | None = None
) -> Json:
    """One document.

    Args:
        name: the store's id of it.
        score: as the store gives it, which says nothing of its scale.
        content: its text.
        metadata: its other fields.
        distance: in place of a score, where less is better: it is given as both, by the same number.
        query: which of several queries found it.
    """
    number = _number(score if score is not None else distance)
    found: Json = {"id": None if name is None else str(name), "score": number}
    if score is None:
        found["distance"] = number
    found |= {"content": content, "metadata": metadata or None, "query": query}
    return {k: v for k, v in found.items() if v is not None}


def _number(value: Any) -> float | None:
    """A plain number: stores give NumPy's, too."""
    return float(value) if value is not None else None


def texts_in(value: Any, name: str, depth: int = 8) -> list[str]:
    """The texts in the fields of one name, however deep in what is asked they are."""
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], (int, float)):  # a vector, which is long
            return []
        return [text for each in value for text in texts_in(each, name, depth)]
    held: Json = msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else fields(value)
    found = [text] if (text := text_of(held.get(name))) is not None else []
    return found + [text for each in held.values() if depth for text in texts_in(each, name, depth - 1)]


def split(held: Any) -> tuple[str | None, Json]:
    """The text of a document, and its other fields."""
    rest: Json = dict(held or {})
    for name in _CONTENT:
        if isinstance(rest.get(name), str):
            return rest.pop(name), rest
    return None, rest
