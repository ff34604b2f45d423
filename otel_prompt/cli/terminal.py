"""Where the command line writes: tables for people, JSON for programs."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from rich.console import Console, ConsoleOptions, RenderHook
from rich.segment import Segment

from .. import config
from ..encoding import encode

_PIPE: Final = 100_000
"""The columns of a file or a pipe, where nothing needs to be folded."""
_PLAIN: Final = str.maketrans("…·→✓✗│├└─", ".->+x||`-")
"""What stands for our own signs where the encoding has none of them; as wide, so that tables stay straight."""


_STEERING: Final = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {0x09, 0x0A}
)
"""The control characters, and those that turn the direction of a text; they take no room."""


def terminal() -> Console:
    """The terminal. What stands for it, a file or a pipe, gets whole lines, unless ``COLUMNS`` says how wide it is."""
    to_people = sys.stdout.isatty() or config.variable("COLUMNS") is not None
    console = Console(highlight=False, emoji=False, markup=False, width=None if to_people else _PIPE)
    console.push_render_hook(_Harmless())
    return console


class _Harmless(RenderHook):
    """What a model or a user has said is shown, and not obeyed: it may hold sequences that steer a terminal."""

    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        return [_Shown(each) for each in renderables]


class _Shown(msgspec.Struct):
    inner: Any

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.inner, options):
            yield segment if segment.control else Segment(segment.text.translate(_STEERING), segment.style)


def print_json(value: Any) -> None:
    """Write a value as JSON, and nothing else."""
    text = msgspec.json.format(encode(value), indent=2) + "\n"
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        # A sign that is replaced makes another text; JSON can say each one in ASCII.
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    sys.stdout.write(text)


def write_what_can_be() -> None:
    """Let a sign that the output's encoding does not have be one that it has, not an error."""
    codecs.register_error("otel_prompt", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="otel_prompt")


def let_go() -> None:
    """Leave alone an output that takes no more: what Python still holds for it would fail once more at the exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(c if c.isascii() else "?" for c in text), error.end
