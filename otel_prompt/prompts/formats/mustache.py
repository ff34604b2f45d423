"""Mustache: sections and partials, without its escaping for HTML, which no model wants to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import PromptError, require
from . import Origin

_OPENING = ("section", "inverted section")


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names that the template uses outside of sections, those of its sections, and those of its partials.

    Inside a section a name may belong to the section's own items, so it is not asked for.

    Raises:
        PromptError: a tag or a section is not closed.
        MissingExtraError: chevron is not installed.
    """
    names: dict[str, None] = {}
    depth = 0
    for kind, key in _tokens(text, origin):
        name = key.split(".")[0]
        if kind == "end":
            depth -= 1
        elif kind in ("variable", "no escape", *_OPENING) and depth == 0 and name:
            names[name] = None
        elif kind == "partial" and depth == 0 and (partial := _partial(key, origin)) is not None:
            names |= dict.fromkeys(variables(partial, origin))
        depth += kind in _OPENING
    return tuple(names)


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The rendered template."""
    chevron = require("chevron", "prompts")
    partials = {key: _partial(key, origin) or "" for kind, key in _tokens(text, origin) if kind == "partial"}
    try:
        return chevron.render(_unescaped(_tokens(text, origin)), dict(values), partials_dict=partials)
    except chevron.ChevronError as error:
        raise PromptError(f"{origin.file or f'prompt {origin.prompt!r}'} cannot be rendered: {error}") from None


def _tokens(text: str, origin: Origin) -> list[tuple[str, str]]:
    chevron = require("chevron", "prompts")
    try:
        return list(chevron.tokenizer.tokenize(text))
    except chevron.ChevronError as error:
        words = str(error).replace("\n", " ")
        line = next((int(w.strip(".,:")) for w in words.split() if w.strip(".,:").isdigit()), 1)
        raise origin.fault(text, words, line) from None


def _unescaped(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("no escape", key) if kind == "variable" else (kind, key) for kind, key in tokens]


def _partial(name: str, origin: Origin) -> str | None:
    """The text of a partial: a file beside the prompt's, within its folder."""
    if origin.file is None:
        return None
    folder = origin.file.parent.resolve()
    for ending in (".mustache", ".md", ".txt", ""):
        file = (folder / f"{name}{ending}").resolve()
        if file.is_relative_to(folder) and file.is_file():
            return file.read_text("utf-8")
    raise PromptError(f"{origin.file}: there is no partial {name!r} beside it")
