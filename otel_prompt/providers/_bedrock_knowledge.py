"""Bedrock's knowledge bases: what was looked for, what was found, and what a model has made of it.

RetrieveAndGenerate counts no tokens: it is a search that says more than what it found.
"""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message
from ..semconv import (
    BEDROCK_KNOWLEDGE_BASE,
    DATA_SOURCE,
    GUARDRAIL_ACTION,
    RETRIEVAL,
    RETRIEVAL_DOCUMENTS,
    RETRIEVAL_QUERY,
    RETRIEVAL_TOP_K,
)
from ._base import Call, Endpoint, append, child, children, pick, text_of
from ._bedrock_names import model_of

_ADDRESSES = ("uri", "url", "id")
_VECTORS = "vectorSearchConfiguration"
_CHUNK = "x-amz-bedrock-kb-chunk-id"


def knowledge_base(params: Json) -> str | None:
    """The knowledge base that is searched; None where files are given in its place."""
    config = child(params, "retrieveAndGenerateConfiguration")
    return text_of(params.get("knowledgeBaseId") or child(config, "knowledgeBaseConfiguration").get("knowledgeBaseId"))


def request(call: Call) -> Invocation:
    """What is looked for, and by which model it is to be answered."""
    body = call.body
    config = child(body, "retrieveAndGenerateConfiguration")
    within = child(config, "knowledgeBaseConfiguration") or child(config, "externalSourcesConfiguration")
    found = Invocation(RETRIEVAL, request_model=model_of(within.get("modelArn")))
    found.conversation_id = text_of(body.get("sessionId"))
    search = child(child(body if "retrievalConfiguration" in body else within, "retrievalConfiguration"), _VECTORS)
    query = child(body, "retrievalQuery") or child(body, "input")
    said = {
        RETRIEVAL_QUERY: text_of(query.get("text")),
        RETRIEVAL_TOP_K: search.get("numberOfResults"),
        DATA_SOURCE: call.source,
        BEDROCK_KNOWLEDGE_BASE: call.source,
    }
    found.attributes = {name: value for name, value in said.items() if value is not None}
    return found


def response(inv: Invocation, body: Json) -> None:
    """The documents, and the answer where one was made."""
    results = children(body, "retrievalResults")
    for citation in children(body, "citations"):
        results += children(citation, "retrievedReferences")
    inv.attributes[RETRIEVAL_DOCUMENTS] = [_document(result) for result in results]
    inv.conversation_id = text_of(body.get("sessionId")) or inv.conversation_id
    if text := text_of(child(body, "output").get("text")):
        inv.output_messages = [Message("assistant", [{"type": "text", "content": text}])]
    action = text_of(body.get("guardrailAction"))
    if action and action != "NONE":
        inv.attributes[GUARDRAIL_ACTION] = action


def _document(result: Json) -> Json:
    metadata, content = child(result, "metadata"), child(result, "content")
    places = [child(child(result, "location"), kind) for kind in child(result, "location")]
    named = (metadata.get(_CHUNK), *(place.get(name) for place in places for name in _ADDRESSES))
    found = {"id": next((text for each in named if (text := text_of(each)) is not None), None)}
    found |= pick(result, ("score",)) | pick(content, (), content="text") | pick(result, ("metadata",))
    return {name: value for name, value in found.items() if value is not None}


def accumulate(body: Json, event: Any) -> None:
    """Grow the answer from an event of a stream."""
    if output := child(event, "output"):
        append(body.setdefault("output", {}), "text", output.get("text"))
    elif citation := child(event, "citation"):
        body.setdefault("citations", []).append(child(citation, "citation") or citation)
    elif guardrail := child(event, "guardrail"):
        body.update(pick(guardrail, (), guardrailAction="action"))
    else:
        body.update(pick(event, ("sessionId",)))


KNOWLEDGE = Endpoint(RETRIEVAL, request, response, None, accumulate)
