"""``otel-prompt prompts list``: every prompt with its versions, and what they were used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from rich.console import RenderableType

from ..prompts import Prompt
from ..prompts.folder import Folder
from ..prompts.labels import Label
from . import figures
from .columns import Column, table
from .prompts_folder import FolderOption, JsonOption, library
from .prompts_usage import Usage, nanoseconds, usage
from .terminal import print_json, terminal

_Used: TypeAlias = Mapping[tuple[str, str | None], Usage]


class Row(msgspec.Struct):
    """One version of a prompt. ``file`` is None for one that is known from its calls alone."""

    name: str
    version: str | None
    labels: Sequence[str]
    file: str | None
    commit: str | None
    dirty: bool | None
    template_hash: str | None
    variables: Sequence[str]
    calls: int
    errors: int
    cost_usd: float | None
    first_used: str | None
    last_used: str | None


def list_prompts(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """List prompts: those of the folder as they are now, then older versions and others that were called."""
    chosen = library(folder)
    used = usage()
    prompts = chosen.prompts() if chosen.path.is_dir() or not used else []
    rows = _rows(chosen, prompts, used)
    if as_json:
        print_json(rows)
        return
    screen = terminal()
    if not rows:
        screen.print(f"There are no prompts in {chosen.path} yet, and no call used one.")
        return
    screen.print(_table(rows, screen.width))


def _rows(folder: Folder, prompts: Sequence[Prompt], used: _Used) -> list[Row]:
    rows: list[Row] = []
    here = {prompt.name: prompt for prompt in prompts}
    for name in sorted({*here, *(name for name, _ in used)}):
        current = here.get(name)
        labels = folder.labels.of(name) if current else {}
        older = [version for prompt, version in used if prompt == name and (not current or version != current.version)]
        older += [found.version for found in labels.values() if current and found.version != current.version]
        if current is not None:
            rows.append(_row(name, current.version, labels, current, used))
        newest_first = sorted(set(older), key=lambda v: (used.get((name, v), Usage()).last_used or "", v or ""))
        rows += [_row(name, version, labels, None, used) for version in reversed(newest_first)]
    return rows


def _row(name: str, version: str | None, labels: Mapping[str, Label], prompt: Prompt | None, used: _Used) -> Row:
    found = used.get((name, version)) or Usage()
    moved = [label for label, entry in labels.items() if entry.version == version]
    own = [label for label in prompt.labels if label not in labels] if prompt else []
    return Row(
        name,
        version,
        [*moved, *own],
        str(prompt.where.file) if prompt else None,
        prompt.commit if prompt else None,
        prompt.dirty if prompt else None,
        prompt.template_hash if prompt else None,
        prompt.variables if prompt else (),
        found.calls,
        found.errors,
        found.cost_usd,
        found.first_used,
        found.last_used,
    )


def _table(rows: Sequence[Row], width: int) -> RenderableType:
    last = [figures.moment(nanoseconds(row.last_used)) if row.last_used else figures.UNKNOWN for row in rows]
    columns = [
        Column("prompt", [row.name for row in rows], name=True, once=True, head=True),
        Column("version", [_version(row) for row in rows], name=True, head=True),
        Column("labels", [", ".join(row.labels) for row in rows], name=True),
        Column("last use", last, said="last use {}"),
        Column("calls", [str(row.calls) for row in rows], right=True, said="calls: {}"),
        Column("errors", [str(row.errors) for row in rows], right=True, said="errors: {}"),
        Column("cost", [figures.dollars(row.cost_usd) for row in rows], right=True),
    ]
    return table(columns, width, ["* changed since the last commit"] if any(row.dirty for row in rows) else [])


def _version(row: Row) -> str:
    return (row.version or figures.UNKNOWN) + (" *" if row.dirty else "")
