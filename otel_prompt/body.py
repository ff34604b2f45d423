"""A raw HTTP response's body, heard as the caller reads it.

``with_raw_response`` and ``with_streaming_response`` hand the caller the response itself. What it yields is copied as
it passes, up to a budget, and read as JSON or as server-sent events when the response is closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from .at_exit import end_at_exit
from .encoding import decode
from .errors import shielded
from .recorder import Recorder
from .tap import tap

BUDGET: Final = 8_000_000
"""The most bytes of a body that are kept; of a longer one, the events within it are read."""
_LINES: Final = ("application/stream+json", "application/x-ndjson", "application/jsonl")
"""The types of a body in which each line is a chunk's JSON."""


def hear(response: Any, recorder: Recorder, *, stream: bool) -> None:
    """Let ``recorder`` know the body of an ``httpx`` response, and end when the response is read or closed."""
    heard = _Heard(response, recorder, stream)
    if response.status_code >= 400:  # some SDKs raise later, where they read the body
        recorder.inv.http_status = response.status_code
    if response.is_closed:
        heard.finish([response.content])
        return
    for name in ("iter_bytes", "aiter_bytes", "iter_raw", "aiter_raw", "close", "aclose"):
        if hasattr(response, name):
            tap(response, name, heard.wrap(name, getattr(response, name)))
    end_at_exit(heard, recorder.telemetry)


class _Heard:
    """The bytes that passed. Its life ends with the response's: when that is dropped unread, the span ends too."""

    def __init__(self, response: Any, recorder: Recorder, stream: bool) -> None:
        self.recorder = recorder
        self.stream = stream
        kind = response.headers.get("content-type", "")
        self.chunks = _events if "event-stream" in kind else _lines if kind.startswith(_LINES) else None
        self.text = kind.startswith("text/")
        self.encoded = bool(response.headers.get("content-encoding"))
        self.pieces: list[bytes] = []
        self.size = 0
        self.depth = 0
        self.waiting = False

    def wrap(self, name: str, method: Any) -> Any:
        if name in ("close", "aclose"):
            return self._close(method) if name == "close" else self._aclose(method)
        decoded = not name.endswith("raw")
        return self._iterate(method, decoded) if not name.startswith("a") else self._aiterate(method, decoded)

    def _iterate(self, method: Any, decoded: bool) -> Any:
        def iterate(*args: Any, **kwargs: Any) -> Iterator[bytes]:
            inner = self._enter()
            try:
                for piece in method(*args, **kwargs):
                    self._hear(piece, decoded, inner)
                    self.waiting = not inner
                    yield piece
                    self.waiting = False
            except GeneratorExit:
                self._ended(inner)
                raise
            except BaseException as error:
                self.finish(self.pieces, error)
                raise
            finally:
                self.depth -= 1
            self._ended(inner)

        return iterate

    def _aiterate(self, method: Any, decoded: bool) -> Any:
        async def iterate(*args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
            inner = self._enter()
            try:
                async for piece in method(*args, **kwargs):
                    self._hear(piece, decoded, inner)
                    self.waiting = not inner
                    yield piece
                    self.waiting = False
            except GeneratorExit:
                self._ended(inner)
                raise
            except BaseException as error:
                self.finish(self.pieces, error)
                raise
            finally:
                self.depth -= 1
            self._ended(inner)

        return iterate

    def _close(self, method: Any) -> Any:
        def close() -> Any:
            self._closed()
            return method()

        return close

    def _aclose(self, method: Any) -> Any:
        async def aclose() -> Any:
            self._closed()
            return await method()

        return aclose

    def _enter(self) -> bool:
        """Whether this iteration is inside another one: ``iter_bytes`` is made of ``iter_raw``."""
        self.depth += 1
        return self.depth > 1

    def _hear(self, piece: bytes, decoded: bool, inner: bool) -> None:
        if inner or (self.encoded and not decoded):
            return
        if self.stream:
            self.recorder.beat()
        if self.size < BUDGET:
            self.pieces.append(piece)
            self.size += len(piece)

    def _ended(self, inner: bool) -> None:
        if not inner:
            self.finish(self.pieces)

    def _closed(self) -> None:
        # httpx closes a response by itself at its last byte, which is then still on its way through the decoders.
        if self.depth == 0 or self.waiting:
            self.finish(self.pieces)

    def finish(self, pieces: list[bytes], error: BaseException | None = None) -> None:
        """Read what passed, and end."""
        body, self.pieces = b"".join(pieces), []
        with shielded:
            if self.chunks is None:
                self.recorder.end(body.decode("utf-8", "replace") if self.text else _json(body), error)
            else:
                self.recorder.chunks = 0  # of the pieces in which they came there may be more, or fewer
                for chunk in self.chunks(body):
                    self.recorder.chunks += 1
                    self.recorder.hear(chunk)
        self.recorder.end(error=error)

    def cut_short(self) -> None:
        """End, if it has not ended, for the process ends."""
        pieces, self.pieces = self.pieces, []
        with shielded:
            if self.chunks is not None:
                for chunk in self.chunks(b"".join(pieces)):
                    self.recorder.hear(chunk)
        self.recorder.cut_short()

    def __del__(self) -> None:
        self.finish(self.pieces)


def _json(body: bytes) -> Any:
    try:
        return decode(body)
    except ValueError:
        return None


def _events(body: bytes) -> Iterator[Any]:
    """The JSON of the server-sent events in a body; the last one may be cut off."""
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:"))
        if data and data != b"[DONE]" and (event := _json(data)) is not None:
            yield event


def _lines(body: bytes) -> Iterator[Any]:
    """The JSON of each line in a body; the last one may be cut off."""
    for line in body.splitlines():
        if line and (chunk := _json(line)) is not None:
            yield chunk
