"""A table in which names are shortened where they do not fit, and figures never are.

Of a shortened figure nothing could be read. Where not even the figures fit side by side, each row is a few lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from . import figures

_SHORTEST = 6
_INDENT = "  "
_BETWEEN = " · "


class Column(msgspec.Struct):
    """One column.

    Attributes:
        title: what stands above; it may have several lines.
        cells: of all rows.
        name: may be shortened.
        right: stands to the right, as figures do.
        dim: is not what one looks for first.
        once: is left empty where it is the same as in the row above.
        head: begins a row that takes several lines.
        said: how a cell is said there, where no title stands above it.
        styles: the style of each cell, if they differ.
    """

    title: str
    cells: Sequence[str]
    name: bool = False
    right: bool = False
    dim: bool = False
    once: bool = False
    head: bool = False
    said: str = "{}"
    styles: Sequence[str] = ()

    @property
    def need(self) -> int:
        """How many columns of the terminal it takes to show all of it."""
        return max(map(cell_len, (*self.title.split("\n"), *self.cells)))

    def text(self, row: int, shown: str | None = None) -> Text:
        """A cell in its style."""
        return Text(self.cells[row] if shown is None else shown, style=self.styles[row] if self.styles else "")


def needed(columns: Sequence[Column]) -> int:
    """How wide a terminal shows all of some columns."""
    return sum(column.need + 1 for column in columns) - 1


def table(columns: Sequence[Column], width: int, notes: Sequence[str] = ()) -> RenderableType:
    """Columns side by side or, if they do not fit, row by row.

    Args:
        columns: which have as many cells as each other.
        width: the columns of the terminal.
        notes: what is to be said below.
    """
    if (widths := _widths(columns, width)) is None:
        return Group(*_blocks(columns, width), *(Text(note, style="dim") for note in notes))
    found = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    found.caption, found.caption_justify = "\n".join(notes) or None, "left"
    for column, most in zip(columns, widths):
        align, style = "right" if column.right else "left", "dim" if column.dim else ""
        found.add_column(column.title, justify=align, style=style, max_width=most, no_wrap=True, overflow="ellipsis")
    for n in range(len(columns[0].cells)):
        found.add_row(*(c.text(n, "" if c.once and n and c.cells[n] == c.cells[n - 1] else None) for c in columns))
    return found


def _widths(columns: Sequence[Column], width: int) -> list[int] | None:
    """What each column may take: figures all they need; the names share what is left, the longest giving way.

    None if that is not enough.
    """
    found = [column.need for column in columns]
    names = [n for n, column in enumerate(columns) if column.name]
    while sum(found) + len(found) - 1 > width:
        widest = max(names, key=found.__getitem__)
        if found[widest] <= _SHORTEST:
            return None
        found[widest] -= 1
    return found


def _blocks(columns: Sequence[Column], width: int) -> Iterator[Text]:
    """Each row on lines of its own; what is not known is left out."""
    for n in range(len(columns[0].cells)):
        row = [column for column in columns if column.cells[n] not in (figures.UNKNOWN, "")]
        block = Text(" ".join(column.said.format(column.cells[n]) for column in row if column.head), style="bold")
        block.truncate(width, overflow="ellipsis")
        for line in _lines([column for column in row if not column.head], n, width - len(_INDENT)):
            block.append("\n" + _INDENT, style="not bold")
            for i, text in enumerate(line):
                block.append(_BETWEEN if i else "", style="not bold dim").append(text)
        yield block


def _lines(columns: Sequence[Column], n: int, width: int) -> Iterator[list[Text]]:
    """What is said in a row, as much on a line as fits."""
    line: list[Text] = []
    for column in columns:
        text = column.text(n, column.said.format(column.cells[n]))
        text.stylize("not bold")
        if column.name:
            text.truncate(width, overflow="ellipsis")
        if line and sum(each.cell_len for each in line) + len(_BETWEEN) * len(line) + text.cell_len > width:
            yield line
            line = []
        line.append(text)
    yield line
