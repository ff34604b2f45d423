"""``{{name}}``, and nothing else: what MLflow's and Langfuse's registries speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from ...encoding import encode
from ...errors import PromptError
from . import Origin

_PLAIN: Final = (date, time, Decimal, PurePath, UUID)

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
    return "".join(piece if n % 2 == 0 else shown(values[piece], piece, origin) for n, piece in enumerate(pieces))


def shown(value: Any, name: str, origin: Origin) -> str:
    """How a value stands in a text: text, dates, paths and the like as they are; numbers, lists and mappings as JSON.

    Raises:
        PromptError: the value has no form as text.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, _PLAIN):
        return str(value)
    text = encode(value)
    if isinstance(value, (bytes, bytearray)) or text == f'"<{type(value).__name__}>"':
        raise PromptError(
            f"{origin.place}: {name!r} is a {type(value).__name__}, which has no form as text; give a text"
        )
    return text


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
