"""How a number of things is said."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """``1 span``, ``2 spans``."""
    return f"{number} {thing}{'s' * (number != 1)}"
