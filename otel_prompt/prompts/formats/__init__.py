"""The template languages: each is two functions, which variables a template has and what it gives for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ...errors import PromptError

FORMATS: Final = ("simple", "jinja2", "mustache", "fstring")
"""``simple`` is text with ``{{name}}`` and nothing else; the others are what their names say."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a template stands, for messages and for what it includes.

    Attributes:
        prompt: the prompt's name.
        file: the file it was read from.
        line: the line of that file on which the template begins, less one.
    """

    prompt: str
    file: Path | None = None
    line: int = 0

    def fault(self, text: str, what: str, line: int, column: int | None = None) -> PromptError:
        """An error that shows the place: ``line`` and ``column`` count from one within ``text``."""
        place = f"{self.file}, line {line + self.line}" if self.file else f"prompt {self.prompt!r}, line {line}"
        place += f", column {column}" if column else ""
        lines = text.splitlines() or [""]
        shown = lines[min(line, len(lines)) - 1]
        return PromptError(f"{place}: {what}\n  {shown}\n  {' ' * ((column or 1) - 1)}^")


@dataclass(frozen=True, slots=True)
class Format:
    """A template language.

    Attributes:
        variables: the names that a text needs, in the order of their first use.
        fill: the text for the values of its variables.
    """

    variables: Callable[[str, Origin], tuple[str, ...]]
    fill: Callable[[str, Mapping[str, Any], Origin], str]


def format_of(name: str, origin: Origin) -> Format:
    """The template language of a name.

    Raises:
        PromptError: there is none of that name.
        MissingExtraError: its library is not installed.
    """
    if name not in FORMATS:
        where = origin.file or f"prompt {origin.prompt!r}"
        raise PromptError(f"{where}: there is no format {name!r}; there are: {', '.join(FORMATS)}")
    module = import_module(f"{__name__}.{name}")
    return Format(module.variables, module.fill)
