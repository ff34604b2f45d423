"""``otel-prompt sync``: hand on what waits in the store, and see how far it has got."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from .. import config
from ..config import Settings
from ..errors import ConfigurationError
from ..exporters import DESTINATIONS, JUDGED, Delivered, Destination, destination
from ..exporters.delivery import sync as hand_on
from ..exporters.delivery_status import delivery_status
from ..exporters.delivery_thread import QUIET_SECONDS
from ..exporters.store import Store
from ..wording import counted
from .sync_status import elsewhere, say, status_lines
from .terminal import print_json, terminal

_LOOK_SECONDS: Final = 1.0


def sync(
    destinations: Annotated[
        list[str] | None, typer.Argument(help="Where to, such as mlflow; all that something waits for, if none is.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also traces that were never meant to go there.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Hand nothing on; show what waits, how fast it goes, what failed.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until stopped, for a process of its own.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Also what was refused for good.")] = False,
    instead_of: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Also what waits for this address, which is then forgotten.")
    ] = None,
    forget: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Hand on nothing of what waits for this address.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of sentences.")] = False,
) -> None:
    """Hand on what waits in the store, now. Delivering again changes nothing."""
    settings = config.load(strict=not status)
    store = Store(settings.store)
    try:
        if status:
            _show_status(store, settings, as_json=as_json)
            return
        if forget is not None:
            _forget(store, forget)
        if forget is not None and not destinations:
            return
        names = destinations or _waited_for(store, settings)
        if instead_of is not None:
            _redirect(store, instead_of, destinations or [], settings)
        if retry:
            for name in names:
                store.outbox.revive(destination(name, settings).name)
        failed = _hand_on(store, names, settings, everything=everything, as_json=as_json)
        if follow:
            _follow(store, destinations, settings, as_json=as_json)
    except KeyboardInterrupt:
        return
    finally:
        store.close()
    if failed:
        raise typer.Exit(1)


def _hand_on(store: Store, names: list[str], settings: Settings, *, everything: bool, as_json: bool) -> bool:
    """Hand on, and say what came of it. Returns whether something failed."""
    results = hand_on(store, [destination(name, settings) for name in names], everything=everything)
    if as_json:
        print_json(results)
        return any(result.error for result in results)
    screen = terminal()
    if not results:
        screen.print("Nothing waits, and no destination is configured: name one, as in `otel-prompt sync mlflow`.")
    configured = _configured(settings)
    for result in results:
        _say_result(screen, result)
        if result.error and result.destination not in configured:
            for line in elsewhere(result.destination):
                say(screen, line)
    return any(result.error for result in results)


def _follow(store: Store, named: list[str] | None, settings: Settings, *, as_json: bool) -> None:
    """Look for more until stopped. What is said is what was done; a destination that is down is tried less and less."""
    known: dict[str, Destination] = {}
    while True:
        time.sleep(_LOOK_SECONDS)
        for name in named or _waited_for(store, settings):
            it = known.setdefault(name, destination(name, settings))
            if store.destinations.retry_seconds(it.name) or not store.outbox.due(it.name, QUIET_SECONDS, 1):
                continue
            (result,) = hand_on(store, [it], quiet_seconds=QUIET_SECONDS)
            if as_json:
                print_json(result)
            else:
                _say_result(terminal(), result)


def _show_status(store: Store, settings: Settings, *, as_json: bool) -> None:
    found, letters = delivery_status(store), store.outbox.dead_letters()
    if as_json:
        print_json({"destinations": found, "dead_letters": letters})
        return
    screen = terminal()
    if not found:
        screen.print("The store has no destinations: nothing was ever to be handed on.")
    for line in status_lines(found, letters, _configured(settings)):
        say(screen, line)


def _redirect(store: Store, source: str, names: list[str], settings: Settings) -> None:
    if len(names) != 1:
        raise ConfigurationError("--instead-of needs one destination: otel-prompt sync mlflow --instead-of ADDRESS")
    moved = store.outbox.redirect(_known(store, source), destination(names[0], settings).name)
    terminal().print(f"{counted(moved, 'trace')} that waited for {source} will go to {names[0]}.")


def _forget(store: Store, name: str) -> None:
    dropped = store.outbox.forget(_known(store, name))
    terminal().print(f"{counted(dropped, 'trace')} will not go to {name}; they stay in the store.")


def _known(store: Store, name: str) -> str:
    """A destination that something waits for.

    Raises:
        ConfigurationError: nothing does.
    """
    waiting = store.outbox.waiting()
    if name not in waiting:
        there = f"there are: {', '.join(sorted(waiting))}" if waiting else "nothing waits at all"
        raise ConfigurationError(f"nothing waits for {name!r}; {there}")
    return name


def _configured(settings: Settings) -> set[str]:
    found: set[str] = set()
    for make in (*DESTINATIONS.values(), *JUDGED.values()):
        with suppress(ConfigurationError):  # a tool of which nothing was asked may have an address that is none
            found.add(make(settings, None).name)
    return found


def _waited_for(store: Store, settings: Settings) -> list[str]:
    """The destinations that something waits for; without any, those that the settings name."""
    named = settings.exporters or config.traces_exporters() or ()
    return list(store.outbox.waiting()) or [name for name in DESTINATIONS if name in named]


def _say_result(screen: Console, result: Delivered) -> None:
    text = Text(f"{result.destination}: ", style="bold", no_wrap=True)
    text.append(f"{counted(result.traces, 'trace')} delivered", style="not bold")
    if result.left:
        text.append(f", {result.left} still waiting", style="not bold yellow")
    say(screen, text)
    if result.error:
        say(screen, Text(f"  {result.error}", style="red"))
