"""The table of calls: one row a call; where not even the figures fit side by side, a few lines a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .. import semconv
from ..span_record import SpanRecord
from . import figures
from .call_blocks import call_blocks
from .rows import Row, identity, row

_SHORTEST = 6
_TITLES = ("time", "prompt", "version", "model", "temp", "latency", "first\nchunk", "tokens\nin/out", "cost", "status")
_NAMES = frozenset({"prompt", "version", "model", "span"})
"""The columns that may be shortened; of a shortened figure nothing could be read."""
_AUTOMATIC = "~ no prompt is known: the function that made the call"
_RIGHT = frozenset({"temp", "latency", "first\nchunk", "tokens\nin/out", "cost"})


def calls_table(spans: Sequence[SpanRecord], width: int, *, everything: bool = False) -> RenderableType:
    """The table of some spans, as wide as ``width`` allows.

    Args:
        spans: in the order of their rows.
        width: the columns of the terminal.
        everything: among the spans are steps, which have a name where a call has a model.
    """
    facts = [row(span) for span in spans]
    columns = {title: [_cell(title, s, f) for s, f in zip(spans, facts)] for title in (*_TITLES, "trace")}
    if everything:
        columns = {("span" if title == "model" else title): cells for title, cells in columns.items()}
        columns["span"] = [f.model if f.operation in semconv.MODEL_CALLS and f.model else f.name for f in facts]
    notes = [_AUTOMATIC] if any(fact.function and not fact.prompt for fact in facts) else []
    if _needed(columns) > width and len(set(columns.get("model", ()))) == 1:
        # The same name in every row is better said once than cut off in each.
        notes.insert(0, f"model: {columns.pop('model')[0]}")
    styles = {"status": ["red" if fact.status == "error" else "" for fact in facts]}
    if (widths := _widths(columns, width)) is None:
        return Group(*call_blocks(columns, styles, width), *(Text(note, style="dim") for note in notes))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.caption, table.caption_justify = "\n".join(notes) or None, "left"
    for title, most in widths.items():
        align = "right" if title in _RIGHT else "left"
        style = "dim" if title in ("time", "trace") else ""
        table.add_column(title, justify=align, style=style, max_width=most, no_wrap=True, overflow="ellipsis")
    for n in range(len(facts)):
        table.add_row(
            *(Text(cells[n], style=styles.get(title, [""] * len(facts))[n]) for title, cells in columns.items())
        )
    return table


def _cell(title: str, span: SpanRecord, fact: Row) -> str:
    match title:
        case "time":
            return figures.moment(span.start)
        case "latency":
            return figures.seconds(fact.seconds)
        case "first\nchunk":
            return figures.seconds(fact.time_to_first_chunk)
        case "tokens\nin/out":
            return figures.tokens(fact.input_tokens, fact.output_tokens)
        case "cost":
            return figures.dollars(fact.cost_usd)
        case "temp":
            return figures.plain(fact.temperature)
        case "trace":
            return span.trace_id[:8]
        case "prompt":
            return identity(fact) or figures.UNKNOWN
        case _:
            return getattr(fact, title) or figures.UNKNOWN


def _need(title: str, cells: Sequence[str]) -> int:
    return max(map(cell_len, (*title.split("\n"), *cells)))


def _needed(columns: Mapping[str, Sequence[str]]) -> int:
    return sum(_need(title, cells) + 1 for title, cells in columns.items()) - 1


def _widths(columns: Mapping[str, Sequence[str]], width: int) -> dict[str, int] | None:
    """What each column may take: figures all they need; the names share what is left, the longest giving way.

    None if that is not enough: then there is no table.
    """
    found = {title: _need(title, cells) for title, cells in columns.items()}
    names = [title for title in found if title in _NAMES]
    while sum(found.values()) + len(found) - 1 > width:
        widest = max(names, key=lambda title: found[title])
        if found[widest] <= _SHORTEST:
            return None
        found[widest] -= 1
    return found
