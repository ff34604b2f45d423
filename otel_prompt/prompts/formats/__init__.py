"""The template languages: each is a few functions on text: what variables it has, what it gives for their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
        starts: the number of lines of that file before each of the template's texts.
        root: the library's folder.
        text: which of the texts is meant.
        used: what the template extends, imports or includes by name: (the name, the text, the file).
    """

    prompt: str
    file: Path | None = None
    starts: tuple[int, ...] = ()
    root: Path | None = None
    text: int = 0
    used: tuple[tuple[str, str, str], ...] = ()

    @property
    def place(self) -> str:
        """The file, or the prompt's name where it is in none."""
        return str(self.file) if self.file else f"prompt {self.prompt!r}"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where included files are looked for."""
        beside = (self.file.parent,) if self.file else ()
        return tuple(dict.fromkeys([*beside, *([self.root] if self.root else ())]))

    def at(self, text: int) -> Origin:
        """The place of one of a chat's texts."""
        return replace(self, text=text)

    def within(self, file: Path) -> Origin:
        """The place of an included file."""
        return Origin(self.prompt, file, (0,), self.root)

    def fault(self, text: str, what: str, line: int, column: int | None = None) -> PromptError:
        """An error that shows the place: ``line`` and ``column`` count from one within ``text``."""
        lines = text.splitlines() or [""]
        shown = lines[min(line, len(lines)) - 1]
        column = column or _column(shown, what)
        before = self.starts[self.text] if self.text < len(self.starts) else 0
        return PromptError(
            f"{self.place}, line {line + before}, column {column}: {what}\n  {shown}\n  {' ' * (column - 1)}^"
        )


@dataclass(frozen=True, slots=True)
class Format:
    """A template language.

    Attributes:
        variables: the names that a text needs, in the order of their first use.
        fill: the text for the values of its variables.
        check: raises what is wrong with a text by itself, whatever it includes.
    """

    variables: Callable[[str, Origin], tuple[str, ...]]
    fill: Callable[[str, Mapping[str, Any], Origin], str]
    check: Callable[[str, Origin], Any]


def format_of(name: str, origin: Origin) -> Format:
    """The template language of a name.

    Raises:
        PromptError: there is none of that name.
        MissingExtraError: its library is not installed.
    """
    if name not in FORMATS:
        raise PromptError(f"{origin.place}: there is no format {name!r}; there are: {', '.join(FORMATS)}")
    module: Any = import_module(f"{__name__}.{name}")
    return Format(module.variables, module.fill, getattr(module, "check", module.variables))


def _column(line: str, what: str) -> int:
    """The column that a message without one is about: the word it quotes or, without one, the line's first tag."""
    for word in re.findall(r"['\"]([^'\"]+)['\"]", what):
        if (at := line.find(word)) >= 0:
            return at + 1
    return max(line.find("{"), 0) + 1
