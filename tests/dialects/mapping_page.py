"""docs/mapping.md, made of the cells: ``python tests/dialects/mapping_page.py`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cells import BACKENDS, ROWS, Cell, Row

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
TITLES = ("Jaeger", "Langfuse", "LangSmith", "MLflow (OTLP)", "Phoenix", "Weave")
HEAD = """# What becomes of each fact at each backend

One span leaves your application under the names of the GenAI conventions and `otel_prompt.*`. Each backend then gets
its own rewriting of it, with the same ids and times, because no set of attributes is right for all: a prompt's name
under `gen_ai.prompt.` is taken for the input by Langfuse, LangSmith and Weave; most count cache writes under a former
name; some add up whatever stands under `gen_ai.usage.`.

This page is made from `tests/dialects/cells.py`, where each cell is a test. The exporter `otlp` sends spans as they
are; `mlflow`, which is another exporter than `mlflow-otlp`, writes native traces and runs, with linked prompts.
A name in (brackets) is not sent, because it would do harm there.

"""


def page() -> str:
    """The text of the page."""
    lines = ["| | canonical | " + " | ".join(TITLES) + " |", "|---|---|" + "---|" * len(TITLES)]
    lines += [_line(row) for row in ROWS]
    return HEAD + "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    canonical = "<br>".join(f"`{name}`" for name in row.given)
    return f"| {row.fact} | {canonical} | " + " | ".join(_cell(row, row.cells[name]) for name in BACKENDS) + " |"


def _cell(row: Row, cell: Cell) -> str:
    if cell.has == row.given and not cell.note:
        return "the same"
    found = [text for name, value in cell.has.items() for text in _names(name, value)]
    found += [f"event `{cell.event[0]}`"] if cell.event else []
    found += [f"(`{name}`)" for name in cell.lacks if name in row.given]
    return "<br>".join([*found, *([cell.note] if cell.note else [])])


def _names(name: str, value: Any) -> list[str]:
    """An attribute; of a JSON object, what is in it."""
    if isinstance(value, dict) and name not in ("mlflow.spanInputs", "inputs", "input.value"):
        return [f"`{name}`: {', '.join(_paths(value))}"]
    return [f"`{name}`"]


def _paths(value: dict[str, Any], start: str = "") -> list[str]:
    found: list[str] = []
    for name, inner in value.items():
        found += _paths(inner, f"{start}{name}.") if isinstance(inner, dict) and inner else [f"`{start}{name}`"]
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
