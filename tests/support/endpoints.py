"""The endpoints of the ``openai`` client, each with an answer: what the tests of one are, the tests of all are."""

from __future__ import annotations

from typing import Any

from endpoint import Endpoint

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
RESPONSE_USAGE = {
    "input_tokens": 11,
    "output_tokens": 7,
    "total_tokens": 18,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


def chunk(content: str | None = None, *, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """A chunk of a chat."""
    delta = {} if content is None else {"role": "assistant", "content": content}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}],
        **more,
    }


def chat(content: Any = "Hello, world", *, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A chat's answer."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
        ],
        "usage": USAGE,
    }


def response(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    """A response of the Responses API."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-4o-2024-08-06",
        "status": status,
        "output": list(output) or [said("Hello, world")],
        "usage": RESPONSE_USAGE,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **more,
    }


def said(text: str) -> dict[str, Any]:
    """A message of a response's output."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def _delta(text: str, number: int) -> dict[str, Any]:
    return {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
        "logprobs": [],
        "sequence_number": number,
    }


QUESTION = [{"role": "user", "content": "Say hello"}]
CHAT = Endpoint(
    "chat",
    "chat.completions.create",
    {"model": "gpt-4o", "messages": QUESTION},
    "chat",
    chat(),
    (chunk("Hello"), chunk(", "), chunk("world"), chunk(finish="stop", usage=USAGE)),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    done=("[DONE]",),
)
RESPONSES = Endpoint(
    "responses",
    "responses.create",
    {"model": "gpt-4o", "input": "Say hello"},
    "chat",
    response(),
    (
        {
            "type": "response.created",
            "response": response(status="in_progress") | {"output": [], "usage": None},
            "sequence_number": 0,
        },
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": said("") | {"content": [], "status": "in_progress"},
            "sequence_number": 1,
        },
        {
            "type": "response.content_part.added",
            "item_id": "msg_1",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text", "text": "", "annotations": []},
            "sequence_number": 2,
        },
        _delta("Hello", 3),
        _delta(", ", 4),
        _delta("world", 5),
        {"type": "response.completed", "response": response(), "sequence_number": 6},
    ),
    "Hello, world",
    "Hello, ",
    seen=5,
    tokens=(11, 7),
    done=("[DONE]",),
)
_COMPLETION = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "gpt-3.5-turbo-instruct"}
COMPLETIONS = Endpoint(
    "completions",
    "completions.create",
    {"model": "gpt-3.5-turbo-instruct", "prompt": "Say hello"},
    "text_completion",
    {**_COMPLETION, "choices": [{"index": 0, "text": "Hello, world", "finish_reason": "stop"}], "usage": USAGE},
    (
        {**_COMPLETION, "choices": [{"index": 0, "text": "Hello", "finish_reason": None}]},
        {**_COMPLETION, "choices": [{"index": 0, "text": ", ", "finish_reason": None}]},
        {**_COMPLETION, "choices": [{"index": 0, "text": "world", "finish_reason": "stop"}], "usage": USAGE},
    ),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    done=("[DONE]",),
)
_IMAGE_USAGE = {
    "input_tokens": 11,
    "output_tokens": 7,
    "total_tokens": 18,
    "input_tokens_details": {"text_tokens": 11, "image_tokens": 0},
}
IMAGES = Endpoint(
    "images",
    "images.generate",
    {"model": "gpt-image-1", "prompt": "A hello"},
    "generate_content",
    {"created": 1, "data": [{"b64_json": "aGVsbG8="}], "usage": _IMAGE_USAGE},
    (
        {"type": "image_generation.partial_image", "b64_json": "aGU=", "partial_image_index": 0},
        {"type": "image_generation.completed", "b64_json": "aGVsbG8=", "usage": _IMAGE_USAGE},
    ),
    tokens=(11, 7),
    seen=1,
)
_SPOKEN = {"type": "tokens", "input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
TRANSCRIPTIONS = Endpoint(
    "transcriptions",
    "audio.transcriptions.create",
    {"model": "gpt-4o-transcribe", "file": ("hello.wav", b"RIFF0000WAVE")},
    "generate_content",
    {"text": "Hello, world", "usage": _SPOKEN},
    (
        {"type": "transcript.text.delta", "delta": "Hello"},
        {"type": "transcript.text.delta", "delta": ", "},
        {"type": "transcript.text.done", "text": "Hello, world", "usage": _SPOKEN},
    ),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
)
TRANSLATIONS = Endpoint(
    "translations",
    "audio.translations.create",
    {"model": "whisper-1", "file": ("hello.wav", b"RIFF0000WAVE")},
    "generate_content",
    {"text": "Hello, world"},
    text="Hello, world",
)
EMBEDDINGS = Endpoint(
    "embeddings",
    "embeddings.create",
    {"model": "text-embedding-3-small", "input": ["one", "two"], "encoding_format": "float"},
    "embeddings",
    {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": n, "embedding": [0.1, 0.2, 0.3]} for n in (0, 1)],
        "usage": {"prompt_tokens": 11, "total_tokens": 11},
    },
    tokens=(11, None),
)
MODERATIONS = Endpoint(
    "moderations",
    "moderations.create",
    {"model": "omni-moderation-latest", "input": "Is this fine?"},
    "moderation",
    {
        "id": "modr-1",
        "model": "omni-moderation-latest",
        "results": [{"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}],
    },
)
ALL = (CHAT, RESPONSES, COMPLETIONS, IMAGES, TRANSCRIPTIONS, TRANSLATIONS, EMBEDDINGS, MODERATIONS)
