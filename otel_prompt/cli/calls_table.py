"""The table of calls: one row a call, at 80 columns as at 120."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from .. import semconv
from ..span_record import SpanRecord
from . import figures
from .rows import Row, row

_SHORTEST = 6
_TITLES = ("time", "prompt", "version", "model", "temp", "latency", "first\nchunk", "tokens\nin/out", "cost", "status")
_NAMES = frozenset({"prompt", "version", "model", "span"})
"""The columns that may be shortened; of a shortened figure nothing could be read."""
_RIGHT = frozenset({"temp", "latency", "first\nchunk", "tokens\nin/out", "cost"})


def calls_table(spans: Sequence[SpanRecord], width: int, *, everything: bool = False) -> Table:
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
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    if _needed(columns) > width and len(set(columns.get("model", ()))) == 1:
        # The same name in every row is better said once than cut off in each.
        table.caption, table.caption_justify = f"model: {columns.pop('model')[0]}", "left"
    for title, most in _widths(columns, width).items():
        align = "right" if title in _RIGHT else "left"
        style = "dim" if title in ("time", "trace") else ""
        table.add_column(title, justify=align, style=style, max_width=most, no_wrap=True, overflow="ellipsis")
    for n, fact in enumerate(facts):
        style = "red" if fact.status == "error" else ""
        table.add_row(*(Text(cells[n], style=style if title == "status" else "") for title, cells in columns.items()))
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
        case _:
            return getattr(fact, title) or figures.UNKNOWN


def _need(title: str, cells: Sequence[str]) -> int:
    return max(map(len, (*title.split("\n"), *cells)))


def _needed(columns: Mapping[str, Sequence[str]]) -> int:
    return sum(_need(title, cells) + 1 for title, cells in columns.items()) - 1


def _widths(columns: Mapping[str, Sequence[str]], width: int) -> dict[str, int]:
    """What each column may take: figures all they need; the names share what is left, the longest giving way."""
    found = {title: _need(title, cells) for title, cells in columns.items()}
    names = [title for title in found if title in _NAMES]
    while sum(found.values()) + len(found) - 1 > width:
        widest = max(names, key=lambda title: found[title])
        if found[widest] <= _SHORTEST:
            break
        found[widest] -= 1
    return found
