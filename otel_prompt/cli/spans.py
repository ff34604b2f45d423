"""``otel-prompt spans``: the calls in the store, newest first."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from .. import config
from ..exporters.store import Store
from .calls_table import calls_table
from .moments import nanoseconds
from .rows import row
from .terminal import print_json, terminal


class Status(str, Enum):
    """How a call ended."""

    OK = "ok"
    ERROR = "error"


def spans(
    prompt: Annotated[str | None, typer.Option(help="Calls of this prompt.")] = None,
    version: Annotated[str | None, typer.Option(help="Calls of this version of a prompt.")] = None,
    model: Annotated[str | None, typer.Option(help="Calls of this model.")] = None,
    tag: Annotated[str | None, typer.Option(help="Calls with this tag.")] = None,
    status: Annotated[Status | None, typer.Option(help="Calls that ended so.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before: 30m, 1h, 2d ago, or an ISO time.")] = None,
    until: Annotated[str | None, typer.Option(help="Not after, said likewise.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Steps too, not only calls to models.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """List calls, newest first."""
    store = Store(config.load(strict=False).store)
    try:
        found = store.spans(
            prompt=prompt,
            version=version,
            model=model,
            tag=tag,
            status=status.value if status else None,
            since=nanoseconds(since),
            until=nanoseconds(until),
            calls_only=not everything,
            limit=limit,
        )
    finally:
        store.close()
    if as_json:
        print_json([row(span) for span in found])
        return
    screen = terminal()
    if not found:
        screen.print(f"Nothing here matches. The store is {store.path}; `otel-prompt doctor` says what is recorded.")
        return
    screen.print(calls_table(found, screen.width, everything=everything))
