"""``otel-prompt doctor``: what is installed, what is traced, where spans go, and what is wrong.

Each module here looks at one part of the installation and gives findings; nothing is changed, and no address is called
that the user has not configured.
"""

from __future__ import annotations

from .clients import clients
from .competitors import competitors
from .destinations import destinations
from .environment import chosen_settings, environment
from .findings import Finding, Level, healthy

__all__ = ["Finding", "Level", "examine", "healthy"]


def examine() -> list[Finding]:
    """Look at everything."""
    settings, findings = chosen_settings()
    return [
        *clients(settings),
        *competitors(),
        *destinations(settings),
        *findings,
        *environment(settings),
    ]
