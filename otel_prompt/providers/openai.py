"""OpenAI's SDK: its own service, Azure's, and the many that speak its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Json
from . import _stainless
from ._base import Endpoint
from ._hosts import local_name, name_of
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS
from ._openai_media import EMBEDDINGS, IMAGES, MODERATIONS, SPEECH, TRANSCRIPTS
from ._openai_responses import RESPONSES, RETRIEVE


def provider_name(client: Any, host: str, port: int | None) -> str:
    """The conventions' name of who answers at an address; a custom domain of an Azure client is still Azure."""
    if (known := name_of(host)) is not None:
        return known
    if any(base.__name__ == "BaseAzureClient" for base in type(client).__mro__):
        return "azure.ai.openai"
    return local_name(host, port) or "openai_compatible"


def ask_for_usage(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Add ``stream_options.include_usage`` to a streamed request that does not say; only on ``stream_usage``."""
    options = kwargs["options"] if "options" in kwargs else args[1]
    body = options.json_data
    if kwargs.get("stream") and isinstance(body, dict) and not body.get("stream_options"):
        options.json_data = {**body, "stream_options": {"include_usage": True}}


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer calls itself so."""
    match body.get("object"):
        case "chat.completion":
            return CHAT
        case "response":
            return RESPONSES
        case "text_completion":
            return COMPLETIONS
        case _:
            return None


PROVIDER = _stainless.provider(
    "openai",
    oldest="2",
    naming=provider_name,
    methods=("OpenAI.request", "AsyncOpenAI.request"),
    attempts=("OpenAI._prepare_request", "AsyncOpenAI._prepare_request"),
    ask_for_usage=ask_for_usage,
    answer=answer,
    endpoints={
        "POST /chat/completions": CHAT,
        "POST /responses": RESPONSES,
        "GET /responses/{}": RETRIEVE,
        "POST /completions": COMPLETIONS,
        "POST /embeddings": EMBEDDINGS,
        "POST /images/generations": IMAGES,
        "POST /images/edits": IMAGES,
        "POST /images/variations": IMAGES,
        "POST /audio/speech": SPEECH,
        "POST /audio/transcriptions": TRANSCRIPTS,
        "POST /audio/translations": TRANSCRIPTS,
        "POST /moderations": MODERATIONS,
    },
)
