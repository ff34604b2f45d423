"""Delivery in a thread of the application, which never waits for it but a little at its end."""

from __future__ import annotations

import os
import threading
import time
from typing import Final
from weakref import WeakSet

from opentelemetry.instrumentation.utils import suppress_instrumentation

from ..errors import OtelPromptError, logger, shielded
from .delivery import Delivered, Destination, deliver_batch
from .store import Store

QUIET_SECONDS: Final = 30.0
"""A trace whose root has not ended goes out when nothing has come for so long."""

_AFTER_A_FAULT: Final = 5.0
"""The pause in seconds after what is no fault of the destination's: the store is locked, or our own code has failed."""

_BUSY_SECONDS: Final = 90.0
"""How long the end of a process waits at most for a destination that is doing what must not be cut off."""


class Delivery:
    """A thread that hands a store's traces on to one destination.

    Each ask is numbered, and a round of deliveries answers all that were asked before it began.
    """

    def __init__(self, store: Store, destination: Destination, quiet_seconds: float = QUIET_SECONDS) -> None:
        self.store, self.destination, self.quiet_seconds = store, destination, quiet_seconds
        self.reset()
        # At once, and not with the first span: that may come when the interpreter ends and starts no thread any more.
        self._start()
        _deliveries.add(self)

    def reset(self) -> None:
        """As at first: also in a forked child, which has no thread of its parent's."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked = self._urgent = self._answered = 0
        self._closing = self._left = self._said_down = self._said_refused = False
        self._taken, self._gather_until = True, 0.0

    def notify(self) -> None:
        """Something was written."""
        with self._changed:
            self._ask()

    def hurry(self) -> None:
        """Hand on now what there is, also traces that are not yet whole."""
        with self._changed:
            if self._asked:
                self._urgent = self._ask()

    def drain(self, seconds: float) -> bool:
        """Wait until the destination has taken all there is, or has refused, or the time is up.

        Returns:
            Whether it has taken it.
        """
        self.hurry()
        with self._changed:
            asked, until, last = self._urgent, time.monotonic() + seconds, time.monotonic() + _BUSY_SECONDS
            while self._answered < asked and time.monotonic() < until:
                if self.destination.busy and time.monotonic() < last:
                    until = time.monotonic() + seconds
                self._changed.wait(0.1)
            return self._answered >= asked and self._taken

    def close(self, seconds: float) -> None:
        """Hand on what is left, within the time, and end the thread. What does not go out now stays in the store."""
        until = time.monotonic() + seconds
        done = self.drain(seconds)
        self.stop(max(until - time.monotonic(), 0.0))
        if not done and not self._said_down and (left := self.store.backlog(self.destination.name)):
            logger.warning(
                "otel-prompt: %d trace%s not yet in %s. They are kept in %s; `otel-prompt sync` hands them on.",
                left,
                " is" if left == 1 else "s are",
                self.destination.name,
                self.store.path,
            )

    def stop(self, seconds: float = 0.0) -> None:
        """End the thread when it has done what it is at; wait for that so many seconds."""
        with self._changed:
            thread, self._closing = self._thread, True
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _ask(self) -> int:
        self._asked += 1
        if self._thread is None:
            self._start()
        self._changed.notify_all()
        return self._asked

    def _start(self) -> None:
        name = f"otel-prompt to {self.destination.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # What we send is not the application's doing, and its instrumentation shall not trace it.
        with suppress_instrumentation():
            self._deliver_for_good()

    def _deliver_for_good(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._wait_for_work(pause)
                if self._closing:
                    break
                asked, urgent = self._asked, self._urgent > self._answered
            pause = self._round(0.0 if urgent else self.quiet_seconds)
            with self._changed:
                self._answered, self._taken = asked, not pause
                self._changed.notify_all()
        with shielded:
            self.destination.close()
        with self._changed:
            self._thread, self._closing = None, False

    def _wait_for_work(self, pause: float) -> None:
        if pause:
            # The destination is down: new work does not shorten the pause, only the end of the process does.
            self._changed.wait_for(lambda: self._urgent > self._answered or self._closing, pause)
        else:
            waiting = self.quiet_seconds if self._left else None
            self._changed.wait_for(lambda: self._asked > self._answered or self._closing, waiting)
            rest = self._gather_until - time.monotonic()
            self._changed.wait_for(lambda: self._urgent > self._answered or self._closing, max(rest, 0.0))

    def _round(self, quiet_seconds: float) -> float:
        """Hand on all that is ready.

        Returns:
            For how many seconds the destination is to be left in peace; 0 if it has answered.
        """
        name, store = self.destination.name, self.store
        with shielded:
            try:
                if store.outbox.due(name, quiet_seconds, 1):
                    if pause := store.destinations.retry_seconds(name):
                        return pause
                    self._deliver(quiet_seconds)
                self._left = store.backlog(name) > 0
                return 0.0
            except OtelPromptError as error:
                self._say_down(error)
                return store.destinations.retry_seconds(name) or _AFTER_A_FAULT
        return _AFTER_A_FAULT

    def _deliver(self, quiet_seconds: float) -> None:
        """While this process has the right to."""
        if not self.store.destinations.lease(self.destination.name):
            return
        result = Delivered(self.destination.name)
        try:
            while deliver_batch(self.store, self.destination, quiet_seconds, result):
                self._said_down = False
                self._gather_until = time.monotonic() + self.destination.gather_seconds
        finally:
            self.store.destinations.release(self.destination.name)
            if result.error is not None:
                self._say_refused(result)

    def _say_down(self, error: OtelPromptError) -> None:
        if not self._said_down:
            self._said_down = True
            logger.warning(
                "otel-prompt: %s. Traces are kept in %s and go out when it is back, or with `otel-prompt sync`.",
                error,
                self.store.path,
            )

    def _say_refused(self, result: Delivered) -> None:
        if not self._said_refused:
            self._said_refused = True
            logger.warning(
                "otel-prompt: %s has refused a trace: %s. The others go on; `otel-prompt sync --status` tells more.",
                result.destination,
                result.error,
            )


_deliveries: WeakSet[Delivery] = WeakSet()


def _after_fork() -> None:
    for delivery in list(_deliveries):
        delivery.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
