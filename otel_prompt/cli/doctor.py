"""``otel-prompt doctor``: what is traced, where spans go, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..doctor import Finding, Level, examine, healthy
from ..wording import counted
from .terminal import print_json, terminal

_MARKS = {
    Level.OK: ("✓", "green"),
    Level.NOTE: ("·", "dim"),
    Level.WARNING: ("!", "yellow"),
    Level.PROBLEM: ("✗", "red"),
}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False) -> None:
    """Look at what is traced and where it goes. Exit code 1 if something is wrong."""
    found = examine()
    if as_json:
        print_json({"healthy": healthy(found), "findings": found})
    else:
        _print(terminal(), found)
    if not healthy(found):
        raise typer.Exit(1)


def _print(screen: Console, found: Sequence[Finding]) -> None:
    for area, findings in groupby(found, key=lambda finding: finding.area):
        screen.print(Text(area.capitalize(), style="bold"))
        for finding in findings:
            screen.print(Padding(_line(finding), (0, 0, 0, 2), expand=False))
    problems, warnings = (sum(f.level is level for f in found) for level in (Level.PROBLEM, Level.WARNING))
    if problems:
        screen.print(Text(f"\n{counted(problems, 'problem')}: each ✗ above says what to do.", style="red"))
    elif warnings:
        screen.print(Text(f"\nNo problem was found, but {counted(warnings, 'warning')} (!).", style="yellow"))
    else:
        screen.print(Text("\nNo problem was found.", style="green"))


def _line(finding: Finding) -> Table:
    mark, colour = _MARKS[finding.level]
    text = Text(finding.subject, style="bold").append(f"  {finding.text}", style="not bold")
    if finding.advice:
        text.append(f"\n→ {finding.advice}", style="not bold cyan")
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=1)
    line.add_column(overflow="fold")
    line.add_row(Text(mark, style=colour), text)
    return line
