"""Models on Bedrock that give vectors or pictures: Titan's, Nova's, Cohere's, Stability's."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import EMBEDDINGS as EMBEDDINGS_OPERATION
from ..semconv import GENERATE_CONTENT
from ._base import Call, Endpoint, child, children, counts, fields, pick, text_of

_PICTURE_PARAMETERS = ("width", "height", "quality", "cfgScale", "seed", "aspect_ratio", "output_format", "mode")
_TASKS = ("textToImageParams", "imageVariationParams", "inPaintingParams", "outPaintingParams")


def embeddings_request(call: Call) -> Invocation:
    """Texts to embed; pictures are left alone."""
    body = call.body
    found = Invocation(EMBEDDINGS_OPERATION, request_model=text_of(body.get("model")))
    single = child(body, "singleEmbeddingParams") or child(body, "segmentedEmbeddingParams")
    found.parameters = (
        pick(body, ("dimensions", "normalize", "input_type", "truncate"), dimensions="output_dimension")
        | pick(child(body, "embeddingConfig"), (), dimensions="outputEmbeddingLength")
        | pick(single, (), dimensions="embeddingDimension")
    )
    kinds = body.get("embedding_types") or body.get("embeddingTypes")
    if isinstance(kinds, list):
        found.parameters["encoding_formats"] = kinds
    texts = body.get("texts")
    several = texts if isinstance(texts, list) else [body.get("inputText"), child(single, "text").get("value")]
    found.input_messages = [_said(text) for each in several if (text := text_of(each))]
    return found


def embeddings_response(inv: Invocation, body: Json) -> None:
    """The size of the vectors; they themselves are left alone."""
    inv.response_id = text_of(body.get("id"))
    inv.embedding_dimensions = _size(body.get("embedding") or body.get("embeddings") or body.get("embeddingsByType"))


def _size(held: Any) -> int | None:
    """The length of the first vector, however deep it is: by kind, by text, with facts beside it."""
    while held:
        if isinstance(held, dict):
            held = held.get("embedding") or next(iter(held.values()))
        elif not isinstance(held, list):
            return None
        elif isinstance(held[0], (int, float)):
            return len(held)
        else:
            held = held[0]
    return None


def embeddings_usage(body: Json) -> Usage:
    """Tokens read; nothing is written."""
    return Usage(*counts(body.get("inputTextTokenCount")))


def picture_request(call: Call) -> Invocation:
    """A picture to make or to change, by the text that says how."""
    body = call.body
    found = Invocation(GENERATE_CONTENT, request_model=text_of(body.get("model")), output_type="image")
    config = child(body, "imageGenerationConfig")
    found.parameters = pick(body, _PICTURE_PARAMETERS) | pick(config, _PICTURE_PARAMETERS)
    if (config.get("numberOfImages") or 1) != 1:
        found.parameters["choice.count"] = config["numberOfImages"]
    texts = [child(body, task).get("text") for task in _TASKS]
    texts += [body.get("prompt"), *(prompt.get("text") for prompt in children(body, "text_prompts"))]
    found.input_messages = [_said(text) for each in texts if (text := text_of(each))]
    return found


def picture_response(inv: Invocation, body: Json) -> None:
    """One message a picture."""
    inv.error_message = text_of(body.get("error"))
    inv.error = "error" if inv.error_message else None
    pictures: Any = body.get("images") or [fields(held).get("base64") for held in children(body, "artifacts")]
    contents: list[Any] = pictures if isinstance(pictures, list) else []
    blobs: list[Part] = [{"type": "blob", "modality": "image", "content": held} for held in contents]
    inv.output_messages = [Message("assistant", [blob]) for blob in blobs]
    reasons = body.get("finish_reasons")
    inv.finish_reasons = [reason for reason in reasons if isinstance(reason, str)] if isinstance(reasons, list) else []


def _said(text: str) -> Message:
    return Message("user", [{"type": "text", "content": text}])


EMBEDDINGS = Endpoint(EMBEDDINGS_OPERATION, embeddings_request, embeddings_response, embeddings_usage)
PICTURES = Endpoint(GENERATE_CONTENT, picture_request, picture_response)
