"""Groq's SDK, which speaks OpenAI's chat, embeddings and audio."""

from __future__ import annotations

from functools import partial
from typing import Any

from . import _stainless
from ._base import Provider
from ._hosts import local_name, name_of
from ._openai_chat import CHAT
from ._openai_media import EMBEDDINGS, SPEECH, TRANSCRIPTS


def provider_name(_: Any, host: str, port: int | None) -> str:
    """The name of who answers; a host that is not known is a gateway to it."""
    return name_of(host) or local_name(host, port) or "groq"


PROVIDER = Provider(
    name="groq",
    module="groq",
    distribution="groq",
    oldest="1",
    methods=("_base_client.SyncAPIClient.request", "_base_client.AsyncAPIClient.request"),
    attempts=("_base_client.BaseClient._build_request",),
    call=_stainless.call,
    server=partial(_stainless.server, name=provider_name),
    unparsed=_stainless.unparsed,
    endpoints={
        "POST /chat/completions": CHAT,
        "POST /embeddings": EMBEDDINGS,
        "POST /audio/speech": SPEECH,
        "POST /audio/transcriptions": TRANSCRIPTS,
        "POST /audio/translations": TRANSCRIPTS,
    },
)
