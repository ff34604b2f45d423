"""How paths and commands are written for someone who is to type them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def shown(path: Path) -> str:
    """A path from here, if it lies below; else the whole of it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def program(name: str) -> str:
    """A program of this environment: by its name, if that is what the name finds; else by its path."""
    here = shutil.which(name, path=str(Path(sys.executable).parent))
    return name if here is None or shutil.which(name) == here else shown(Path(here))
