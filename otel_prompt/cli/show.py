"""``otel-prompt show``: one trace as a tree, with its messages."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import config
from ..errors import StoreError
from ..exporters.store import Store
from .terminal import print_json, terminal
from .trace_tree import trace_tree


def show(
    trace: Annotated[str | None, typer.Argument(help="A trace's id or its beginning; the newest, if none is.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Messages in full.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The spans as JSON.")] = False,
) -> None:
    """Show a trace: what was called inside what, with messages, tools, tokens and cost."""
    store = Store(config.load().store)
    try:
        newest = store.spans(limit=1) if trace is None else []
        found = store.trace(newest[0].trace_id if newest else trace or "-")
    finally:
        store.close()
    if not found:
        wanted = f"no trace begins with {trace!r}" if trace else "nothing is recorded yet"
        raise StoreError(f"{wanted} in {store.path}; `otel-prompt spans` lists what there is")
    if as_json:
        print_json(found)
    else:
        terminal().print(trace_tree(found, full=full))
