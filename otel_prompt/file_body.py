"""A body that is a file, heard as the caller reads it.

botocore hands the caller a file whose bytes are still on the wire, synchronous or not. What is read of it, whole or in
pieces, is copied as it passes, up to a budget, and read as JSON when the file has ended or is closed.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from .at_exit import end_at_exit
from .body import BUDGET
from .encoding import decode
from .errors import shielded
from .recorder import Recorder
from .tap import tap


def hear_file(file: Any, recorder: Recorder) -> None:
    """Let ``recorder`` know the JSON in a file, and end when that has been read or closed."""
    heard = _Heard(recorder)
    # ``with file as raw`` gives the caller what is inside.
    for each in (file, getattr(file, "_raw_stream", None) or getattr(file, "__wrapped__", None)):
        if hasattr(each, "__dict__"):
            for name in ("read", "readinto", "readlines", "close", "aclose"):
                if (method := getattr(each, name, None)) is not None:
                    tap(each, name, heard.closing(method) if name.endswith("close") else heard.reading(method))
    end_at_exit(heard, recorder.telemetry)


class _Heard:
    """The bytes that passed. Its life ends with the file's: when that is dropped unread, the span ends too."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.pieces: list[bytes] = []
        self.size = 0
        self.depth = 0

    def reading(self, method: Any) -> Any:
        """A method that reads, heard."""

        def read(*args: Any, **kwargs: Any) -> Any:
            self.depth += 1
            try:
                got = method(*args, **kwargs)
                asked = next(iter((*args, *kwargs.values())), None)
                if isawaitable(got):
                    return self._awaited(got, asked)
                self._hear(got, asked)
            except BaseException as error:
                self.finish(error)
                raise
            finally:
                self.depth -= 1
            return got

        return read

    async def _awaited(self, got: Any, asked: Any) -> Any:
        self.depth += 1
        try:
            got = await got
            self._hear(got, asked)
        except BaseException as error:
            self.finish(error)
            raise
        finally:
            self.depth -= 1
        return got

    def closing(self, method: Any) -> Any:
        """A method that closes, and the end."""

        def close(*args: Any, **kwargs: Any) -> Any:
            if self.depth == 0:  # at its last byte a file closes itself
                self.finish()
            return method(*args, **kwargs)

        return close

    def _hear(self, got: Any, asked: Any) -> None:
        """Keep what was read: bytes, lines, or the number of bytes in the buffer that was given."""
        if self.depth > 1:  # one method reads by another
            return
        with shielded:
            if isinstance(got, int):
                piece, ended = bytes(memoryview(asked)[:got]), not got
            else:
                piece = got if isinstance(got, bytes) else b"".join(got)
                ended = not isinstance(got, bytes) or asked is None or asked < 0 or (not got and asked > 0)
            if self.size < BUDGET:
                self.pieces.append(piece)
                self.size += len(piece)
            if ended:
                self.finish()

    def finish(self, error: BaseException | None = None) -> None:
        """Read what passed, and end."""
        body, self.pieces = b"".join(self.pieces), []
        with shielded:
            if body and isinstance(found := _json(body), dict):
                self.recorder.hear(found)
        self.recorder.end(error=error)

    def cut_short(self) -> None:
        """End, if it has not ended, for the process ends."""
        self.recorder.cut_short()

    def __del__(self) -> None:
        self.finish()


def _json(body: bytes) -> Any:
    try:
        return decode(body)
    except ValueError:
        return None
