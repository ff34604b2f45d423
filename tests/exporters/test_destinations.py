"""What the processes of a store know of a destination: who delivers, how long it is left alone, how fast it goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from otel_prompt.exporters import _destinations
from otel_prompt.exporters.store import Store

NAME = "tracker http://here"
_SECOND = 1_000_000_000


@pytest.fixture
def destinations(tmp_path):
    """What a store knows."""
    it = Store(tmp_path / "spans.db")
    yield it.destinations
    it.close()


def another(monkeypatch, destinations, owner="elsewhere:1"):
    """Let another process take the right to deliver."""
    with monkeypatch.context() as patch:
        patch.setattr(_destinations, "owner", lambda: owner)
        return destinations.lease(NAME)


def later(monkeypatch, seconds):
    """Put the clock on, or back."""
    monkeypatch.setattr(_destinations, "time_ns", lambda: time.time_ns() + int(seconds * _SECOND))


def test_one_has_the_right_until_it_gives_it_back(destinations, monkeypatch):
    """It may be taken again by its owner, by another when it is given back or has run out."""
    assert destinations.lease(NAME)
    assert destinations.lease(NAME)
    assert not another(monkeypatch, destinations)
    destinations.release(NAME)
    assert another(monkeypatch, destinations)
    assert not destinations.lease(NAME)
    later(monkeypatch, _destinations.LEASE_SECONDS + 1)
    assert destinations.lease(NAME)


def test_the_right_ends_with_its_process(destinations, monkeypatch):
    """Nobody waits a minute for a process that was killed."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    alive = f"{_destinations.owner().rpartition(':')[0]}:{os.getppid()}"
    assert another(monkeypatch, destinations, alive)
    assert not destinations.lease(NAME)
    destinations.release(NAME)
    with monkeypatch.context() as patch:
        patch.setattr(_destinations, "owner", lambda: alive)
        destinations.release(NAME)
    assert another(monkeypatch, destinations, f"{_destinations.owner().rpartition(':')[0]}:{gone.pid}")
    assert destinations.lease(NAME)


def test_a_clock_that_was_wrong_is_no_lasting_harm(destinations, monkeypatch):
    """What was taken, or put off, by a clock far ahead is free when the clock is right again."""
    with monkeypatch.context() as patch:
        later(patch, 86_400)
        patch.setattr(_destinations, "owner", lambda: "elsewhere:1")
        assert destinations.lease(NAME)
        destinations.failed(NAME, "it is down")
    assert destinations.lease(NAME)
    assert destinations.retry_seconds(NAME) == 0


def test_one_that_is_down_is_left_alone_longer_each_time(destinations, monkeypatch):
    """All processes know; the pause doubles up to two minutes, never quite; an answer ends it."""
    assert destinations.retry_seconds(NAME) == 0
    pauses = [destinations.failed(NAME, "it is down") for _ in range(12)]
    for n, pause in enumerate(pauses):
        full = min(2**n, 120)
        assert 0.75 * full <= pause <= 1.25 * full
    assert len(set(pauses)) == 12
    assert 80 < destinations.retry_seconds(NAME) <= 150
    state = destinations.state(NAME)
    assert (state.failures, state.error) == (12, "it is down")
    destinations.took(NAME, 3, None)
    state = destinations.state(NAME)
    assert (state.failures, state.retry_seconds) == (0, 0)
    assert state.rate == 3 / 60
    assert state.last is not None
    later(monkeypatch, 61)
    assert destinations.state(NAME).rate == 0


def test_one_that_asks_to_be_left_alone_is(destinations):
    """What a service says in Retry-After counts, up to an hour."""
    assert destinations.failed(NAME, "429", retry_seconds=300) == 300
    assert 299 < destinations.retry_seconds(NAME) <= 300
    assert destinations.failed(NAME, "429", retry_seconds=1e9) == 3600
