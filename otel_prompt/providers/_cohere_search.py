"""Cohere's embeddings, and its ranking of documents, which the conventions have as a retrieval."""

from __future__ import annotations

from typing import Any

from ..encoding import encode
from ..invocation import Invocation, Json, Message, Usage
from ..semconv import EMBEDDINGS as EMBEDDINGS_OPERATION
from ..semconv import RETRIEVAL, RETRIEVAL_DOCUMENTS, RETRIEVAL_QUERY, RETRIEVAL_TOP_K
from . import _cohere_usage as counted
from ._base import Call, Endpoint, child, children, counts, fault, fields, pick, text_of
from ._openai_completions import texts
from ._openai_media import dimensions
from ._openai_messages import link, message

_BITS = ("binary", "ubinary")
"""The kinds of vectors that have eight dimensions in a number."""


def embed_request(call: Call) -> Invocation:
    """Texts, pictures, or both together, to embed."""
    body = call.body
    inv = Invocation(EMBEDDINGS_OPERATION, request_model=text_of(body.get("model")))
    inv.parameters = pick(body, ("input_type", "truncate", "max_tokens"), dimensions="output_dimension")
    if kinds := body.get("embedding_types"):
        inv.parameters["encoding_formats"] = list(kinds)
    inv.input_messages = texts(body.get("texts"))
    inv.input_messages += [Message("user", [link("image", address)]) for address in body.get("images") or ()]
    inv.input_messages += [message({"role": "user", **pick(one, ("content",))}) for one in children(body, "inputs")]
    return inv


def embed_response(inv: Invocation, body: Json) -> None:
    """Usage and size; the vectors are left alone."""
    fault(inv, body)
    inv.response_id = text_of(body.get("id"))
    counted.describe(inv, body)
    made: Any = body.get("embeddings")
    by_kind: Json = {"float": made} if isinstance(made, list) else fields(made)
    for kind, vectors in by_kind.items():
        if isinstance(vectors, list) and vectors:
            size = dimensions(vectors[0])
            inv.embedding_dimensions = size * 8 if size is not None and kind in _BITS else size
            break


def embed_usage(body: Json) -> Usage:
    """Tokens read; nothing is written. Those of pictures are billed apart, and counted in."""
    billed = child(child(body, "meta"), "billed_units")
    read, pictures = counts(billed.get("input_tokens"), billed.get("image_tokens"))
    total = None if read is None and pictures is None else (read or 0) + (pictures or 0)
    return Usage(total, image_input_tokens=pictures)


def rank_request(call: Call) -> Invocation:
    """A question, and the documents to rank by it."""
    body = call.body
    inv = Invocation(RETRIEVAL, request_model=text_of(body.get("model")))
    inv.parameters = pick(body, ("max_tokens_per_doc", "max_chunks_per_doc", "return_documents", "rank_fields"))
    inv.attributes = pick(body, (), **{RETRIEVAL_TOP_K: "top_n", RETRIEVAL_QUERY: "query"})
    given = body.get("documents")
    listed = enumerate(given) if isinstance(given, (list, tuple)) else ()
    inv.attributes[RETRIEVAL_DOCUMENTS] = [_document(n, one) for n, one in listed]
    return inv


def rank_response(inv: Invocation, body: Json) -> None:
    """The documents by their relevance, which the service names by their place in the request."""
    fault(inv, body)
    inv.response_id = text_of(body.get("id"))
    counted.describe(inv, body)
    given, found = inv.attributes[RETRIEVAL_DOCUMENTS], list[Json]()
    for result in children(body, "results"):
        place = result.get("index")
        if type(place) is int:
            known = given[place] if 0 <= place < len(given) else {"id": str(place)}
            found.append({**known, "score": result.get("relevance_score")})
    inv.attributes[RETRIEVAL_DOCUMENTS] = found


def _document(place: int, given: Any) -> Json:
    """A document: a text, or an object of the caller's, whose text is what is ranked."""
    held = {"text": given} if isinstance(given, str) else fields(given)
    return {"id": str(place), "content": text_of(held.get("text")) or encode(held)}


EMBED = Endpoint(EMBEDDINGS_OPERATION, embed_request, embed_response, embed_usage)
RANK = Endpoint(RETRIEVAL, rank_request, rank_response)
