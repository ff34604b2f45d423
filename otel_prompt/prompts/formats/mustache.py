"""Mustache: sections and partials, without its escaping for HTML, which no model wants to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import PromptError, require
from . import Origin

_OPENING = ("section", "inverted section")


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names that the template uses outside of sections, and those of its sections.

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
        elif kind == "partial":
            raise PromptError(f"{origin.place} includes {key!r}, but only a prompt in a file has files beside it")
        elif kind in ("variable", "no escape", *_OPENING) and depth == 0 and name:
            names[name] = None
        depth += kind in _OPENING
    return tuple(names)


def check(text: str, origin: Origin) -> None:
    """Raise what is wrong with the text itself."""
    _tokens(text, origin)


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The rendered template."""
    chevron = require("chevron", "prompts")
    tokens = [("no escape", key) if kind == "variable" else (kind, key) for kind, key in _tokens(text, origin)]
    try:
        return str(chevron.render(tokens, dict(values)))
    except chevron.ChevronError as error:
        raise PromptError(f"{origin.place} cannot be rendered: {error}") from None


def _tokens(text: str, origin: Origin) -> list[tuple[str, str]]:
    chevron = require("chevron", "prompts")
    try:
        return list(chevron.tokenizer.tokenize(text))
    except IndexError:
        # An empty tag, which chevron does not expect.
        at = max(text.find("{{}}"), 0)
        raise origin.fault(text, "'{{}}' names nothing", text.count("\n", 0, at) + 1) from None
    except chevron.ChevronError as error:
        words = " ".join(str(error).split())
        line = next((int(w.strip(".,:")) for w in words.split() if w.strip(".,:").isdigit()), 1)
        raise origin.fault(text, words, line) from None
