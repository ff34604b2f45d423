"""What is still open when the process ends: its span ends with what has come until then, and says so."""

from __future__ import annotations

import atexit
import os
from typing import Protocol
from weakref import WeakSet

from .errors import shielded
from .telemetry import Telemetry


class Open(Protocol):
    """A stream that is being read, or a generator that is being walked."""

    def cut_short(self) -> None:
        """End, if it has not ended, and note that it was the process's end."""
        ...


_open: WeakSet[Open] = WeakSet()


def end_at_exit(each: Open, telemetry: Telemetry) -> None:
    """End this with the process, if it has not ended before."""
    _open.add(each)
    if not telemetry.ends_at_exit:
        telemetry.ends_at_exit = True
        # What is registered last runs first: its tracer provider, which is there by now, is shut down after this.
        atexit.unregister(_cut_short)
        atexit.register(_cut_short)


def _cut_short() -> None:
    for each in list(_open):
        with shielded:
            each.cut_short()


if hasattr(os, "register_at_fork"):
    # A forked child ends, too; what its parent has open is its parent's.
    os.register_at_fork(after_in_child=_open.clear)
