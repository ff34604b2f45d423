"""``otel-prompt prompts``: the prompts of the folder, of registries, and of the calls in the store."""

from __future__ import annotations

import typer

from .prompts_diff import diff
from .prompts_exchange import pull, push
from .prompts_history import history
from .prompts_label import label
from .prompts_lint import lint
from .prompts_list import list_prompts
from .prompts_show import render, show

app = typer.Typer(
    help="The prompts: which there are, what changed, what ran.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_prompts)
for command in (show, diff, history, lint, render, push, pull, label):
    app.command()(command)
