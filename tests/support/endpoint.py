"""What an endpoint of a client is to the tests that are the same for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import openai_double as double

FAULT = {"message": "overloaded", "type": "server_error", "code": "overloaded"}


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
    fault: dict[str, Any] = field(default_factory=lambda: {"type": "error", "error": FAULT})
    """The event of a stream with which the service says that it failed."""

    raw: bool = True
    """Whether the SDK is of the generator whose clients have raw responses, retries, and streams that are blocks."""
    refused: str = "APIStatusError"
    failed: str = "APIError"
    """The SDK's exceptions for a status that is an error, and for such an event of a stream."""
    lines: bool = False
    """Whether a stream is of lines, each JSON, in place of events."""

    @property
    def module(self) -> Any:
        """The SDK."""
        return import_module(self.sdk)

    def bound(self, client: Any, wrapper: str | None = None) -> Any:
        """The SDK's method, or that of ``with_raw_response`` or ``with_streaming_response``."""
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


def answered(endpoint: Endpoint) -> Any:
    """A whole answer of an endpoint."""
    return double.reply(endpoint.answer)


def streamed(endpoint: Endpoint, *more: Any) -> Any:
    """A streamed answer: the endpoint's events or, given ``more``, the first ``seen`` of them and then those."""
    stream = double.lines if endpoint.lines else double.stream
    if more:
        return stream(*endpoint.events[: endpoint.seen], *more)
    return stream(*endpoint.events, *endpoint.done)
