"""``otel-prompt sync``: hand on what waits in the store."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from .. import config
from ..config import Settings
from ..exporters import Delivered, destination
from ..exporters.delivery import sync as hand_on
from ..exporters.store import Store
from .terminal import print_json, terminal

DELIVERABLE = ("mlflow",)
"""The exporters that are fed from the store."""


def sync(
    destinations: Annotated[
        list[str] | None, typer.Argument(help="Where to, such as mlflow; all that something waits for, if none is.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also traces that were never meant to go there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of sentences.")] = False,
) -> None:
    """Hand on what waits in the store, now. Delivering again changes nothing."""
    settings = config.load()
    store = Store(settings.store)
    try:
        names = destinations or _waited_for(store, settings)
        results = hand_on(store, [destination(name, settings) for name in names], everything=everything)
    finally:
        store.close()
    if as_json:
        print_json(results)
    else:
        screen = terminal()
        if not results:
            screen.print("Nothing waits, and no destination is configured: name one, as in `otel-prompt sync mlflow`.")
        for result in results:
            screen.print(_sentence(result))
    if any(result.error for result in results):
        raise typer.Exit(1)


def _waited_for(store: Store, settings: Settings) -> list[str]:
    """The destinations that something waits for; without any, those that the settings name."""
    named = settings.exporters or config.traces_exporters() or ()
    return list(store.outbox.waiting()) or [name for name in DELIVERABLE if name in named]


def _sentence(result: Delivered) -> Text:
    text = Text(f"{result.destination}: ", style="bold")
    text.append(f"{result.traces} trace{'s' * (result.traces != 1)} delivered", style="not bold")
    if result.left:
        text.append(f", {result.left} still waiting", style="not bold yellow")
    if result.error:
        text.append(f"\n  {result.error}", style="not bold red")
    return text
