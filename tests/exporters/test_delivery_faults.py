"""Processes that are killed, frozen and forked, and a disk that is full: each call arrives, and none is made up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from http_tracker import HttpTracker, http_tracker
from span_records import call
from tracker import Tracker, until

from otel_prompt import semconv
from otel_prompt.exporters.delivery import sync
from otel_prompt.exporters.store import Store

SUPPORT = str(Path(__file__).parents[1] / "support")
PROGRAM = """
import sys, time, uuid
from pathlib import Path
sys.path.insert(0, {support!r})
from http_tracker import HttpTracker
from span_records import call
from otel_prompt.exporters.delivery_thread import Delivery
from otel_prompt.exporters.store import Store
store = Store(Path(sys.argv[1]))
delivery = Delivery(store, HttpTracker(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    record = call(uuid.uuid4().hex)
    store.write([record], [delivery.destination.name])
    print(record.trace_id, flush=True)
    delivery.notify()
    time.sleep(0.005)
delivery.close(60)
"""
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def start(path, address, calls=100_000):
    """A program that records calls, says so, and hands them on."""
    command = [sys.executable, "-c", PROGRAM.format(support=SUPPORT), str(path), address, str(calls)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@POSIX
def test_processes_that_are_killed_lose_nothing(tmp_path):
    """A hundred processes end by SIGKILL at any moment: what they have recorded arrives, and nothing else does."""
    path, said = tmp_path / "spans.db", set()
    with http_tracker() as (address, held):
        for _ in range(25):
            programs = [start(path, address) for _ in range(4)]
            for program in programs:
                said.add(program.stdout.readline().strip())
            for program in programs:
                time.sleep(random.uniform(0, 0.05))
                program.kill()
            for program in programs:
                said.update(line.strip() for line in program.communicate()[0].splitlines(keepends=True) if "\n" in line)
                assert program.returncode == -signal.SIGKILL
        store = Store(path)
        assert len(said) > 100
        (result,) = sync(store, [HttpTracker(address)])
        assert (result.failed, result.left, result.error) == (0, 0, None)
        recorded = {span.trace_id for span in store.spans(limit=None)}
        assert said <= recorded
        assert {trace_id for trace_id, _ in held} == recorded
        assert sorted(store.run_steps(sorted(recorded)).values()) == list(range(len(recorded)))
        store.close()


@POSIX
def test_a_frozen_process_holds_nobody_up(tmp_path, monkeypatch):
    """As a function that is frozen between two requests: another delivers meanwhile; thawed, it goes on."""
    monkeypatch.setattr("otel_prompt.exporters._destinations.LEASE_SECONDS", 1)
    monkeypatch.setattr("otel_prompt.exporters.delivery.LEASE_SECONDS", 60)
    path = tmp_path / "spans.db"
    with http_tracker() as (address, held):
        program = start(path, address, 400)
        first = program.stdout.readline().strip()
        until(lambda: held)
        os.kill(program.pid, signal.SIGSTOP)
        store = Store(path)
        mine = call()
        # The lease was taken by the other, for a minute: it is let go as when the minute is over.
        store.write([mine], [f"tracker {address}"])
        with store._database.writing() as db:
            db.execute("UPDATE destinations SET until = 0")
        (result,) = sync(store, [HttpTracker(address)])
        assert (result.left, result.error) == (0, None)
        assert (mine.trace_id, mine.span_id) in held
        os.kill(program.pid, signal.SIGCONT)
        out, err = program.communicate(timeout=60)
        assert (program.returncode, err) == (0, "")
        assert {first, *out.split()} | {mine.trace_id} == {trace_id for trace_id, _ in held}
        store.close()


@POSIX
def test_processes_that_write_and_deliver_at_once(tmp_path):
    """Twenty processes share a store and a destination; one delivers at a time, and each call is handed over once."""
    path = tmp_path / "spans.db"
    with http_tracker() as (address, held):
        programs = [start(path, address, 20) for _ in range(20)]
        for program in programs:
            out, err = program.communicate(timeout=120)
            assert (program.returncode, err, len(out.split())) == (0, "", 20)
        store = Store(path)
        assert store.count() == 400
        assert store.outbox.waiting() == {}
        assert set(held.values()) == {1}
        assert len(held) == 400
        store.close()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no disk can be made here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk, application, caplog):
    """Spans are held in memory and handed on from there; when there is room again they are in the store."""
    path, tracker = small_disk / "spans.db", Tracker()
    app = application(path)
    app.exporters[0].recording.deliver_to(tracker)
    app.call()
    until(lambda: len(tracker.spans) == 1)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"x" * 3_000_000)
    for n in range(20):
        app.call(**{semconv.INPUT_MESSAGES: f"{n} " * 20_000, "n": n})
    until(lambda: len(tracker.spans) == 21)
    assert len([r for r in caplog.records if "is full" in r.getMessage()]) == 1
    ballast.unlink()
    assert app.flush()
    assert {s.attributes.get("n") for s in app.store.spans(limit=None)} == {None, *range(20)}
    assert app.store.outbox.waiting() == {}
