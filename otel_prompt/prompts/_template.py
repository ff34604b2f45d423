"""``{{name}}`` templates: which variables one has, and what it gives for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..encoding import encode
from ..errors import PromptError

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@lru_cache(maxsize=1024)
def pieces(template: str, prompt: str) -> tuple[str, ...]:
    """A template's text and variable names by turns, a text first and last.

    Raises:
        PromptError: a tag is empty, open or no name; the message says in which prompt, line and column.
    """
    found: list[str] = []
    end = 0
    for tag in _TAG.finditer(template):
        name = tag[1].strip()
        if not _NAME.fullmatch(name):
            raise _fault(prompt, template, tag.start(), f"{tag[0]!r} is not a variable such as {{{{name}}}}")
        _closed(prompt, template, end, tag.start())
        found += [template[end : tag.start()], name]
        end = tag.end()
    _closed(prompt, template, end, len(template))
    return (*found, template[end:])


def _closed(prompt: str, template: str, start: int, end: int) -> None:
    if (at := template.find("{{", start, end)) >= 0:
        raise _fault(prompt, template, at, "'{{' is never closed by '}}'")


def _fault(prompt: str, template: str, at: int, what: str) -> PromptError:
    line, column = template.count("\n", 0, at) + 1, at - template.rfind("\n", 0, at)
    text = template.splitlines()[line - 1]
    return PromptError(f"prompt {prompt!r}, line {line}, column {column}: {what}\n  {text}\n  {' ' * (column - 1)}^")


def fill(parts: tuple[str, ...], values: Mapping[str, str]) -> str:
    """The text that ``pieces`` give for the variables' values."""
    return "".join(part if n % 2 == 0 else values[part] for n, part in enumerate(parts))


def shown(value: Any) -> str:
    """How a variable's value stands in a text: text as it is, all else as JSON."""
    return str.__str__(value) if isinstance(value, str) else encode(value)
