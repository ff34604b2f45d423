"""A double of a model's service, behind the SDKs' real clients: no socket, any answer, any fault."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import openai


def http_of(sdk: Any) -> Any:
    """The HTTP library of an SDK."""
    return vars(sdk._base_client).get("httpx2") or sdk._base_client.httpx


http: Any = http_of(openai)
_INSTALLED = [importlib.import_module(name) for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]
_STREAMS: list[Any] = [kind for each in _INSTALLED for kind in (each.SyncByteStream, each.AsyncByteStream)]

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}


class Body(*_STREAMS):
    """A body that arrives piece by piece. An exception among the pieces is raised; a callable is called."""

    def __init__(self, pieces: Iterable[bytes | BaseException | Callable[[], None]]) -> None:
        self.pieces = list(pieces)
        self.sent = 0
        self.closed = False

    def _next(self, piece: Any) -> bytes:
        if isinstance(piece, BaseException):
            raise piece
        self.sent += 1
        return piece() or b"" if callable(piece) else piece

    def __iter__(self):
        for piece in self.pieces:
            yield self._next(piece)

    async def __aiter__(self):
        for piece in self.pieces:
            if hasattr(piece, "wait"):
                await piece.wait()
                continue
            yield self._next(piece)

    def close(self) -> None:
        """Note that the reader is done."""
        self.closed = True

    async def aclose(self) -> None:
        """Note that the reader is done."""
        self.closed = True


def _library(request: Any) -> Any:
    """The HTTP library that a request is of."""
    return sys.modules[type(request).__module__.partition(".")[0]]


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    """A whole answer: JSON of a value; text and bytes as they are."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return lambda asked: _library(asked).Response(status, headers=headers or JSON, stream=Body([content]))


def sse(*events: Any) -> list[Any]:
    """Server-sent events: a value as one event's JSON; texts, bytes, exceptions and callables as they are."""

    def piece(event: Any) -> Any:
        if isinstance(event, str):
            return f"data: {event}\n\n".encode()
        if isinstance(event, (dict, list)):
            name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
            return f"{name}data: {json.dumps(event)}\n\n".encode()
        return event

    return [piece(event) for event in events]


def stream(*events: Any, headers: dict[str, str] | None = None) -> Any:
    """An answer that arrives as server-sent events."""
    return lambda asked: _library(asked).Response(200, headers=headers or EVENTS, stream=Body(sse(*events)))


def lines(*events: Any) -> Any:
    """An answer that arrives as lines of JSON."""
    pieces = [json.dumps(e).encode() + b"\n" if isinstance(e, dict) else e for e in events]
    return lambda asked: _library(asked).Response(200, headers=LINES, stream=Body(pieces))


MAKERS: dict[str, Any] = {}
"""How a client of an SDK is made that is not made as most are, by the SDK's name."""


class Service:
    """Answers each request with the next of its answers; the last one is repeated."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[Any] = []

    def answer(self, *answers: Any) -> Service:
        """Set what is answered: functions of the request that give a response, or exceptions to raise."""
        self.answers = list(answers)
        return self

    @property
    def bodies(self) -> list[Any]:
        """The JSON of every request."""
        return [json.loads(request.content) for request in self.requests]

    def _reply(self, request: Any) -> Any:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def _reply_async(self, request: Any) -> Any:
        answer = self._reply(request)
        return await answer if hasattr(answer, "__await__") else answer

    def client(self, *, asynchronous: bool = False, kind: Any = None, sdk: Any = openai, **options: Any) -> Any:
        """A client of this service. ``kind`` names another class of the SDK, such as ``AzureOpenAI``."""
        if (make := MAKERS.get(sdk.__name__)) is not None:
            return make(self, asynchronous=asynchronous, **options)
        options = {"api_key": "sk-test", "max_retries": 0, **options}
        if asynchronous:
            transport = http_of(sdk).MockTransport(self._reply_async)
            return (kind or sdk.AsyncClient)(http_client=http_of(sdk).AsyncClient(transport=transport), **options)
        transport = http_of(sdk).MockTransport(self._reply)
        return (kind or sdk.Client)(http_client=http_of(sdk).Client(transport=transport), **options)
