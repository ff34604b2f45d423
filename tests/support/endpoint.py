"""What an endpoint of a client is to the tests that are the same for all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import openai_double as double
import pytest
from installed import is_here

FAULT = {"message": "overloaded", "type": "server_error", "code": "overloaded"}
_FAULT = {"type": "error", "error": FAULT}


@dataclass(frozen=True)
class Endpoint:
    """One kind of call."""

    name: str
    method: str
    arguments: dict[str, Any]
    operation: str
    answer: Any = None
    events: tuple[dict[str, Any], ...] = ()
    text: str | None = None
    partial: str | None = None
    """What has come after the first ``seen`` chunks."""
    seen: int = 2
    tokens: tuple[int, int | None] | None = None
    partial_tokens: tuple[int | None, int | None] = (None, None)
    """Those that a stream has told of by then."""
    stream_arguments: dict[str, Any] = field(default_factory=dict)
    sdk: str = "openai"
    done: tuple[str, ...] = ()
    """What a stream ends with that is no chunk."""
    fault: dict[str, Any] = field(default_factory=lambda: _FAULT)
    """The event with which a stream says that it failed."""
    headers: dict[str, str] | None = None
    """The headers of a stream that is none of server-sent events: each event is then a line."""
    client: str = ""
    """The provider's name, if it is not the SDK's."""
    double: str = ""
    """The module that gives an SDK of another make the names that the tests know."""
    raw: bool = True
    """Whether the SDK gives its HTTP responses as they are."""
    strict: bool = True
    """Whether the SDK raises an error of an event that it does not know."""
    watched: bool = True
    """Whether the caller's stream is watched, and not the bytes or the stream that the SDK makes it of."""
    waits: tuple[str, ...] = ()
    """The SDK's functions, beside the usual one, that say how long to wait before another attempt."""
    retries: bool = True
    """Whether the SDK makes further attempts by itself."""
    identified: bool = True
    """Whether the answers have an id."""
    remade: bool = False
    """Whether the SDK makes chunks of its own of the events: some more, or one fewer."""

    @property
    def installed(self) -> bool:
        """Whether the SDK is here."""
        return is_here(self.sdk)

    @property
    def module(self) -> Any:
        """The SDK."""
        return import_module(self.double or self.sdk)

    def without_pause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the SDK try again at once."""
        if not self.retries:
            pytest.skip("this SDK makes one attempt")
        usual = getattr(self.module, "PAUSE", f"{self.sdk}._base_client.BaseClient._calculate_retry_timeout")
        for place in self.waits or (usual,):
            monkeypatch.setattr(place, lambda *_, **__: 0)

    def bound(self, client: Any, wrapper: str | None = None) -> Any:
        """The SDK's method, or that of ``with_raw_response`` or ``with_streaming_response``."""
        if wrapper and not self.raw:
            pytest.skip("this SDK has no raw responses")
        *path, name = self.method.split(".")
        for step in path:
            client = getattr(client, step)
        return getattr(getattr(client, wrapper) if wrapper else client, name)

    def call(self, client: Any, wrapper: str | None = None, **more: Any) -> Any:
        """Make the call."""
        return self.bound(client, wrapper)(**self.arguments, **more)

    def stream(self, client: Any, wrapper: str | None = None, **more: Any) -> Any:
        """Make the call, streamed."""
        return self.bound(client, wrapper)(**self.arguments, **self.stream_arguments, stream=True, **more)

    def framed(self, *events: Any) -> Any:
        """An answer that arrives as these events."""
        if self.headers is None:
            return double.stream(*events)
        lines = [json.dumps(event).encode() + b"\n" if isinstance(event, dict) else event for event in events]
        return double.stream(*lines, headers=self.headers)

    def asking(self, text: str) -> dict[str, Any]:
        """The arguments that ask this."""
        return {**self.arguments, "messages": [{"role": "user", "content": text}]}

    def asked(self, body: dict[str, Any]) -> str:
        """What a request asks."""
        return body["messages"][0]["content"]

    def named(self, text: str) -> dict[str, Any]:
        """An answer whose id is this."""
        return {**self.answer, "id": text}

    def status_of(self, error: Any) -> int:
        """The HTTP status that an exception of the SDK's tells of."""
        return error.status_code if hasattr(error, "status_code") else error.response.status_code

    def block(self, stream: Any) -> Any:
        """A block that closes the stream."""
        return stream


def answered(endpoint: Endpoint) -> Any:
    """A whole answer of an endpoint."""
    return double.reply(endpoint.answer)


def streamed(endpoint: Endpoint, *more: Any) -> Any:
    """A streamed answer: the endpoint's events or, given ``more``, the first ``seen`` of them and then those."""
    if more:
        return endpoint.framed(*endpoint.events[: endpoint.seen], *more)
    return endpoint.framed(*endpoint.events, *endpoint.done)
