"""A double of an AWS service behind botocore's and aiobotocore's real clients: no socket, any answer, any fault.

Without aiobotocore, what is asynchronous is skipped.
"""

from __future__ import annotations

import base64
import json
from binascii import crc32
from functools import cache
from struct import pack
from types import SimpleNamespace
from typing import Any

import botocore.client
import botocore.eventstream
import botocore.exceptions
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from openai_double import JSON, Body, http

try:
    import aiobotocore.session
    from aiobotocore.awsrequest import AioAWSResponse
    from aiobotocore.client import AioBaseClient
    from aiobotocore.eventstream import AioEventStream
except ImportError:
    AioBaseClient, AioEventStream, AioAWSResponse = botocore.client.BaseClient, botocore.eventstream.EventStream, None
EVENT_STREAM = {"content-type": "application/vnd.amazon.eventstream"}
ASYNCHRONOUS = AioAWSResponse is not None
"""Whether aiobotocore is here."""


# What is sent.


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message of AWS's binary framing."""
    head = b"".join(
        pack("!B", len(name)) + name.encode() + b"\x07" + pack("!H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + pack("!I", crc32(prelude)) + head + payload
    return message + pack("!I", crc32(message))


def event(value: Any) -> Any:
    """The frame of an event ``{name: fields}``, or of an error that ends a stream; all else as it is."""
    if not isinstance(value, dict):
        return value
    kind = {":content-type": "application/json"}
    if value.get("type") == "error":
        kind |= {":message-type": "exception", ":exception-type": "modelStreamErrorException"}
        return frame(kind, json.dumps({"message": value["error"]["message"]}).encode())
    [(name, inner)] = value.items()
    return frame({**kind, ":message-type": "event", ":event-type": name}, json.dumps(inner).encode())


def chunk(value: dict[str, Any]) -> dict[str, Any]:
    """The event with which InvokeModelWithResponseStream brings a model's own."""
    return {"chunk": {"bytes": base64.b64encode(json.dumps(value).encode()).decode()}}


def events(*values: Any, headers: dict[str, str] | None = None) -> Any:
    """An answer that arrives as an event stream."""
    return lambda _: Answer(200, headers=headers or EVENT_STREAM, stream=Body(map(event, values)))


class Answer:
    """A response, before it is one of a client's."""

    def __init__(self, status: int, headers: dict[str, str], stream: Body) -> None:
        self.status, self.headers, self.stream = status, headers, stream


class _Raw:
    """What urllib3 gives."""

    def __init__(self, body: Body) -> None:
        self.body, self.pieces, self.left = body, iter(body), b""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield from self.pieces

    def read(self, amt: int | None = None) -> bytes:
        while amt is None or len(self.left) < amt:
            try:
                self.left += next(self.pieces)
            except StopIteration:
                break
        got, self.left = (self.left, b"") if amt is None else (self.left[:amt], self.left[amt:])
        return got

    def readinto(self, buffer: Any) -> int:
        got = self.read(len(buffer))
        buffer[: len(got)] = got
        return len(got)

    def readlines(self) -> list[bytes]:
        return self.read().splitlines(keepends=True)

    def close(self) -> None:
        self.body.close()


class _AioRaw:
    """What aiohttp gives; its ``content`` is itself."""

    url = "https://bedrock"

    def __init__(self, body: Body) -> None:
        self.body, self.pieces, self.left = body, body.__aiter__(), b""

    @property
    def content(self) -> Any:
        return self

    async def iter_chunks(self) -> Any:
        async for piece in self.pieces:
            yield piece, True

    async def read(self, amt: int = -1) -> bytes:
        while amt < 0 or len(self.left) < amt:
            try:
                self.left += await self.pieces.__anext__()
            except StopAsyncIteration:
                break
        got, self.left = (self.left, b"") if amt < 0 else (self.left[:amt], self.left[amt:])
        return got

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self.body.close()


# What asks.


@cache
def session(*, asynchronous: bool = False) -> Any:
    """A session of one of the two libraries."""
    if not asynchronous:
        return botocore.session.get_session()
    if not ASYNCHRONOUS:
        pytest.skip("aiobotocore is not installed")
    return aiobotocore.session.get_session()


def client(service: Any, *, asynchronous: bool = False, name: str = "bedrock-runtime", **options: Any) -> Any:
    """A client of a service's; ``max_retries`` and ``region_name`` are the options that it knows."""
    tries = {"total_max_attempts": options.get("max_retries", 0) + 1, "mode": "standard"}
    known = {
        "region_name": options.get("region_name", "us-east-1"),
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "secret",
        "config": Config(retries=tries),
    }
    of = session(asynchronous=asynchronous)
    made = _done(of._create_client(name, **known)) if asynchronous else of.create_client(name, **known)
    handler = _answers_async if asynchronous else _answers
    made.meta.events.register(f"before-send.{name}", handler(service))
    return made


def _done(coroutine: Any) -> Any:
    """What a coroutine gives that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


class Asked(SimpleNamespace):
    """A request, as the answers of ``openai_double`` take it."""

    library = SimpleNamespace(Response=Answer)


def _asked(request: Any) -> Asked:
    body = request.body
    content = body.read() if hasattr(body, "read") else bytes(body)
    return Asked(url=request.url, headers=request.headers, content=content)


def _no_route(request: Any) -> Any:
    return botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)


def _answers(service: Any) -> Any:
    def answer(request: Any, **_: Any) -> Any:
        try:
            found = service._reply(_asked(request))
        except http.ConnectError as error:
            raise _no_route(request) from error
        return AWSResponse(request.url, found.status, found.headers, _Raw(found.stream))

    return answer


def _answers_async(service: Any) -> Any:
    async def answer(request: Any, **_: Any) -> Any:
        try:
            found = await service._reply_async(_asked(request))
        except http.ConnectError as error:
            raise _no_route(request) from error
        return AioAWSResponse(request.url, found.status, found.headers, _AioRaw(found.stream))

    return answer


SDK = SimpleNamespace(
    client_of=client,
    BaseClient=botocore.client.BaseClient,
    APIStatusError=botocore.exceptions.ClientError,
    APIConnectionError=botocore.exceptions.EndpointConnectionError,
    APIError=botocore.exceptions.EventStreamError,
    InternalServerError=botocore.exceptions.ClientError,
    Stream=botocore.eventstream.EventStream,
    AsyncStream=AioEventStream,
    Client=botocore.client.BaseClient,
    AsyncClient=AioBaseClient,
)
"""botocore and aiobotocore, under the names that the tests of all clients use."""
__all__ = ["JSON", "SDK", "chunk", "client", "event", "events", "frame"]
