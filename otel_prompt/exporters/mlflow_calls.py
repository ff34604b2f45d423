"""The table of a run's calls: an MLflow table that holds inputs, outputs and figures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from .. import semconv
from ..dialects._content import content
from ..dialects.mlflow import cost, usage
from ..encoding import decode, encode
from ..score import Score
from ..span_record import SpanRecord
from .mlflow_assessments import figures

TABLE: Final = "calls.json"

_ROWS: Final = 1000
"""A run that goes on for long has a table for each thousand of its calls, so that adding to it stays cheap."""

_FIRST: Final = (
    "call",
    "input",
    "output",
    "status",
    "latency_ms",
    "ttft_ms",
    "tokens.input",
    "tokens.output",
    "cost.usd",
)
_LAST: Final = ("error", "trace_id", "span_id")

_MOST_CHARACTERS: Final = 10_000
"""Of a cell: the trace has all of it."""

Rows = dict[tuple[str, str], dict[str, Any]]


class Call(Protocol):
    """A call, and what was said of it."""

    @property
    def record(self) -> SpanRecord:
        """Its span."""
        ...

    @property
    def judgements(self) -> list[Score]:
        """What counts of the judgements."""
        ...


def table_name(call: SpanRecord) -> str:
    """The table in which a call stands."""
    part = call.attributes.get(semconv.RUN_STEP, 0) // _ROWS
    return TABLE if part == 0 else f"calls_{part}.json"


def updated_table(before: str | None, calls: Sequence[Call]) -> str:
    """The table as it is to be: as it was, with the calls that are new or come again.

    Args:
        before: the table, of which other machines may have written some; None if there is none.
        calls: the calls to put in.
    """
    rows = _rows(before) if before is not None else {}
    for call in calls:
        row = _row(call.record, call.judgements)
        rows[row["trace_id"], row["span_id"]] = row
    ordered = sorted(rows.values(), key=lambda row: (row.get("call") or 0, str(row.get("span_id"))))
    between = sorted({column for row in ordered for column in row} - {*_FIRST, *_LAST})
    columns = [*_FIRST, *between, *_LAST]
    return encode({"columns": columns, "data": [[row.get(column) for column in columns] for row in ordered]})


def _rows(text: str) -> Rows:
    try:
        table = decode(text)
        rows = [dict(zip(table["columns"], values)) for values in table["data"]]
        return {(row["trace_id"], row["span_id"]): row for row in rows}
    except (ValueError, KeyError, TypeError):
        # Someone has put another file there; ours is made anew.
        return {}


def _row(call: SpanRecord, judgements: Sequence[Score]) -> dict[str, Any]:
    held, shown = call.attributes, content(call)
    tokens, spent = usage(call) or {}, cost(call) or {}
    first = held.get(semconv.TIME_TO_FIRST_CHUNK)
    prefix = semconv.PROMPT_VARIABLE_PREFIX
    return {
        "call": held.get(semconv.RUN_STEP, 0),
        "input": _cut(shown.asked),
        "output": _cut(shown.answered),
        "status": "error" if call.status == "error" else "ok",
        "latency_ms": round((call.end - call.start) / 1e6, 3),
        "ttft_ms": round(first * 1000, 3) if first is not None else None,
        "tokens.input": tokens.get("input_tokens"),
        "tokens.output": tokens.get("output_tokens"),
        "cost.usd": spent.get("total_cost"),
        **{f"var.{key[len(prefix) :]}": _cut(value) for key, value in held.items() if key.startswith(prefix)},
        **{name: figure.value for name, figure in figures(judgements).items()},
        "error": held.get(semconv.ERROR_TYPE),
        "trace_id": held.get(semconv.MLFLOW_TRACE) or f"tr-{call.trace_id}",
        "span_id": call.span_id,
    }


def _cut(value: Any) -> Any:
    return value[: _MOST_CHARACTERS - 1] + "…" if isinstance(value, str) and len(value) > _MOST_CHARACTERS else value
