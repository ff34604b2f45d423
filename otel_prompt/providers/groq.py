"""Groq's SDK, which speaks OpenAI's chat, embeddings and audio."""

from __future__ import annotations

from typing import Any

from . import _stainless
from ._hosts import local_name, name_of
from ._openai_chat import CHAT
from ._openai_media import EMBEDDINGS, SPEECH, TRANSCRIPTS


def provider_name(_: Any, host: str, port: int | None) -> str:
    """The name of who answers; a host that is not known is a gateway to it."""
    return name_of(host) or local_name(host, port) or "groq"


PROVIDER = _stainless.provider(
    "groq",
    oldest="1",
    naming=provider_name,
    endpoints={
        "POST /chat/completions": CHAT,
        "POST /embeddings": EMBEDDINGS,
        "POST /audio/speech": SPEECH,
        "POST /audio/transcriptions": TRANSCRIPTS,
        "POST /audio/translations": TRANSCRIPTS,
    },
)
