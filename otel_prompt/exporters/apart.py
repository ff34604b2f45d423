"""A destination whose library works in a process of its own.

Some client libraries keep one state for a whole process: whose run is open, which project is meant, what is printed,
what happens at exit; and they take seconds and a hundred megabytes to import. An application may be using that very
library itself. So what writes there is a child process: the application imports nothing, shares nothing and sees no
output, and a library that hangs is ended without harm. The child lives as long as there is work, and never longer than
the application: it ends when its input does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any, Final, TypeVar

import msgspec

from ..encoding import encode
from ..errors import MissingExtraError
from ..span_record import SpanRecord
from .delivery import DeliveryError

_CHILD: Final = "import sys; sys.path[:] = {path!r}; from otel_prompt.exporters.apart_child import main; main({kind!r})"
_END_SECONDS: Final = 5.0

_Options = TypeVar("_Options", bound=msgspec.Struct)


class Answer(msgspec.Struct, omit_defaults=True):
    """What came of a request: nothing where all went well.

    Attributes:
        error: one sentence.
        failed: by trace id, why; None where none of the traces was taken.
        missing: the error is that a library is not installed.
    """

    error: str | None = None
    failed: dict[str, str] | None = None
    missing: bool = False


class Apart:
    """The child process of one destination, as the parent sees it. It is started when there is something to do.

    Args:
        kind: which destination, ``wandb`` or ``weave``.
        options: what the child is to know.
        environment: the child's environment.
    """

    def __init__(self, kind: str, options: msgspec.Struct, environment: Mapping[str, str]) -> None:
        self._kind, self._environment = kind, environment
        self._first = encode(options).encode() + b"\n"
        self._child: _Child | None = None
        self._lock = Lock()

    def ask(self, traces: list[list[SpanRecord]]) -> None:
        """Let the child write traces; with none, get ready.

        Raises:
            DeliveryError: the child has not written all of them.
            MissingExtraError: its library is not installed.
        """
        request = msgspec.json.encode(traces) + b"\n"
        with self._lock:
            for attempt in (1, 2):
                child = self._running()
                try:
                    line = child.exchange(request)
                except OSError:
                    line = b""
                if line:
                    return _raise(msgspec.json.decode(line, type=Answer))
                said = child.end()
                self._child = None
                # It may have ended for want of work at the very moment of asking. All it writes can be written again.
                if attempt == 2 or child.process.returncode != 0:
                    raise DeliveryError(f"what writes to {self._kind} has ended without a word{said}")
        return None

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            if self._child is not None and self._child.owner == os.getpid():
                self._child.end()
            self._child = None

    def _running(self) -> _Child:
        # A forked child must not talk to the process of its parent.
        if self._child is None or self._child.owner != os.getpid() or self._child.process.poll() is not None:
            if self._child is not None and self._child.owner == os.getpid():
                self._child.end()
            self._child = _Child(self._kind, self._first, self._environment)
        return self._child


class _Child:
    """One child process, and the way to talk to it: a line of JSON each way."""

    def __init__(self, kind: str, first: bytes, environment: Mapping[str, str]) -> None:
        if not sys.executable:
            raise DeliveryError(f"no Python interpreter is known here that could write to {kind}")
        self.owner = os.getpid()
        self._log = TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - '' is this folder
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
            [sys.executable, "-c", _CHILD.format(path=path, kind=kind)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=dict(environment),
            # A Ctrl-C in the terminal is for the application: the child finishes what it writes.
            start_new_session=True,
        )
        self._requests: IO[bytes] = self.process.stdin  # type: ignore[assignment]
        self._answers: IO[bytes] = self.process.stdout  # type: ignore[assignment]
        self._first: bytes | None = first

    def exchange(self, request: bytes) -> bytes:
        """The child's answer to a request; nothing if it has ended."""
        if self._first is not None:
            self._requests.write(self._first)
            self._first = None
        self._requests.write(request)
        self._requests.flush()
        return self._answers.readline()

    def end(self) -> str:
        """Let it finish and be gone.

        Returns:
            The last line that it wrote to its log, to be added to a sentence.
        """
        for end in (self._requests, self._answers):
            # What was still to be written may have no reader any more.
            with suppress(OSError):
                end.close()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        self._log.close()
        return f": {lines[-1][:300]}" if lines else ""


def _raise(answer: Answer) -> None:
    if answer.error is None:
        return
    if answer.missing:
        raise MissingExtraError(answer.error)
    raise DeliveryError(answer.error, answer.failed)


def read_options(line: bytes, kind: type[_Options]) -> _Options:
    """In the child: what the parent has said first."""
    return msgspec.json.decode(line, type=kind)


def read_request(line: bytes) -> list[list[SpanRecord]]:
    """In the child: the traces of a request."""
    return msgspec.json.decode(line, type=list[list[SpanRecord]])


def write_answer(file: IO[Any], answer: Answer) -> None:
    """In the child: answer a request."""
    file.write(msgspec.json.encode(answer) + b"\n")
    file.flush()
