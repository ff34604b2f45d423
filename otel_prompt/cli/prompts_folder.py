"""The folder of prompts that a command works on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from .. import config
from ..prompts.folder import Folder
from ..prompts.load import folder_at

FolderOption: TypeAlias = Annotated[
    Path | None, typer.Option("--folder", help="The folder of prompts; the setting 'prompts', if none is.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def library(chosen: Path | None) -> Folder:
    """The folder that was said, or that of the settings."""
    return folder_at((chosen or config.load(strict=False).prompts).absolute())
