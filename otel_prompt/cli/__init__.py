"""``otel-prompt``: the command line. One file per command."""

from __future__ import annotations

import sys

from ..encoding import printable
from ..errors import ConfigurationError, MissingExtraError, OtelPromptError, require


def main() -> None:
    """Run the command line. What goes wrong is one sentence: exit code 1 for a missing extra, 2 for all else.

    A reader that has had enough, as in ``| head -1``, is told nothing: exit code 1.
    """
    try:
        require("typer", "cli")
        require("rich", "cli")
    except MissingExtraError as error:
        sys.exit(f"otel-prompt: {error}")
    from .commands import app
    from .terminal import let_go, write_what_can_be

    write_what_can_be()
    try:
        _check_arguments()
        try:
            app(prog_name="otel-prompt")
        finally:
            sys.stdout.flush()
    except OtelPromptError as error:
        _fail(str(error))
    except BrokenPipeError:
        let_go()
        sys.exit(1)
    except OSError as error:
        let_go()
        _fail(f"{error.filename or 'the output'} cannot be written or read: {error.strerror or error}")


def _check_arguments() -> None:
    for argument in sys.argv[1:]:
        if printable(argument) != argument:
            raise ConfigurationError(f"the argument {argument!r} is no text in the encoding of this terminal")


def _fail(sentence: str) -> None:
    print(f"otel-prompt: {sentence}", file=sys.stderr)
    sys.exit(2)
