"""The YAML between two lines of dashes: what it says, and where it says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import PromptError, require


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The entries of a front matter.

    Attributes:
        file: where it stands.
        values: the entries as YAML takes them: numbers, booleans, lists.
        words: the entries as they are written, so that version ``1.10`` is not ``1.1``.
        lines: the line of each entry in the file.
        shown: the file's lines.
    """

    file: Path
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    words: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    shown: tuple[str, ...] = ()

    def fault(self, key: str, what: str) -> PromptError:
        """An error that shows the line of an entry."""
        line = self.lines.get(key, 1)
        text = self.shown[line - 1] if line <= len(self.shown) else ""
        return _fault(self.file, line, max(text.find(key), 0), text, what)

    def text(self, key: str) -> str | None:
        """An entry that is text, as it is written.

        Raises:
            PromptError: it is a list or a mapping.
        """
        if self.values.get(key) is None:
            return None
        if not isinstance(self.words[key], str):
            raise self.fault(key, f"{key!r} is no text")
        return self.words[key]

    def mapping(self, key: str) -> dict[str, Any]:
        """An entry that is a mapping; an empty one where it is not there.

        Raises:
            PromptError: it is something else.
        """
        if (value := self.values.get(key)) is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(key, f"{key!r} is no mapping such as 'temperature: 0.2'")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """An entry that is a list of texts, as they are written.

        Raises:
            PromptError: it is something else.
        """
        if self.values.get(key) is None:
            return ()
        words = self.words[key]
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self.fault(key, f"{key!r} is no list such as [production]")
        return tuple(words)


def split(text: str, file: Path) -> tuple[FrontMatter, str, int]:
    """The front matter, the body, and the number of lines before the body.

    Raises:
        PromptError: it is not YAML, not closed, or says a thing twice; the message shows the line.
        MissingExtraError: PyYAML is not installed.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return FrontMatter(file), text, 0
    end = text.find("\n---\n", 3)
    if end < 0 and text.endswith("\n---"):
        end = len(text) - 4
    if end < 0:
        raise _fault(file, 1, 0, "---", "the front matter that begins here has no '---' at its end")
    # The line of dashes stands in for itself, so that YAML's own line numbers are the file's.
    return _read(text[: end + 1], file), text[end + 5 :], text.count("\n", 0, end + 5)


def _read(text: str, file: Path) -> FrontMatter:
    yaml = require("yaml", "prompts")
    shown = tuple(text.split("\n"))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values, words = yaml.load(text, Loader=yaml.SafeLoader), yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column) if mark else (2, 0)
        # YAML stops at the end where something is still open; where it began says more.
        if error.context_mark is not None and line > len(shown) - 1:
            line, column = error.context_mark.line + 1, error.context_mark.column
        raise _fault(
            file, line, column, shown[min(line, len(shown)) - 1], error.problem or str(error.context)
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PromptError(f"{file}: the front matter is no YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return FrontMatter(file)
    if not isinstance(values, dict):
        raise _fault(file, 2, 0, shown[1], "the front matter is no mapping such as 'name: summarize'")
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if key.value in lines:
            line = key.start_mark.line + 1
            raise _fault(
                file, line, key.start_mark.column, shown[min(line, len(shown)) - 1], f"{key.value!r} is said twice"
            )
        lines[key.value] = key.start_mark.line + 1
    return FrontMatter(file, {str(k): v for k, v in values.items()}, words, lines, shown)


def _fault(file: Path, line: int, column: int, shown: str, what: str) -> PromptError:
    return PromptError(f"{file}, line {line}, column {column + 1}: {what}\n  {shown}\n  {' ' * column}^")
