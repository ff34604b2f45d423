"""``otel-prompt doctor``: what is installed, what is traced, where spans go, and what is wrong.

Each module here looks at one part of the installation and gives findings; nothing is changed, and no address is called
that the user has not configured.
"""

from __future__ import annotations

from . import clients, competitors, destinations, environment
from .findings import Finding, Level, healthy

__all__ = ["Finding", "Level", "examine", "healthy"]


def examine() -> list[Finding]:
    """Look at everything."""
    settings, findings = environment.chosen_settings()
    return [
        *clients.examine(settings),
        *competitors.examine(),
        *destinations.examine(settings),
        *findings,
        *environment.examine(settings),
    ]
