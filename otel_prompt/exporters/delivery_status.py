"""How far each destination of a store has got: what waits, for how long, how fast it goes, what went wrong."""

from __future__ import annotations

from time import time_ns

import msgspec

from .store import Store


class DeliveryStatus(msgspec.Struct):
    """One destination.

    Attributes:
        destination: its kind and address.
        waiting: traces that it is still to be given.
        oldest_seconds: how long ago the last span came of the trace that waits longest; None if none waits.
        rate: traces that it takes in a second, over the last minute.
        dead: traces that it has refused for good.
        retry_seconds: for how long it is left in peace, because it did not answer; 0 if it may be tried.
        last: when it last took something, in nanoseconds since the epoch.
        error: what went wrong last, if it has not been well since.
        error_at: when, in nanoseconds since the epoch.
    """

    destination: str
    waiting: int
    oldest_seconds: float | None
    rate: float
    dead: int
    retry_seconds: float
    last: int | None
    error: str | None
    error_at: int | None


def delivery_status(store: Store) -> list[DeliveryStatus]:
    """All destinations that a store knows, by name.

    Raises:
        StoreError: it cannot be read.
    """
    waiting, now = store.outbox.waiting(), time_ns()
    dead: dict[str, int] = {}
    for letter in store.outbox.dead_letters():
        dead[letter.destination] = dead.get(letter.destination, 0) + 1
    found: list[DeliveryStatus] = []
    for name in sorted({*waiting, *dead, *store.destinations.names()}):
        oldest, state = store.outbox.oldest(name), store.destinations.state(name)
        found.append(
            DeliveryStatus(
                destination=name,
                waiting=waiting.get(name, 0),
                oldest_seconds=None if oldest is None else max(now - oldest, 0) / 1e9,
                rate=state.rate,
                dead=dead.get(name, 0),
                retry_seconds=state.retry_seconds,
                last=state.last,
                error=state.error,
                error_at=state.error_at,
            )
        )
    return found
