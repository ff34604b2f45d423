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
    store = Store(config.load(strict=False).store)
    try:
        newest = store.spans(limit=1)
        if not newest:
            raise StoreError(
                f"nothing is recorded yet in {store.path}: run your application under opentelemetry-instrument, "
                "or call otel_prompt.instrument() in it; `otel-prompt doctor` says what is traced"
            )
        found = store.trace(newest[0].trace_id if trace is None else trace)
    finally:
        store.close()
    if as_json:
        print_json(found)
    else:
        terminal().print(trace_tree(found, full=full))
