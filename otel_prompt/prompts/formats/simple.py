"""``{{name}}``, and nothing else: what MLflow's and Langfuse's registries speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...encoding import encode
from . import Origin

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names in the text's tags.

    Raises:
        PromptError: a tag is empty, open or no name.
    """
    return tuple(dict.fromkeys(_pieces(text, origin)[1::2]))


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The text with each tag replaced by its value."""
    pieces = _pieces(text, origin)
    return "".join(piece if n % 2 == 0 else shown(values[piece]) for n, piece in enumerate(pieces))


def shown(value: Any) -> str:
    """How a value stands in a text: text as it is, all else as JSON."""
    return str.__str__(value) if isinstance(value, str) else encode(value)


@lru_cache(maxsize=1024)
def _pieces(text: str, origin: Origin) -> tuple[str, ...]:
    """A text's pieces and the names between them by turns, a piece first and last."""
    found: list[str] = []
    end = 0
    for tag in _TAG.finditer(text):
        _closed(text, origin, end, tag.start())
        name = tag[1].strip()
        if not _NAME.fullmatch(name):
            line, column = _place(text, tag.start())
            raise origin.fault(text, f"{tag[0]!r} is no variable such as {{{{name}}}}", line, column)
        found += [text[end : tag.start()], name]
        end = tag.end()
    _closed(text, origin, end, len(text))
    return (*found, text[end:])


def _closed(text: str, origin: Origin, start: int, end: int) -> None:
    if (at := text.find("{{", start, end)) >= 0:
        line, column = _place(text, at)
        raise origin.fault(text, "'{{' is never closed by '}}'", line, column)


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
