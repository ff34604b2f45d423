"""OpenAI's other endpoints: embeddings, images, audio, moderations."""

from __future__ import annotations

from typing import Any

from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import EMBEDDINGS as EMBEDDINGS_OPERATION
from ..semconv import GENERATE_CONTENT, MODERATION
from ._base import Call, Endpoint, append, child, children, counts, fields, pick, text_of
from ._openai_chat import fault
from ._openai_completions import texts

_IMAGE_PARAMETERS = ("size", "quality", "style", "background", "output_format", "output_compression", "moderation")
_AUDIO_PARAMETERS = ("temperature", "language", "voice", "speed", "response_format")


def embeddings_request(call: Call) -> Invocation:
    """Texts to embed; lists of tokens are no content."""
    body = call.body
    found = Invocation(EMBEDDINGS_OPERATION, request_model=text_of(body.get("model")))
    found.parameters = pick(body, ("dimensions",))
    if text_of(body.get("encoding_format")):
        found.parameters["encoding_formats"] = [body["encoding_format"]]
    found.input_messages = texts(body.get("input"))
    return found


def embeddings_response(inv: Invocation, body: Json) -> None:
    """Usage and size; the vectors are left alone."""
    fault(inv, body)
    inv.response_model = text_of(body.get("model"))
    data = body.get("data")
    if isinstance(data, (list, tuple)) and data:
        inv.embedding_dimensions = dimensions(fields(data[0]).get("embedding"))


def dimensions(vector: Any) -> int | None:
    """The size of a vector: of numbers, or of the base64 of 4-byte floats."""
    if isinstance(vector, str):
        return (len(vector) * 3 // 4 - vector[-2:].count("=")) // 4
    # llama.cpp gives one for each token, unless it is told to make one of them.
    each = vector[0] if type(vector) is list and vector and type(vector[0]) is list else vector
    return len(each) if hasattr(each, "__len__") else None


def embeddings_usage(body: Json) -> Usage:
    """Tokens read; nothing is written."""
    return Usage(*counts(child(body, "usage").get("prompt_tokens")))


def image_request(call: Call) -> Invocation:
    """A picture to make or to edit; the files of an edit travel beside the JSON and are not recorded."""
    body = call.body
    found = Invocation(GENERATE_CONTENT, request_model=text_of(body.get("model")), output_type="image")
    found.parameters = pick(body, _IMAGE_PARAMETERS)
    if (body.get("n") or 1) != 1:
        found.parameters["choice.count"] = body["n"]
    found.input_messages = texts(body.get("prompt"))
    return found


def image_response(inv: Invocation, body: Json) -> None:
    """One message a picture: its address or content, and the prompt as the service rewrote it."""
    fault(inv, body)
    inv.output_messages = [Message("assistant", _picture(d, body)) for d in children(body, "data")]


def image_usage(body: Json) -> Usage:
    """Tokens of the models that count in tokens."""
    usage = child(body, "usage")
    found = Usage(*counts(usage.get("input_tokens"), usage.get("output_tokens")))
    found.image_input_tokens, found.image_output_tokens = counts(
        child(usage, "input_tokens_details").get("image_tokens"),
        child(usage, "output_tokens_details").get("image_tokens"),
    )
    return found


def _picture(d: Json, body: Json) -> list[Part]:
    parts: list[Part] = []
    if d.get("url"):
        parts.append({"type": "uri", "modality": "image", "uri": d["url"]})
    if d.get("b64_json"):
        kind = text_of(body.get("output_format")) or "png"
        parts.append({"type": "blob", "modality": "image", "mime_type": f"image/{kind}", "content": d["b64_json"]})
    if d.get("revised_prompt"):
        parts.append({"type": "text", "content": d["revised_prompt"]})
    return parts


def image_accumulate(body: Json, event: Any) -> None:
    """The picture that the last event of a stream brings."""
    event = fields(event)
    if str(event.get("type")).endswith(".completed"):
        body.setdefault("data", []).append(pick(event, ("b64_json",)))
        body.update(pick(event, ("usage", "output_format")))
    elif event.get("error"):
        body["error"] = event["error"]


def speech_request(call: Call) -> Invocation:
    """A text to speak."""
    body = call.body
    found = Invocation(GENERATE_CONTENT, request_model=text_of(body.get("model")), output_type="speech")
    found.parameters = pick(body, _AUDIO_PARAMETERS)
    found.input_messages = texts(body.get("input"))
    if instructions := text_of(body.get("instructions")):
        found.system_instructions = [{"type": "text", "content": instructions}]
    return found


def speech_response(inv: Invocation, body: Json) -> None:
    """Sound: nothing to read."""


def transcript_request(call: Call) -> Invocation:
    """A recording to write down or to translate; the file travels beside the JSON and is not recorded."""
    body = call.body
    found = Invocation(GENERATE_CONTENT, request_model=text_of(body.get("model")), output_type="text")
    found.parameters = pick(body, _AUDIO_PARAMETERS)
    found.input_messages = texts(body.get("prompt"))
    return found


def transcript_response(inv: Invocation, body: Json) -> None:
    """The text."""
    fault(inv, body)
    if text := text_of(body.get("text")):
        inv.output_messages = [Message("assistant", [{"type": "text", "content": text}])]


def transcript_usage(body: Json) -> Usage:
    """Tokens of the models that count in tokens; others count seconds."""
    usage = child(body, "usage")
    found = Usage(*counts(usage.get("input_tokens"), usage.get("output_tokens")))
    [found.audio_input_tokens] = counts(child(usage, "input_token_details").get("audio_tokens"))
    return found


def transcript_accumulate(body: Json, event: Any) -> None:
    """The text as it grows, then as it is."""
    event = fields(event)
    if event.get("type") == "transcript.text.delta":
        append(body, "text", event.get("delta"))
    elif event.get("type") == "transcript.text.done":
        body.update(pick(event, ("text", "usage")))
    elif event.get("error"):
        body["error"] = event["error"]


def moderation_request(call: Call) -> Invocation:
    """Texts or pictures to judge."""
    body = call.body
    found = Invocation(MODERATION, request_model=text_of(body.get("model")))
    if isinstance(body.get("input"), (list, tuple)) and children(body, "input")[0:1] != [{}]:
        parts = [
            {"type": "text", "content": p["text"]}
            if p.get("type") == "text"
            else {"type": "uri", "modality": "image", "uri": child(p, "image_url").get("url")}
            for p in children(body, "input")
        ]
        found.input_messages = [Message("user", parts)]
    else:
        found.input_messages = texts(body.get("input"))
    return found


def moderation_response(inv: Invocation, body: Json) -> None:
    """One message a verdict: whether it was flagged, and for what."""
    fault(inv, body)
    inv.response_id, inv.response_model = text_of(body.get("id")), text_of(body.get("model"))
    inv.output_messages = [
        Message(
            "assistant",
            [
                {
                    "type": "moderation",
                    "flagged": r.get("flagged"),
                    "categories": [k for k, v in child(r, "categories").items() if v is True],
                }
            ],
        )
        for r in children(body, "results")
    ]


EMBEDDINGS = Endpoint(EMBEDDINGS_OPERATION, embeddings_request, embeddings_response, embeddings_usage)
IMAGES = Endpoint(GENERATE_CONTENT, image_request, image_response, image_usage, image_accumulate)
SPEECH = Endpoint(GENERATE_CONTENT, speech_request, speech_response)
TRANSCRIPTS = Endpoint(
    GENERATE_CONTENT, transcript_request, transcript_response, transcript_usage, transcript_accumulate
)
MODERATIONS = Endpoint(MODERATION, moderation_request, moderation_response)
