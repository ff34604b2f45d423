"""Cohere's SDK, by the names that the tests know from the SDKs that Stainless makes."""

from __future__ import annotations

import inspect
from types import AsyncGeneratorType, GeneratorType, SimpleNamespace
from typing import Any

import cohere
import httpx
from cohere.core.api_error import ApiError
from cohere.core.http_client import HttpClient
from cohere.errors import BadRequestError

_base_client = SimpleNamespace(httpx=httpx)
APIStatusError = InternalServerError = ApiError
APIError = Exception
APIConnectionError = httpx.ConnectError
Stream, AsyncStream = GeneratorType, AsyncGeneratorType
_COUNTED = inspect.signature(HttpClient.request).parameters["retries"].default
"""The attempts that some versions count and have not made."""
PAUSE = "cohere.core.http_client._retry_timeout"
__all__ = ["APIError", "BadRequestError"]


class _Resource:
    """A version of the API whose methods are one: ``create(stream=...)``."""

    def __init__(self, client: Any, retries: int, *names: str) -> None:
        self._client, self._retries, self._names = client, retries + _COUNTED, names

    def create(self, *, stream: bool = False, **asked: Any) -> Any:
        """Make a call."""
        call = getattr(self._client, self._names[stream])
        return call(**asked, request_options={"max_retries": self._retries})


class Client:
    """The clients of both versions."""

    kinds = cohere.Client, cohere.ClientV2

    def __init__(self, *, http_client: Any, api_key: str, max_retries: int = 0) -> None:
        self.first, self.sdk = (kind(api_key, httpx_client=http_client) for kind in self.kinds)
        self.chat = _Resource(self.sdk, max_retries, "chat", "chat_stream")
        self.first_chat = _Resource(self.first, max_retries, "chat", "chat_stream")
        self.generate = _Resource(self.first, max_retries, "generate", "generate_stream")
        self.embed = _Resource(self.sdk, max_retries, "embed")
        self.rerank = _Resource(self.sdk, max_retries, "rerank")
        self.first_rerank = _Resource(self.first, max_retries, "rerank")

    def with_options(self, **_: Any) -> Client:
        """It has no such method."""
        return self


class AsyncClient(Client):
    """The same, for asynchronous calls."""

    kinds = cohere.AsyncClient, cohere.AsyncClientV2
