"""Included files, written into the template where they are included.

So a template is whole by itself: its hash changes when a partial does, and a registry is given all of it.
What it extends or imports cannot be written into it: that is read with it, and counts in its hash. A file whose name a
template computes is left to its language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ..errors import PromptError
from .formats import Origin, format_of

_INCLUDE: Final = {
    "jinja2": re.compile(r"\{%-?\s*include\s+(?P<quote>[\"'])(?P<name>[^\"']+)(?P=quote)(?:\s+with context)?\s*-?%\}"),
    "mustache": re.compile(r"\{\{>\s*(?P<name>[^\s}]+)\s*\}\}"),
}
_ENDINGS: Final = {"jinja2": ("",), "mustache": ("", ".mustache", ".md", ".txt")}
_DEEPEST: Final = 20


def expanded(template: Any, language: str, origin: Origin, read: Callable[[Path], str | None] | None = None) -> Any:
    """A text, or messages, with each included file in its place.

    Args:
        template: the text, or the messages.
        language: the name of its format.
        origin: where it stands.
        read: gives a file's text, None where it is not there.

    Raises:
        PromptError: an included file is not there, includes itself or cannot be parsed.
    """
    if language not in _INCLUDE or origin.file is None:
        return template
    if isinstance(template, str):
        return _expanded(template, language, origin, read or _now, 0)
    return [
        {**m, "content": _expanded(m["content"], language, origin.at(n), read or _now, 0)}
        if isinstance(m.get("content"), str)
        else m
        for n, m in enumerate(template)
    ]


def used(
    template: Any, language: str, origin: Origin, read: Callable[[Path], str | None] | None = None
) -> tuple[tuple[str, str, str], ...]:
    """What a template, and what it uses, extends, imports or includes by name: (the name, the text, the file)."""
    if language != "jinja2" or origin.file is None:
        return ()
    from .formats.jinja2 import referenced

    texts = [template] if isinstance(template, str) else [m.get("content") for m in template]
    waiting = [name for text in texts if isinstance(text, str) and "{%" in text for name in referenced(text)]
    found: dict[str, tuple[str, str, str]] = {}
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            file, text = _found(name, language, origin, read or _now)
            if text is not None:
                found[name] = (name, text, str(file))
                waiting += referenced(text)
    return tuple(found[name] for name in sorted(found))


def _expanded(text: str, language: str, origin: Origin, read: Callable[[Path], str | None], depth: int) -> str:
    found = list(_INCLUDE[language].finditer(text))
    if found:
        # Checked before it is put together: afterwards its lines are no longer those of the file.
        format_of(language, origin).check(text, origin)
    pieces: list[str] = []
    end = 0
    for include in found:
        line, column = text.count("\n", 0, include.start()) + 1, include.start() - text.rfind("\n", 0, include.start())
        if depth >= _DEEPEST:
            raise origin.fault(text, f"{include['name']!r} includes itself", line, column)
        file, inner = _found(include["name"], language, origin, read)
        if inner is None:
            raise origin.fault(text, f"there is no file {include['name']!r} to include", line, column)
        inner = inner.removesuffix("\n")
        pieces += [text[end : include.start()], _expanded(inner, language, origin.within(file), read, depth + 1)]
        end = include.end()
    return "".join([*pieces, text[end:]])


def _found(name: str, language: str, origin: Origin, read: Callable[[Path], str | None]) -> tuple[Path, str | None]:
    """The file of a name: beside the one that includes it or in the library's folder, and never outside of both."""
    for folder in origin.folders:
        for ending in _ENDINGS[language]:
            file = folder / f"{name}{ending}"
            if file.resolve().is_relative_to(folder.resolve()) and (text := read(file)) is not None:
                return file, text
    return Path(name), None


def _now(file: Path) -> str | None:
    if not file.is_file():
        return None
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{file} cannot be read: {error}") from None
