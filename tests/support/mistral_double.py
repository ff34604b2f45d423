"""Mistral's SDK, of either layout, by the names that the tests know from the SDKs that Stainless makes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

try:  # since 2.0
    from mistralai.client import Mistral, basesdk, errors
    from mistralai.client.utils import BackoffStrategy, RetryConfig, eventstreaming
except ImportError:
    from mistralai import Mistral, basesdk
    from mistralai import models as errors
    from mistralai.utils import BackoffStrategy, RetryConfig, eventstreaming

http = basesdk.httpx
_base_client = SimpleNamespace(httpx=http)
APIStatusError = InternalServerError = BadRequestError = errors.SDKError
APIError = Exception  # what an event says that is no chunk, the SDK takes for one that it cannot read
APIConnectionError = http.ConnectError
Stream, AsyncStream = eventstreaming.EventStream, eventstreaming.EventStreamAsync
PAUSE = "random.uniform"


class _Resource:
    """A resource whose methods are one: ``create(stream=...)``."""

    def __init__(self, sdk: Any, resource: Any, suffix: str, *names: str) -> None:
        self._sdk, self._resource, self._suffix, self._names = sdk, resource, suffix, names

    def create(self, *, stream: bool = False, **asked: Any) -> Any:
        """Make a call."""
        made = getattr(self._resource, self._names[stream] + self._suffix)(**asked)
        return self._held(made) if self._suffix else made

    async def _held(self, made: Any) -> Any:
        """The call of a client that is kept: before 3.0 one that is freed takes away what the call needs."""
        return await made


class Client:
    """The SDK's one client, for synchronous calls."""

    suffix = ""
    where = "client"

    def __init__(self, *, http_client: Any, max_retries: int = 0, **options: Any) -> None:
        # It retries for a time, and not a number of times: within 50 ms there is one attempt, the next is after 100.
        seconds = BackoffStrategy(100, 100, 1, 50 if max_retries == 1 else 60_000)
        retries = RetryConfig("backoff", seconds, retry_connection_errors=False)
        if max_retries:
            options["retry_config"] = retries
        self.sdk = Mistral(**{self.where: http_client}, **options)
        self.chat = _Resource(self.sdk, self.sdk.chat, self.suffix, "complete", "stream")
        self.agents = _Resource(self.sdk, self.sdk.agents, self.suffix, "complete", "stream")
        self.fim = _Resource(self.sdk, self.sdk.fim, self.suffix, "complete", "stream")
        self.embeddings = _Resource(self.sdk, self.sdk.embeddings, self.suffix, "create")
        self.conversations = _Resource(self.sdk, self.sdk.beta.conversations, self.suffix, "start", "start_stream")

    def with_options(self, **_: Any) -> Client:
        """It has no such method."""
        return self


class AsyncClient(Client):
    """The same, for asynchronous calls."""

    suffix = "_async"
    where = "async_client"
