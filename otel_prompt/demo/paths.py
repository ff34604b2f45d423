"""How a path is written for someone who is to type it."""

from __future__ import annotations

from pathlib import Path


def shown(path: Path) -> str:
    """A path from here, if it lies below; else the whole of it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
