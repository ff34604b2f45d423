"""``otel-prompt prompts lint``: what is likely wrong with the prompts of a folder; exit code 1 where anything is."""

from __future__ import annotations

import typer
from rich.text import Text

from ..prompts.lint import lint as findings_of
from .prompts_folder import FolderOption, JsonOption, library
from .terminal import print_json, terminal


def lint(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Check all prompts: files that cannot be read, variables, versions that were not bumped, secrets."""
    chosen = library(folder)
    found = findings_of(chosen)
    if as_json:
        print_json(found)
    else:
        screen = terminal()
        for finding in found:
            # An error in a file begins with its place already.
            place = "" if finding.rule == "unreadable" else f"{finding.file}: "
            screen.print(Text(f"{place}{finding.message} [{finding.rule}]", style="red"), soft_wrap=True)
        files = len(chosen.files())
        screen.print(f"{files} file{'s' * (files != 1)}, {len(found)} finding{'s' * (len(found) != 1)}")
    if found:
        raise typer.Exit(1)
