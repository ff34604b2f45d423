"""Which SDKs are here."""

from __future__ import annotations

from importlib.util import find_spec


def is_here(module: str) -> bool:
    """Whether a module can be imported; of one inside a package, the package may be missing, too."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
