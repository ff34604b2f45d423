"""Google's SDK under the names that the tests know of the others: its clients, its exceptions, its streams."""

from __future__ import annotations

from types import GeneratorType, SimpleNamespace
from typing import Any

import google.genai
import google.genai._api_client
import httpx

_base_client = SimpleNamespace(httpx=httpx)
PAUSE = "tenacity.wait_exponential_jitter.__call__"

APIError = APIStatusError = google.genai.errors.APIError
BadRequestError = google.genai.errors.ClientError
InternalServerError = google.genai.errors.ServerError
APIConnectionError = httpx.ConnectError
Stream = GeneratorType


async def _chunks() -> Any:
    yield


AsyncStream = type(_chunks())


# Whether an error in a stream is raised: the oldest versions give it as an empty chunk.
RAISES = "raise_error" in google.genai._api_client.BaseApiClient.request_streamed.__code__.co_names
_clients: list[Any] = []
"""All that were made: one that is dropped closes its connections, and a stream of its has yet to ask."""


def _client(http_client: Any, api_key: str, max_retries: int, **options: Any) -> Any:
    asynchronous = isinstance(http_client, httpx.AsyncClient)
    given: dict[str, Any] = {
        "async_client_args" if asynchronous else "client_args": {"transport": http_client._transport}
    }
    if max_retries:
        given["retry_options"] = {"attempts": max_retries + 1, "initial_delay": 0, "jitter": 0, "max_delay": 0}
    _clients.append(google.genai.Client(api_key=api_key, http_options={**given, **options}))
    return _clients[-1]


class Client:
    """A client, made as those of the other SDKs are."""

    def __new__(cls, **options: Any) -> Any:
        """The SDK's own."""
        return _client(**options)


class AsyncClient:
    """Its asynchronous half."""

    def __new__(cls, **options: Any) -> Any:
        """The SDK's own."""
        return _client(**options).aio
