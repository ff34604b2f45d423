"""The table of calls: one row a call, on a screen of any width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from .. import semconv
from ..span_record import SpanRecord
from . import figures
from .columns import Column, needed, table
from .rows import Row, identity, row

_AUTOMATIC = "~ no prompt is known: the function that made the call"


def calls_table(spans: Sequence[SpanRecord], width: int, *, everything: bool = False) -> RenderableType:
    """The table of some spans, as wide as ``width`` allows.

    Args:
        spans: in the order of their rows.
        width: the columns of the terminal.
        everything: among the spans are steps, which have a name where a call has a model.
    """
    facts = [row(span) for span in spans]
    columns = _columns(spans, facts, everything)
    notes = [_AUTOMATIC] if any(fact.function and not fact.prompt for fact in facts) else []
    if needed(columns) > width and len({fact.model for fact in facts}) == 1 and not everything:
        # The same name in every row is better said once than cut off in each.
        columns = [column for column in columns if column.title != "model"]
        notes.insert(0, f"model: {facts[0].model or figures.UNKNOWN}")
    return table(columns, width, notes)


def _columns(spans: Sequence[SpanRecord], facts: Sequence[Row], everything: bool) -> list[Column]:
    return [
        Column("time", [figures.moment(span.start) for span in spans], dim=True, head=True),
        Column("prompt", [identity(f) or figures.UNKNOWN for f in facts], name=True, head=True),
        Column("version", [f.version or figures.UNKNOWN for f in facts], name=True, head=True),
        Column("span" if everything else "model", [_what(f, everything) for f in facts], name=True),
        Column("temp", [figures.plain(f.temperature) for f in facts], right=True, said="temperature {}"),
        Column("latency", [figures.seconds(f.seconds) for f in facts], right=True),
        Column(
            "first\nchunk", [figures.seconds(f.time_to_first_chunk) for f in facts], right=True, said="first chunk {}"
        ),
        Column("tokens\nin/out", [_tokens(f) for f in facts], right=True, said="{} tokens"),
        Column("cost", [figures.dollars(f.cost_usd) for f in facts], right=True),
        Column("status", [f.status for f in facts], styles=["red" if f.status == "error" else "" for f in facts]),
        Column("trace", [span.trace_id[:8] for span in spans], dim=True, said="trace {}"),
    ]


def _what(fact: Row, everything: bool) -> str:
    """A call's model; a step's name."""
    if everything and (fact.operation not in semconv.MODEL_CALLS or not fact.model):
        return fact.name
    return fact.model or figures.UNKNOWN


def _tokens(fact: Row) -> str:
    return figures.tokens(fact.input_tokens, fact.output_tokens)
