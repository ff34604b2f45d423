"""``otel-prompt prompts history``: every version of a prompt, from Git, and when it ran, from the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType

from ..errors import PromptError
from ..prompts.folder import Folder
from . import figures
from .columns import Column, table
from .prompts_folder import FolderOption, JsonOption, library
from .prompts_usage import Usage, nanoseconds, usage
from .terminal import print_json, terminal


class Row(msgspec.Struct):
    """One commit of a prompt, its file as it is, or a version that is known from its calls alone."""

    version: str | None
    template_hash: str | None = None
    commit: str | None = None
    time: str | None = None
    author: str | None = None
    subject: str | None = None
    calls: int = 0
    cost_usd: float | None = None
    first_used: str | None = None
    last_used: str | None = None


def history(
    name: Annotated[str, typer.Argument(help="The prompt's name.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the versions of a prompt, the newest first: who changed it when, and when each first and last ran."""
    chosen = library(folder)
    used = {version: found for (prompt, version), found in usage().items() if prompt == name}
    rows = _of_git(chosen, name)
    if not rows and not used:
        raise PromptError(f"there is no prompt {name!r} in {chosen.path}, and no call used one of that name")
    known = {row.version for row in rows}
    rows += [Row(version) for version in sorted(set(used) - known, key=lambda v: used[v].last_used or "", reverse=True)]
    for row in rows:
        found = used.get(row.version, Usage())
        row.calls, row.cost_usd = found.calls, found.cost_usd
        row.first_used, row.last_used = found.first_used, found.last_used
    if as_json:
        print_json(rows)
    else:
        screen = terminal()
        screen.print(_table(rows, screen.width))


def _of_git(folder: Folder, name: str) -> list[Row]:
    prompt = folder.named(name)
    if prompt is None:
        return []
    rows = [
        Row(
            old.version,
            old.template_hash,
            commit.id,
            datetime.fromtimestamp(commit.time, timezone.utc).isoformat(),
            commit.author,
            commit.subject,
        )
        for commit, old in folder.commits(prompt)
    ]
    if not rows or rows[0].template_hash != prompt.template_hash or rows[0].version != prompt.version:
        rows.insert(0, Row(prompt.version, prompt.template_hash, subject="the file as it is, not committed"))
    return rows


def _table(rows: Sequence[Row], width: int) -> RenderableType:
    columns = [
        Column("version", [row.version or figures.UNKNOWN for row in rows], name=True, head=True, said="version {}"),
        Column("commit", [row.commit[:8] if row.commit else figures.UNKNOWN for row in rows], said="commit {}"),
        Column("when", [_moment(row.time) for row in rows]),
        Column("who", [row.author or figures.UNKNOWN for row in rows], name=True),
        Column("first run", [_moment(row.first_used) for row in rows], said="first run {}"),
        Column("last run", [_moment(row.last_used) for row in rows], said="last run {}"),
        Column("calls", [str(row.calls) for row in rows], right=True, said="calls: {}"),
        Column("cost", [figures.dollars(row.cost_usd) for row in rows], right=True),
        Column("why", [row.subject or "" for row in rows], name=True),
    ]
    return table(columns, width)


def _moment(time: str | None) -> str:
    return figures.moment(nanoseconds(time)) if time else figures.UNKNOWN
