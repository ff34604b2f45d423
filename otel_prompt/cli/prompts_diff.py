"""``otel-prompt prompts diff``: what changed between two versions, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.text import Text

from ..errors import PromptError
from ..prompts import Prompt
from ..prompts.file import unparse
from .prompts_folder import FolderOption, JsonOption, library
from .prompts_show import ReferenceArgument, facts, loaded
from .terminal import print_json, terminal

_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
_STYLES: Final = {"-": "red", "+": "green", " ": ""}
Piece: TypeAlias = tuple[str, bool]
"""Some text, and whether it is what has changed within its line."""
Line: TypeAlias = tuple[str, list[Piece]]
"""A line: removed ``-``, added ``+`` or unchanged, in pieces."""


def diff(
    a: ReferenceArgument,
    b: Annotated[str | None, typer.Argument(help="The other one; the version before A, if none is said.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed from A to B; of one alone, what changed since the version before it."""
    one = loaded(a, folder)
    if b is None:
        before = _before(one, folder)
        if before is None:
            raise PromptError(f"there is no version before {a}; name another to compare it with")
        one, other = before, one
    else:
        other = loaded(b, folder)
    lines = compared(unparse(one), unparse(other))
    if as_json:
        same = one.template_hash == other.template_hash
        changes = [{"change": mark, "text": "".join(text for text, _ in pieces)} for mark, pieces in lines]
        print_json({"a": facts(one), "b": facts(other), "same_template": same, "lines": changes})
        return
    screen = terminal()
    screen.print(Text(f"--- {_title(one)}\n+++ {_title(other)}", style="bold"), soft_wrap=True)
    if all(mark == " " for mark, _ in lines):
        screen.print("They are the same.")
        return
    for mark, pieces in lines:
        screen.print(_shown(mark, pieces), soft_wrap=True)


def _before(prompt: Prompt, folder: Path | None) -> Prompt | None:
    """The version before one, as Git has it."""
    if prompt.source != "file":
        return None
    older = [prompt, *(old for _, old in library(folder).commits(prompt))]
    if prompt.commit is not None and not prompt.dirty:
        older = older[next((n for n, old in enumerate(older) if n and old.commit == prompt.commit), 0) :]
    return next((old for old in older if old.template_hash != prompt.template_hash), None)


def compared(one: str, other: str) -> list[Line]:
    """The lines of two texts, where a changed line comes as removed and added, with the words that changed."""
    before, after = one.splitlines(), other.splitlines()
    found: list[Line] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [(" ", [(line, False)]) for line in before[a:b]]
        else:
            found += _changed(before[a:b], after[c:d])
    return found


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    pairs = [_words(old, new) for old, new in zip(before, after)]
    yield from (("-", old) for old, _ in pairs)
    yield from (("-", [(line, True)]) for line in before[len(pairs) :])
    yield from (("+", new) for _, new in pairs)
    yield from (("+", [(line, True)]) for line in after[len(pairs) :])


def _words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    a, b = _WORD.findall(old), _WORD.findall(new)
    removed: list[Piece] = []
    added: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if j > i:
            removed.append(("".join(a[i:j]), kind != "equal"))
        if m > k:
            added.append(("".join(b[k:m]), kind != "equal"))
    return removed, added


def _shown(mark: str, pieces: Sequence[Piece]) -> Text:
    line = Text(f"{mark} ", style=_STYLES[mark])
    for text, changed in pieces:
        line.append(text, style="bold reverse" if changed and mark != " " else "")
    return line


def _title(prompt: Prompt) -> str:
    label = f"@{prompt.label}" if prompt.label else ""
    commit = f", commit {prompt.commit[:8]}{' changed since' if prompt.dirty else ''}" if prompt.commit else ""
    return f"{prompt.name}{label} version {prompt.version} ({prompt.template_hash[:12]}{commit})"
