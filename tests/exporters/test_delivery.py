"""From the store to a destination: everything arrives, late if it must, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time

import pytest
from span_records import call, step
from tracker import NAME, Tracker, until

from otel_prompt.errors import shielded
from otel_prompt.exporters import _batch, _destinations
from otel_prompt.exporters._outbox import TRIES
from otel_prompt.exporters.delivery import Delivered, deliver_batch, sync
from otel_prompt.exporters.delivery_thread import Delivery
from otel_prompt.exporters.store import Store


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    it = Store(tmp_path / "spans.db")
    yield it
    it.close()


@pytest.fixture
def tracker():
    """A destination that works."""
    return Tracker()


@pytest.fixture
def delivery(store, tracker, monkeypatch):
    """A delivery from the one to the other, which is ended."""
    monkeypatch.setattr(_destinations, "_FIRST_PAUSE", 0.05)
    it = Delivery(store, tracker, quiet_seconds=0.2)
    yield it
    tracker.gate.set()
    it.close(5)


def test_a_finished_trace_is_handed_on(store, tracker, delivery):
    """When the root is there the trace goes out, whole, and each call with its place in its run."""
    root = step()
    first, second = call(parent=root), call(parent=root)
    store.write([first, second], [NAME])
    store.write([root], [NAME])
    delivery.notify()
    until(lambda: store.backlog("tracker") == 0)
    assert tracker.spans == {root.trace_id: {root.span_id, first.span_id, second.span_id}}
    assert tracker.steps == {first.span_id: 0, second.span_id: 1}


def test_a_trace_without_its_root_waits_a_while(store, tracker, delivery):
    """An open trace goes out when nothing has come for some time."""
    inner = call(parent=step())
    store.write([inner], [NAME])
    delivery.notify()
    time.sleep(0.1)
    assert tracker.spans == {}
    until(lambda: tracker.spans == {inner.trace_id: {inner.span_id}})


def test_a_late_span_sends_its_trace_again(store, tracker, delivery):
    """What comes after the delivery is delivered too."""
    root = step()
    late = call(parent=root)
    store.write([root], [NAME])
    delivery.notify()
    until(lambda: store.backlog(NAME) == 0)
    store.write([late], [NAME])
    delivery.notify()
    until(lambda: store.backlog(NAME) == 0)
    assert tracker.spans[root.trace_id] == {root.span_id, late.span_id}


def test_what_was_not_meant_for_a_destination_stays_here(store, tracker, delivery):
    """A store is shared by all of a user's projects; a destination gets those that were to go there."""
    mine, other = call(), call()
    store.write([mine], [NAME])
    store.write([other])
    store.write([call()], ["tracker http://elsewhere"])
    assert delivery.drain(0)
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]
    assert set(tracker.spans) == {mine.trace_id}
    assert sync(store, [tracker], everything=True)[0].traces == 2
    assert len(tracker.spans) == 3
    assert sync(store, [tracker], everything=True)[0].traces == 0


def test_a_destination_that_is_down_gets_everything_when_it_is_back(store, tracker, delivery, caplog):
    """It is said once; the pauses between tries grow; nothing is lost."""
    tracker.down = True
    for _ in range(3):
        store.write([call()], [NAME])
        delivery.notify()
        time.sleep(0.1)
    assert tracker.opened < 5
    assert store.backlog(NAME) == 3
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "the tracker does not answer" in caplog.text
    tracker.down = False
    until(lambda: store.backlog(NAME) == 0)
    assert len(tracker.spans) == 3


def test_a_trace_that_is_refused_does_not_hold_up_the_others(store, tracker):
    """The others arrive; the refused one is tried again later, less and less often, and at once when one asks."""
    bad, good = call(), call()
    tracker.refused = {bad.trace_id}
    store.write([bad, good], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1, failed=1, left=1, error="not this one")]
    assert store.outbox.due(NAME, 0, 10) == []
    tracker.refused = set()
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]


def test_the_end_of_a_process_waits_only_so_long(store, tracker, delivery, monkeypatch, caplog):
    """A destination that hangs is left; what it has not taken is in the store, and that is said."""
    taken = threading.Event()
    monkeypatch.setattr(tracker, "deliver", lambda _: taken.wait(20))
    store.write([call()], [NAME])
    delivery.notify()
    began = time.monotonic()
    delivery.close(0.3)
    assert time.monotonic() - began < 2
    assert "1 trace is not yet in tracker http://here" in caplog.text
    taken.set()


def test_the_end_of_a_process_does_not_cut_an_opening_off(store, tracker, delivery):
    """A database that is being made is not left half made: the time begins when it is there."""
    tracker.gate.clear()
    tracker.busy = True
    store.write([call()], [NAME])
    delivery.notify()
    threading.Timer(0.5, tracker.made).start()
    delivery.close(0.2)
    assert len(tracker.spans) == 1


def test_an_open_trace_goes_out_at_the_end(store, tracker, delivery):
    """When the process ends, no root will come any more."""
    delivery.quiet_seconds = 60
    store.write([call(parent=step())], [NAME])
    delivery.notify()
    delivery.close(5)
    assert len(tracker.spans) == 1


def test_one_process_delivers_at_a_time(store, tracker, monkeypatch):
    """While another process has the lease, this one leaves the work to it; a lease that has run out is free."""
    store.write([call()], [NAME])
    with monkeypatch.context() as another:
        another.setattr(_destinations, "owner", lambda: "other:1")
        assert store.destinations.lease(NAME)
    assert not deliver_batch(store, tracker, 0, Delivered(NAME))
    assert tracker.batches == 0
    monkeypatch.setattr("otel_prompt.exporters._destinations.LEASE_SECONDS", -1)
    with monkeypatch.context() as another:
        another.setattr(_destinations, "owner", lambda: "other:1")
        assert store.destinations.lease(NAME)
    assert deliver_batch(store, tracker, 0, Delivered(NAME))


def test_sync_tells_what_came_of_it(store, tracker):
    """For each destination: how many, how many are left, and why."""
    for _ in range(120):
        store.write([call()], [NAME])
    told = []
    assert sync(store, [tracker], on_progress=lambda so_far: told.append(so_far.traces)) == [
        Delivered(NAME, traces=120)
    ]
    assert told == [50, 100, 120]
    store.write([call()], [NAME])
    tracker.down = True
    assert sync(store, [tracker]) == [Delivered(NAME, left=1, error="the tracker does not answer")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_delivers_with_a_thread_of_its_own(store, tracker, delivery, tmp_path):
    """A thread does not survive a fork; the child starts one when it has something."""
    store.write([call()], [NAME])
    delivery.notify()
    until(lambda: store.backlog(NAME) == 0)
    if (child := os.fork()) == 0:
        try:
            store.write([call()], [NAME])
            delivery.notify()
            delivery.close(5)
            os._exit(0 if store.backlog(NAME) == 0 else 2)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_what_is_refused_again_and_again_is_a_dead_letter(store, tracker):
    """It is tried no more, with its reason, until one asks or something new comes for it; others are not held up."""
    bad, good = call(), call()
    tracker.refused = {bad.trace_id}
    store.write([bad], [NAME])
    for _ in range(TRIES):
        store.outbox.hurry(NAME)
        sync(store, [tracker])
    store.write([good], [NAME])
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]
    (letter,) = store.outbox.dead_letters()
    assert (letter.destination, letter.trace_id, letter.reason) == (NAME, bad.trace_id, "not this one")
    assert store.outbox.dead_letters("tracker http://elsewhere") == []
    tracker.refused = set()
    late = call(bad.trace_id)
    store.write([late], [NAME])
    sync(store, [tracker])
    assert tracker.spans[bad.trace_id] == {bad.span_id, late.span_id}
    store.outbox.revive(NAME)
    assert store.outbox.dead_letters() == []
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]


def test_a_trace_that_breaks_a_destination_is_found(store, tracker, monkeypatch, caplog):
    """A fault that the destination did not foresee costs the trace that it is in, and no other."""
    monkeypatch.setattr(shielded, "reraise", False)
    traces = [call() for _ in range(5)]
    take = tracker.deliver

    def deliver(given):
        if any(spans[0].trace_id == traces[2].trace_id for spans in given):
            raise KeyError("what")
        take(given)

    monkeypatch.setattr(tracker, "deliver", deliver)
    store.write(traces, [NAME])
    (result,) = sync(store, [tracker])
    assert (result.traces, result.failed, result.left) == (4, 1, 1)
    assert set(tracker.spans) == {t.trace_id for t in traces} - {traces[2].trace_id}


def test_a_trace_that_cannot_be_read_holds_nothing_up(store, tracker, monkeypatch):
    """A row that is damaged is told of as refused."""
    monkeypatch.setattr(shielded, "reraise", False)
    bad, good = call(), call()
    store.write([bad, good], [NAME])
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE spans SET attributes = '{' WHERE trace_id = ?", (bad.trace_id,))
    db.close()
    (result,) = sync(store, [tracker])
    assert (result.traces, result.failed, result.error) == (1, 1, "it cannot be read from the store")
    assert set(tracker.spans) == {good.trace_id}


def test_a_long_trace_goes_with_few_others(store, tracker, monkeypatch):
    """A batch is bounded by its spans too, so that memory stays flat; a trace is never split."""
    monkeypatch.setattr(_batch, "_SPANS", 100)
    sizes = []
    take = tracker.deliver
    monkeypatch.setattr(tracker, "deliver", lambda given: (sizes.append([len(t) for t in given]), take(given)))
    root = step()
    store.write([root, *(call(parent=root) for _ in range(150))], [NAME])
    for _ in range(120):
        store.write([call()], [NAME])
    sync(store, [tracker])
    assert sizes[0] == [151]
    assert sum(map(sum, sizes)) == 271
    assert max(len(batch) for batch in sizes) <= 50


def test_processes_leave_a_destination_alone_that_another_found_down(store, tracker, delivery):
    """The pause is known to all who share the store, and ends when one of them gets an answer."""
    store.destinations.failed(NAME, "it is down", retry_seconds=60)
    store.write([call()], [NAME])
    delivery.notify()
    assert not delivery.drain(0.3)
    assert tracker.opened == 0
    assert sync(store, [tracker]) == [Delivered(NAME, traces=1)]
    store.write([call()], [NAME])
    delivery.notify()
    assert delivery.drain(5)
    assert len(tracker.spans) == 2


def test_the_event_loop_is_never_held_up(store, tracker, delivery):
    """While a destination hangs, a loop goes on."""

    async def longest_pause():
        found, last = 0.0, time.monotonic()
        for _ in range(50):
            store.write([call()], [NAME])
            delivery.notify()
            last = time.monotonic()
            await asyncio.sleep(0.001)
            found = max(found, time.monotonic() - last)
        return found

    tracker.gate.clear()
    assert asyncio.run(longest_pause()) < 0.5
    tracker.gate.set()


def test_what_comes_in_a_while_goes_together(store, tracker, delivery):
    """After a delivery the destination is given nothing for a moment; a flush does not wait for that."""
    tracker.gather_seconds = 0.6
    for n in range(10):
        store.write([call()], [NAME])
        delivery.notify()
        if n == 0:
            until(lambda: tracker.batches == 1)
    time.sleep(0.2)
    assert tracker.batches == 1
    until(lambda: len(tracker.spans) == 10)
    assert tracker.batches == 2
    store.write([call()], [NAME])
    delivery.notify()
    assert delivery.drain(0.4)
    assert len(tracker.spans) == 11


def test_a_destination_lets_go_at_the_end(store, tracker, delivery):
    """What it holds, a process of its own say, ends with the thread, before the process does."""
    store.write([call()], [NAME])
    delivery.notify()
    delivery.close(5)
    assert (tracker.closed, len(tracker.spans)) == (True, 1)
