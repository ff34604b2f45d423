"""The commands, by name."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from .demo import demo
from .doctor import doctor
from .prompts import app as prompts
from .show import show
from .spans import spans
from .sync import sync

app = typer.Typer(
    help="Which version of a prompt did what, at what cost.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (spans, show, sync, doctor, demo):
    app.command()(command)
app.add_typer(prompts, name="prompts")


@app.callback(invoke_without_command=True)
def command_line(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Which version of a prompt did what, at what cost."""
    if version:
        print(metadata.version("otel-prompt"))
        raise typer.Exit
