"""Calls on a screen too narrow for a table: a few lines each, in which names are shortened and figures never are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from . import figures

_NAMES = ("model", "span")
_HEAD = ("time", "prompt", "version")
_HEAD_OF_STEP = ("time", *_NAMES)
_SAID = {
    "temp": "temperature {}",
    "first\nchunk": "first chunk {}",
    "tokens\nin/out": "{} tokens",
    "cost": "{}",
    "trace": "trace {}",
}
"""How a cell is said where no title stands above it."""
_INDENT = "  "
_BETWEEN = " · "


def call_blocks(
    columns: Mapping[str, Sequence[str]], styles: Mapping[str, Sequence[str]], width: int
) -> Iterator[Text]:
    """A block for each row of the table that does not fit.

    Args:
        columns: the table's cells by title.
        styles: the styles of a column's cells.
        width: the columns of the terminal.
    """
    for n in range(len(columns["time"])):
        cells = {title: column[n] for title, column in columns.items() if column[n] != figures.UNKNOWN}
        head = [title for title in (_HEAD if "prompt" in cells else _HEAD_OF_STEP) if title in cells]
        block = Text(" ".join(cells.pop(title) for title in head), style="bold")
        block.truncate(width, overflow="ellipsis")
        for line in _lines(cells, width - len(_INDENT)):
            block.append("\n" + _INDENT, style="not bold")
            for i, title in enumerate(line):
                style = styles.get(title, [""] * (n + 1))[n]
                block.append(_BETWEEN if i else "", style="not bold dim").append(line[title], style=f"not bold {style}")
        yield block


def _lines(cells: Mapping[str, str], width: int) -> Iterator[dict[str, str]]:
    """What is said of a call below its head, as many on a line as fit."""
    line: dict[str, str] = {}
    for title, cell in cells.items():
        said = _SAID.get(title, "{}").format(cell)
        if title in _NAMES:
            name = Text(said)
            name.truncate(width, overflow="ellipsis")
            said = name.plain
        if line and sum(map(cell_len, line.values())) + len(_BETWEEN) * len(line) + cell_len(said) > width:
            yield line
            line = {}
        line[title] = said
    yield line
