"""Together's SDK, which speaks OpenAI's chat, completions, embeddings, images and audio."""

from __future__ import annotations

from typing import Any

from . import _stainless
from ._hosts import local_name, name_of
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS
from ._openai_media import EMBEDDINGS, IMAGES, SPEECH, TRANSCRIPTS


def provider_name(_: Any, host: str, port: int | None) -> str:
    """The name of who answers; a host that is not known is a gateway to it."""
    return name_of(host) or local_name(host, port) or "together"


PROVIDER = _stainless.provider(
    "together",
    oldest="2",
    naming=provider_name,
    endpoints={
        "POST /chat/completions": CHAT,
        "POST /completions": COMPLETIONS,
        "POST /embeddings": EMBEDDINGS,
        "POST /images/generations": IMAGES,
        "POST /audio/speech": SPEECH,
        "POST /audio/transcriptions": TRANSCRIPTS,
        "POST /audio/translations": TRANSCRIPTS,
    },
)
