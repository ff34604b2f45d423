"""Where the command line writes: tables for people, JSON for programs."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from rich.console import Console

from ..encoding import encode


def terminal() -> Console:
    """The terminal, or the file that stands for it; 80 columns where there is none to ask."""
    return Console(highlight=False, emoji=False, markup=False)


def print_json(value: Any) -> None:
    """Write a value as JSON, and nothing else."""
    sys.stdout.write(msgspec.json.format(encode(value), indent=2) + "\n")
