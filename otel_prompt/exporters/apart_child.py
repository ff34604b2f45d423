"""The child process of ``apart``: it reads traces from its input, writes them where they go, and says what came of it.

All that a library prints goes to the log that the parent has given as the standard error stream.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Timer
from typing import IO, Final, Protocol

from ..errors import MissingExtraError, OtelPromptError
from ..span_record import SpanRecord
from .apart import Answer, read_request, write_answer
from .delivery import DeliveryError

_IDLE_SECONDS: Final = 60.0
"""How long it waits for more work before it gives its memory back. The next work starts another."""

_LONGEST_SECONDS: Final = 300.0
"""How long one request may take: then something hangs, and the parent must not wait for it any longer."""


class Writer(Protocol):
    """What writes to one destination, inside the child.

    Attributes:
        broken: something was left half done, and the child must end with all that it has started.
    """

    broken: bool

    def write(self, traces: list[list[SpanRecord]]) -> None:
        """Take traces; those that it has taken before change nothing. Raises DeliveryError."""
        ...

    def close(self) -> None:
        """Leave nothing running."""
        ...


def main(kind: str) -> None:
    """Serve the parent until it has no more to say."""
    requests, answers = _own_ends()
    first = requests.readline()
    if not first:
        return
    with _at_most(_IDLE_SECONDS, 0):
        writer = _WRITERS[kind](first)
    while True:
        with _at_most(_IDLE_SECONDS, 0, writer):
            line = requests.readline()
        if not line:
            break
        with _at_most(_LONGEST_SECONDS, 3):
            answer = _answer(writer, line)
        try:
            write_answer(answers, answer)
        except OSError:
            # The parent has gone. What was written is noted, and is not written again by its successor.
            break
        if writer.broken:
            # The library may still be trying what is given up here and will be done again: it must not go on.
            os._exit(0)
    with _at_most(_LONGEST_SECONDS, 3):
        writer.close()


def _answer(writer: Writer, line: bytes) -> Answer:
    try:
        writer.write(read_request(line))
    except DeliveryError as error:
        return Answer(str(error), dict(error.failed) if error.failed is not None else None)
    except MissingExtraError as error:
        return Answer(str(error), missing=True)
    except OtelPromptError as error:
        return Answer(str(error))
    return Answer()


def _own_ends() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the parent, out of reach of libraries that print or ask."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


@contextmanager
def _at_most(seconds: float, code: int, writer: Writer | None = None) -> Generator[None]:
    """End the process if what is inside takes longer."""

    def end() -> None:
        if writer is not None:
            writer.close()
        sys.stderr.flush()
        os._exit(code)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _wandb(first: bytes) -> Writer:
    from .wandb_writer import WandbWriter

    return WandbWriter.of(first)


def _weave(first: bytes) -> Writer:
    from .weave_writer import WeaveWriter

    return WeaveWriter.of(first)


_WRITERS: Final[dict[str, Callable[[bytes], Writer]]] = {"wandb": _wandb, "weave": _weave}
