"""A store that a process writes is kept within its size and its age, in a thread of its own."""

from __future__ import annotations

from threading import Thread
from typing import Final

from ..config import Settings
from ..errors import StoreError, logger, shielded
from .store import Store

_WRITES_A_CHECK: Final = 1_000
"""After so many spans or judgements the size of the store is looked at."""


class Upkeep:
    """Looks at a store now and then, the first time at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unchecked = _WRITES_A_CHECK
        self._trimming: Thread | None = None

    def wrote(self, number: int, settings: Settings) -> None:
        """So much was written.

        Raises:
            StoreError: the store cannot be read.
        """
        self._unchecked += number
        if self._unchecked < _WRITES_A_CHECK:
            return
        self._unchecked = 0
        most = settings.store_megabytes * 1_000_000
        too_big = bool(most) and self._store.used_bytes() > most
        if (too_big or settings.store_days is not None) and (self._trimming is None or not self._trimming.is_alive()):
            self._trimming = Thread(target=self._trim, args=(settings,), name="otel-prompt store", daemon=True)
            self._trimming.start()

    def _trim(self, settings: Settings) -> None:
        with shielded:
            try:
                self._store.trim(settings.store_megabytes * 1_000_000 or None, settings.store_days)
            except StoreError as error:
                logger.warning("otel-prompt: the store could not be kept within its size: %s", error)
