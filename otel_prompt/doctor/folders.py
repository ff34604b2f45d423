"""Whether something new can be made in a folder, found out by trying: permissions do not say all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile


def unwritable(folder: Path) -> Path | None:
    """The folder that keeps a folder, or a file in it, from being made; None if nothing does."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        # Such a file has no name, or loses it at once.
        TemporaryFile(dir=folder).close()
    except OSError:
        return folder
    return None
