"""The pages of a trace in the tools that have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from ..config import Settings, traces_exporters
from ..deep_links import carried, ids_of, links, pages
from ..exporters import DESTINATIONS
from ..exporters.store import Store
from ..span_record import SpanRecord
from ..tree import trees, walk


def say_pages(screen: Console, pages: Iterable[tuple[str, str]]) -> None:
    """Print tools with their addresses, none of them broken: they are to be opened."""
    for tool, address in pages:
        screen.print(Text(f"{tool:<9}{address}"), soft_wrap=True)


def trace_pages(spans: Sequence[SpanRecord], store: Store, settings: Settings) -> list[tuple[str, str]]:
    """Tools, and addresses in them: what the spans say themselves, and what can be told from settings and the store.

    A tool that is fed from the store is told of when it has the trace, whether the settings of this shell name it or
    not. Each shows the whole trace, so that the page of its root is enough, but for W&B, where each call has its run.
    """
    going = store.outbox.taken(spans[0].trace_id)
    waiting = {kind for kind, _, done in map(_parts, going.items()) if not done}
    to = set(settings.exporters or traces_exporters() or ()) - set(DESTINATIONS)
    experiments: dict[str, str] = {}
    for name, done in going.items():
        kind, address, _ = _parts((name, done))
        if not done:
            continue
        to.add(kind)
        if kind == "mlflow":
            settings, experiments = replace(settings, mlflow_tracking_uri=address), store.destinations.noted(name)
        elif kind == "wandb" and not address.startswith("file:"):
            settings = replace(settings, wandb_base_url=address)
    known = pages(settings, to, experiments)
    found: dict[str, dict[str, None]] = {}
    for node in walk(trees(spans)):
        told = {**links(known, ids_of(node.span, settings)), **carried(node.span.attributes)}
        for tool, address in told.items():
            if tool not in waiting and (tool == "wandb" or tool not in found):
                found.setdefault(tool, {})[address] = None
    return [(tool, address) for tool, addresses in found.items() for address in addresses]


def _parts(going: tuple[str, bool]) -> tuple[str, str, bool]:
    kind, _, address = going[0].partition(" ")
    return kind, address, going[1]
