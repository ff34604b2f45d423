"""Google's embeddings and pictures, each in the forms that the Gemini API and Vertex have for them."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import EMBEDDINGS as EMBEDDINGS_OPERATION
from ..semconv import GENERATE_CONTENT
from ._base import Call, Endpoint, child, children, counts, fault, pick, text_of
from ._google_content import message, modality
from ._google_generate import sent

_PICTURES = ("negativePrompt", "aspectRatio", "guidanceScale", "seed", "language", "safetySetting", "personGeneration")


def embed_request(call: Call) -> Invocation:
    """What to embed: contents, or Vertex' instances."""
    body = call.body
    contents = [child(r, "content") for r in children(body, "requests")] or [child(body, "content")]
    found = Invocation(EMBEDDINGS_OPERATION, request_model=text_of(body.get("model")))
    found.input_messages = [message(c) for c in contents if c]
    for instance in children(body, "instances"):
        found.input_messages.append(Message("user", [{"type": "text", "content": text_of(instance.get("content"))}]))
    settings = [body, *children(body, "requests"), child(body, "parameters"), child(body, "embedContentConfig")]
    for each in settings:
        if size := each.get("outputDimensionality"):
            found.parameters["dimensions"] = size
    return found


def embed_response(inv: Invocation, body: Json) -> None:
    """The size of a vector; the vectors are left alone."""
    fault(inv, body)
    inv.response_model = text_of(body.get("modelVersion"))
    found = [*children(body, "embeddings"), child(body, "embedding")]
    found += [child(p, "embeddings") for p in children(body, "predictions")]
    vector: Any = next((e["values"] for e in found if e.get("values")), None)
    if isinstance(vector, (list, tuple)):
        inv.embedding_dimensions = len(vector)


def embed_usage(body: Json) -> Usage:
    """Tokens read, where the service counts them; nothing is written."""
    if (u := child(body, "usageMetadata")).get("promptTokenCount") is not None:
        return Usage(*counts(u["promptTokenCount"]))
    each = [child(child(p, "embeddings"), "statistics").get("token_count") for p in children(body, "predictions")]
    # Some of Vertex' models write a whole number as 4.0.
    whole = counts(*(int(n) if isinstance(n, float) else n for n in each))
    return Usage(sum(n or 0 for n in whole) if whole and whole[0] is not None else None)


def picture_request(call: Call) -> Invocation:
    """Pictures to make or to change; the pictures that are sent stay beside the text as they are."""
    body = call.body
    asked = child(body, "parameters")
    found = Invocation(GENERATE_CONTENT, request_model=text_of(body.get("model")), output_type="image")
    found.parameters = pick(asked, _PICTURES, size="sampleImageSize")
    if asked.get("sampleCount") not in (None, 1):
        found.parameters["choice.count"] = asked["sampleCount"]
    for instance in children(body, "instances"):
        pictures = [instance, *children(instance, "referenceImages")]
        parts: list[Part] = [p for i in pictures if (p := _picture(child(i, "image") or child(i, "referenceImage")))]
        if text := text_of(instance.get("prompt")):
            parts.insert(0, {"type": "text", "content": text})
        found.input_messages.append(Message("user", parts))
    return found


def picture_response(inv: Invocation, body: Json) -> None:
    """One message a picture; a picture that was withheld is the reason for which it was."""
    fault(inv, body)
    for made in children(body, "predictions"):
        why = text_of(made.get("raiFilteredReason"))
        parts = [found] if (found := _picture(made)) else []
        if text := text_of(made.get("prompt")):  # as the service rewrote it
            parts.append({"type": "text", "content": text})
        if parts or why:
            inv.output_messages = [*inv.output_messages, Message("assistant", parts, finish_reason=why)]
        if why:
            inv.finish_reasons = [*inv.finish_reasons, why]


def _picture(held: Json) -> Part | None:
    about = {"modality": modality(held.get("mimeType") or "image/"), **pick(held, (), mime_type="mimeType")}
    if data := held.get("bytesBase64Encoded"):
        return {"type": "blob", **about, "content": data}
    if uri := held.get("gcsUri"):
        return {"type": "uri", **about, "uri": uri}
    return None


EMBED = Endpoint(EMBEDDINGS_OPERATION, embed_request, embed_response, embed_usage, body=sent)
PICTURES = Endpoint(GENERATE_CONTENT, picture_request, picture_response, body=sent)
