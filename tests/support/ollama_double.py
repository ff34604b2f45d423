"""Ollama's client under the names that the tests know of the others: its exceptions, its streams."""

from __future__ import annotations

from types import AsyncGeneratorType, GeneratorType, SimpleNamespace
from typing import Any

import httpx
from ollama import AsyncClient, Client, ResponseError

_base_client = SimpleNamespace(httpx=httpx)
APIError = APIStatusError = ResponseError
APIConnectionError = Exception
"""Python's own ``ConnectionError``, or HTTPX's of the oldest versions."""
Stream, AsyncStream = GeneratorType, AsyncGeneratorType


def client_of(service: Any, *, asynchronous: bool = False) -> Any:
    """A client of a service."""
    reply = service._reply_async if asynchronous else service._reply
    kind = AsyncClient if asynchronous else Client
    return kind(host="http://localhost:11434", transport=httpx.MockTransport(reply))
