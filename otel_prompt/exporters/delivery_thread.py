"""Delivery in a thread of the application, which never waits for it but a little at its end."""

from __future__ import annotations

import os
import threading
import time
from typing import Final
from weakref import WeakSet

from opentelemetry.instrumentation.utils import suppress_instrumentation

from ..errors import OtelPromptError, logger, shielded
from .delivery import Delivered, DeliveryError, Destination, deliver_batch, owner
from .store import Store

QUIET_SECONDS: Final = 30.0
"""A trace whose root has not ended goes out when nothing has come for so long."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 120.0
_OPENING_SECONDS: Final = 90.0
"""How long the end of a process waits for a destination that is being opened. To cut that off could leave, say, a
database half made."""


class Delivery:
    """A thread that hands a store's traces on to one destination. It starts when there is something to hand on.

    Each ask is numbered, and a round of deliveries answers all that were asked before it began.
    """

    def __init__(self, store: Store, destination: Destination, quiet_seconds: float = QUIET_SECONDS) -> None:
        self.store, self.destination, self.quiet_seconds = store, destination, quiet_seconds
        self.reset()
        _deliveries.add(self)

    def reset(self) -> None:
        """As at first: also in a forked child, which has no thread of its parent's."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked = self._urgent = self._answered = 0
        self._opening = self._closing = self._left = self._warned = False
        self._taken = True

    def notify(self) -> None:
        """Something was written."""
        with self._changed:
            self._ask()

    def drain(self, seconds: float) -> bool:
        """Wait until the destination has taken all there is, or has refused, or the time is up.

        Returns:
            Whether it has taken it.
        """
        with self._changed:
            if self._thread is None:
                return True
            asked = self._urgent = self._ask()
            until, last = time.monotonic() + seconds, time.monotonic() + _OPENING_SECONDS
            while self._answered < asked and time.monotonic() < until:
                if self._opening and time.monotonic() < last:
                    until = time.monotonic() + seconds
                self._changed.wait(0.1)
            return self._answered >= asked and self._taken

    def close(self, seconds: float) -> None:
        """Hand on what is left, within the time, and end the thread. What does not go out now stays in the store."""
        with self._changed:
            self._closing = True
        done = self.drain(seconds)
        if not done and not self._warned and (left := self.store.backlog(self.destination.name)):
            logger.warning(
                "otel-prompt: %d traces are not yet in %s. They are kept in %s; `otel-prompt sync` hands them on.",
                left,
                self.destination.name,
                self.store.path,
            )

    def _ask(self) -> int:
        self._asked += 1
        if self._thread is None:
            name = f"otel-prompt to {self.destination.name}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()
        self._changed.notify_all()
        return self._asked

    def _run(self) -> None:
        # What we send is not the application's doing, and its instrumentation shall not trace it.
        with suppress_instrumentation():
            self._deliver_for_good()

    def _deliver_for_good(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._wait_for_work(pause)
                asked, urgent = self._asked, self._urgent > self._answered
            taken = self._round(0.0 if urgent else self.quiet_seconds)
            pause = 0.0 if taken else min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            with self._changed:
                self._answered, self._taken = asked, taken
                self._changed.notify_all()
                if self._closing and asked == self._asked:
                    self._thread, self._closing = None, False
                    return

    def _wait_for_work(self, pause: float) -> None:
        if pause:
            # The destination is down: new work does not shorten the pause, only the end of the process does.
            self._changed.wait_for(lambda: self._urgent > self._answered, pause)
        else:
            self._changed.wait_for(lambda: self._asked > self._answered, self.quiet_seconds if self._left else None)

    def _round(self, quiet_seconds: float) -> bool:
        """Hand on all that is ready."""
        name, outbox = self.destination.name, self.store.outbox
        with shielded:
            try:
                if outbox.due(name, quiet_seconds, 1) and outbox.lease(name, owner()):
                    self._deliver(quiet_seconds)
                self._left = self.store.backlog(name) > 0
                return True
            except OtelPromptError as error:
                self._warn(error)
        return False

    def _deliver(self, quiet_seconds: float) -> None:
        """While this process has the right to."""
        try:
            self._opening = True
            self.destination.open()
            self._opening = False
            result = Delivered(self.destination.name)
            while deliver_batch(self.store, self.destination, quiet_seconds, result):
                pass
            if result.error is not None:
                self._warn(DeliveryError(result.error))
        finally:
            self._opening = False
            self.store.outbox.release(self.destination.name, owner())

    def _warn(self, error: OtelPromptError) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "otel-prompt: %s. Traces are kept in %s and go out when it is back, or with `otel-prompt sync`.",
                error,
                self.store.path,
            )


_deliveries: WeakSet[Delivery] = WeakSet()


def _after_fork() -> None:
    for delivery in list(_deliveries):
        delivery.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
