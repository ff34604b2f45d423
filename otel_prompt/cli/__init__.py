"""``otel-prompt``: the command line. One file per command."""

from __future__ import annotations

import sys

from ..errors import MissingExtraError, OtelPromptError, require


def main() -> None:
    """Run the command line. What goes wrong is one sentence: exit code 1 for a missing extra, 2 for all else."""
    try:
        require("typer", "cli")
        require("rich", "cli")
    except MissingExtraError as error:
        sys.exit(f"otel-prompt: {error}")
    from .commands import app

    try:
        app(prog_name="otel-prompt")
    except OtelPromptError as error:
        print(f"otel-prompt: {error}", file=sys.stderr)
        sys.exit(2)
