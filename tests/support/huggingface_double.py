"""Hugging Face's ``InferenceClient`` under the names that the tests know of the others."""

from __future__ import annotations

from types import AsyncGeneratorType, GeneratorType
from typing import Any

import huggingface_hub
import huggingface_hub.inference._client
import huggingface_hub.inference._generated._async_client
from huggingface_hub import AsyncInferenceClient as AsyncClient
from huggingface_hub import InferenceClient as Client
from huggingface_hub.errors import HfHubHTTPError, TextGenerationError
from huggingface_hub.utils import _http as _base_client

_library: Any = vars(_base_client).get("httpx2") or _base_client.httpx
APIStatusError, APIError = HfHubHTTPError, TextGenerationError
APIConnectionError = _library.ConnectError
Stream, AsyncStream = GeneratorType, AsyncGeneratorType


def client_of(service: Any, *, asynchronous: bool = False) -> Any:
    """A client of a service."""
    transport = _library.MockTransport(service._reply_async if asynchronous else service._reply)
    if asynchronous:
        huggingface_hub.set_async_client_factory(lambda: _library.AsyncClient(transport=transport))
        return AsyncClient("http://localhost:8080", token="hf_k")
    huggingface_hub.set_client_factory(lambda: _library.Client(transport=transport))
    return Client("http://localhost:8080", token="hf_k")
