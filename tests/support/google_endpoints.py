"""The endpoints of the ``google-genai`` client, each with an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from endpoint import Endpoint

USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 5, "thoughtsTokenCount": 2, "totalTokenCount": 18}


def content(*parts: Any, finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """An answer, or a chunk of one; a text is a part."""
    said = [{"text": part} if isinstance(part, str) else part for part in parts]
    candidate = {"content": {"role": "model", "parts": said}, "index": 0}
    candidates = [{**candidate, "finishReason": finish} if finish else candidate]
    return {"candidates": candidates, "modelVersion": "gemini-2.5-flash", "responseId": "r_1", **more}


@dataclass(frozen=True)
class GoogleEndpoint(Endpoint):
    """One kind of call, whose stream has a method of its own."""

    sdk: str = "google.genai"
    client: str = "google-genai"
    double: str = "google_double"
    raw: bool = False
    watched: bool = False

    def stream(self, client: Any, wrapper: str | None = None, **more: Any) -> Any:
        """Make the call, streamed."""
        method = replace(self, method=f"{self.method}_stream")
        return method.bound(client, wrapper)(**self.arguments, **self.stream_arguments, **more)

    def without_pause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the SDK try again at once; its oldest versions make one attempt."""
        pytest.importorskip("tenacity")
        super().without_pause(monkeypatch)

    def asking(self, text: str) -> dict[str, Any]:
        """The arguments that ask this."""
        return {**self.arguments, "contents": text}

    def asked(self, body: dict[str, Any]) -> str:
        """What a request asks."""
        return body["contents"][0]["parts"][0]["text"]

    def named(self, text: str) -> dict[str, Any]:
        """An answer whose id is this."""
        return {**self.answer, "responseId": text}

    def status_of(self, error: Any) -> int:
        """The HTTP status that an exception of the SDK's tells of."""
        return error.code


CONTENT = GoogleEndpoint(
    "google content",
    "models.generate_content",
    {"model": "gemini-2.5-flash", "contents": "Say hello"},
    "generate_content",
    content("Hello, world", usageMetadata=USAGE),
    (
        content("Hello", finish=None),
        content(", ", finish=None),
        content("world", finish=None),
        content(usageMetadata=USAGE),
    ),
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    fault={"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
)
EMBEDDINGS = GoogleEndpoint(
    "google embeddings",
    "models.embed_content",
    {"model": "gemini-embedding-001", "contents": ["one", "two"]},
    "embeddings",
    {"embeddings": [{"values": [0.1, 0.2, 0.3]}] * 2, "usageMetadata": {"promptTokenCount": 11}},
    tokens=(11, None),
)
ALL = (CONTENT, EMBEDDINGS)
