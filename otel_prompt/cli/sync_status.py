"""How ``otel-prompt sync --status`` shows what waits where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..exporters._outbox import DeadLetter
from ..exporters.delivery_status import DeliveryStatus
from ..wording import counted
from . import figures

_MOST_LETTERS = 10


def status_lines(
    found: Sequence[DeliveryStatus], letters: Sequence[DeadLetter], configured: set[str]
) -> Iterator[Text]:
    """A paragraph for each destination, to be printed by ``say``.

    Args:
        found: the destinations.
        letters: what they have refused for good.
        configured: the destinations that the settings name.
    """
    for each in found:
        yield Text(each.destination, style="bold", no_wrap=True)
        yield Text(f"  {_waiting(each)}")
        if each.last is not None:
            pace = f", {each.rate:.1f} traces/s over the last minute" if each.rate else ""
            yield Text(f"  last delivery {figures.moment(each.last)}{pace}", style="dim")
        if each.error is not None and each.error_at is not None:
            yield Text(f"  {figures.moment(each.error_at)}: {each.error}", style="red")
        if each.retry_seconds:
            yield Text(f"  left alone for {figures.seconds(each.retry_seconds)}; `otel-prompt sync` tries at once")
        yield from _dead([letter for letter in letters if letter.destination == each.destination])
        if each.waiting and each.destination not in configured:
            yield from elsewhere(each.destination)


def say(screen: Console, line: Text) -> None:
    """Print a line: an address or a command in one piece, so that it can be copied; else folded under its beginning."""
    if line.no_wrap:
        screen.print(line, soft_wrap=True)
        return
    indent = len(line.plain) - len(line.plain.lstrip(" "))
    screen.print(Padding(line[indent:], (0, 0, 0, indent), expand=False))


def elsewhere(name: str) -> Iterator[Text]:
    """What can be done with traces that wait for an address that is not configured any more."""
    kind = name.partition(" ")[0]
    yield Text("  This is not the address that is configured now. To hand on to that one what waits for this:")
    yield Text(f"    otel-prompt sync {kind} --instead-of {quote(name)}", no_wrap=True)
    yield Text("  To hand it on to none (it stays in the store):")
    yield Text(f"    otel-prompt sync --forget {quote(name)}", no_wrap=True)


def _waiting(each: DeliveryStatus) -> str:
    if not each.waiting:
        return "nothing waits"
    since = "" if each.oldest_seconds is None else f", the oldest for {figures.seconds(each.oldest_seconds)}"
    return f"{counted(each.waiting, 'trace')} waiting{since}"


def _dead(letters: Sequence[DeadLetter]) -> Iterator[Text]:
    if not letters:
        return
    yield Text(f"  {counted(len(letters), 'trace')} refused for good; --retry tries again:", style="red")
    for letter in letters[:_MOST_LETTERS]:
        yield Text(f"    {letter.trace_id[:8]}  {letter.reason}")
    if len(letters) > _MOST_LETTERS:
        yield Text(f"    and {len(letters) - _MOST_LETTERS} more: --status --json names them all")
