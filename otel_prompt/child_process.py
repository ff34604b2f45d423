"""The end of a child process of ``multiprocessing``, which runs no ``atexit``: what it holds is exported before."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from . import attachment
from .config import Settings
from .errors import shielded

_KINDS: Final = ("multiprocessing.util", "billiard.util")
"""The standard library's, and Celery's copy of it."""

_FIRST_OF_ALL: Final = 1_000
_settings = Settings()


def flush_children(settings: Settings) -> None:
    """Let children that are forked from now on export what they hold when they end."""
    global _settings
    _settings = settings


def _after_fork() -> None:
    with shielded:
        for name in _KINDS:
            if (util := sys.modules.get(name)) is not None:
                # It clears what is to be done at the end, and then calls this.
                util.register_after_fork(_flush, _at_the_end(util))


def _at_the_end(util: Any) -> Any:
    def register(_: object) -> None:
        util.Finalize(None, _flush, exitpriority=_FIRST_OF_ALL)

    return register


def _flush() -> None:
    with shielded:
        attachment.flush(_settings.exit_seconds)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
