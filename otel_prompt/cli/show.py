"""``otel-prompt show``: one trace as a tree, with its messages."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import config
from ..errors import StoreError
from ..exporters.store import Store
from .terminal import print_json, terminal
from .trace_pages import say_pages, trace_pages
from .trace_tree import trace_tree


def show(
    trace: Annotated[str | None, typer.Argument(help="A trace's id or its beginning; the newest, if none is.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Messages in full.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The spans as JSON.")] = False,
) -> None:
    """Show a trace: what was called inside what, with messages, tools, tokens, cost, and its pages in other tools."""
    settings = config.load(strict=False)
    store = Store(settings.store)
    try:
        newest = store.spans(limit=1)
        if not newest:
            raise StoreError(
                f"nothing is recorded yet in {store.path}: run your application under opentelemetry-instrument, "
                "or call otel_prompt.instrument() in it; `otel-prompt doctor` says what is traced"
            )
        found = store.trace(newest[0].trace_id if trace is None else trace)
        pages = [] if as_json else trace_pages(found, store, settings)
    finally:
        store.close()
    if as_json:
        print_json(found)
    else:
        screen = terminal()
        screen.print(trace_tree(found, full=full))
        say_pages(screen, pages)
