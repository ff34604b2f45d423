"""The local store: what is written is read, by whom and when ever it was written."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from span_records import TEMPLATE, call, new_trace, step

from otel_prompt import semconv
from otel_prompt.encoding import printable
from otel_prompt.errors import StoreError
from otel_prompt.exporters import _database
from otel_prompt.exporters._schema import MIGRATIONS, migrate
from otel_prompt.exporters.store import Store, default_path
from otel_prompt.span_record import SpanEvent


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    it = Store(tmp_path / "deep" / "spans.db")
    yield it
    it.close()


def test_what_is_written_is_read(store):
    """Every field of a span comes back, long texts, events and odd characters included."""
    record = call(TAGS=["nightly", "eu"], odd="\ud800 ü \x00 end", long="x" * 5000, list=["a", "b"], flag=True, n=1.5)
    record.events.append(SpanEvent("exception", 7, {"exception.stacktrace": "y" * 2000}))
    record.status, record.status_message, record.remote_parent = "error", "boom", True
    store.write([record])
    (found,) = store.trace(record.trace_id)
    record.attributes["odd"] = printable("\ud800 ü \x00 end")
    assert found == record


def test_writing_again_changes_nothing(store):
    """A span that comes twice is there once, with its place in its run."""
    first, second = call(), call()
    store.write([first, second])
    store.write([second, first])
    assert store.count() == 2
    assert store.run_steps([first.trace_id, second.trace_id]) == {
        (first.trace_id, first.span_id): 0,
        (second.trace_id, second.span_id): 1,
    }


def test_a_span_that_comes_again_is_replaced(store):
    """What is known last counts, tags too."""
    record = call(TAGS=["old"])
    store.write([record])
    record.attributes[semconv.TAGS] = ["new"]
    store.write([record])
    assert store.spans(tag="old") == []
    assert store.spans(tag="new") == [record]


def test_a_long_text_is_kept_once(store):
    """A template of many calls takes room once."""
    template = TEMPLATE * 100
    store.write([call(PROMPT_TEMPLATE=template) for _ in range(5)])
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*) FROM content WHERE text = ?", (template,)).fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM spans WHERE attributes LIKE '%Summarize in%'").fetchone() == (0,)
    db.close()
    assert all(s.attributes[semconv.PROMPT_TEMPLATE] == template for s in store.spans())


def test_spans_are_found_by_what_they_are(store):
    """Each filter narrows, together they narrow more; the newest come first."""
    plain = call(PROMPT_NAME=None)
    other = call(PROMPT_VERSION="2", REQUEST_MODEL="gpt-5", TAGS=["eu"], failed=True)
    look_up, flow = call(OPERATION=semconv.FETCH_RESPONSE), step()
    store.write([plain, other, look_up, flow])
    assert store.spans() == [flow, look_up, other, plain]
    assert store.spans(limit=2) == [flow, look_up]
    assert store.spans(limit=None) == store.spans()
    assert store.spans(prompt="summarize") == [look_up, other]
    assert store.spans(prompt="summarize", version="2") == [other]
    assert store.spans(model="gpt-5") == [other]
    assert store.spans(tag="eu") == [other]
    assert store.spans(status="error") == [other]
    assert store.spans(status="ok") == [flow, look_up, plain]
    assert store.spans(operation="chat") == [other, plain]
    assert store.spans(calls_only=True) == [look_up, other, plain]
    assert store.spans(since=other.start, until=flow.start) == [look_up, other]


def test_a_trace_is_found_by_the_beginning_of_its_id(store):
    """As much of the id as tells it apart is enough, with MLflow's tr- or without; spans come in order."""
    root = step()
    inner = call(parent=root)
    store.write([inner, root, call("ab" * 16)])
    assert store.trace(root.trace_id) == [root, inner]
    assert store.trace("tr-" + root.trace_id[:31].upper() + root.trace_id[31:]) == [root, inner]
    assert len(store.trace("abab")) == 1


def test_a_beginning_that_fits_none_or_several_is_one_clear_error(store):
    """The sentence names what was asked for, and what there is."""
    store.write([call("ab" * 16), call("ab" * 15 + "cd")])
    with pytest.raises(StoreError, match="has no trace that begins with 'ffff'"):
        store.trace("ffff")
    with pytest.raises(StoreError, match=r"'abab' is the beginning of several traces: abab\w+, abab\w+; give more"):
        store.trace("abab")


_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from span_records import call
from otel_prompt.exporters.store import Store
store = Store(Path({path!r}))
for i in range(25):
    store.write([call(f"{{int(sys.argv[1]):016x}}{{i:016x}}") for _ in range(4)], ["somewhere"])
"""


def test_many_processes_write_at_once(tmp_path):
    """Eight processes make one new store together; nothing is lost, and each call has a place of its own in the run."""
    support = str(Path(__file__).parents[1] / "support")
    script = _WRITER.format(support=support, path=str(tmp_path / "spans.db"))
    writers = [subprocess.Popen([sys.executable, "-c", script, str(n)], stderr=subprocess.PIPE) for n in range(8)]
    assert [(w.wait(120), w.communicate()[1]) for w in writers] == [(0, b"")] * 8
    store = Store(tmp_path / "spans.db")
    assert store.count() == 800
    assert store.backlog("somewhere") == 200
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*), count(DISTINCT run_step), max(run_step) FROM spans").fetchone() == (
            800,
            800,
            799,
        )
    db.close()
    store.close()


def test_threads_share_a_store(store):
    """One object may be used by all threads of a process."""
    threads = [threading.Thread(target=lambda: [store.write([call()]) for _ in range(20)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 120


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be deleted here")
@pytest.mark.parametrize("beside", ["", "-wal", "-shm"])
def test_a_store_that_is_deleted_in_use_is_made_anew(store, beside):
    """What is written after somebody has deleted the file is in a new one, and not lost with the old one."""
    store.write([call()])
    for path in {store.path, store.path.with_name(store.path.name + beside)}:
        path.unlink()
    store.write([call()])
    assert store.count() == Store(store.path).count() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_writes_too(store):
    """Parent and child write on after a fork, each with a connection of its own, even if a thread held the lock."""
    store.write([call()])
    held, done = threading.Event(), threading.Event()

    def hold():
        with store._database.reading():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    if (child := os.fork()) == 0:
        try:
            store.write([call("c" * 32)])
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    done.set()
    thread.join()
    assert status == 0
    store.write([call()])
    assert store.count() == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_in_the_middle_of_a_write_writes_too(store):
    """A fork waits for the other threads' transactions: SQLite's note of a lock would be held for ever in the child."""
    store.write([call()])
    begun = threading.Event()

    def write():
        with store._database.writing():
            begun.set()
            time.sleep(0.3)

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    if (child := os.fork()) == 0:
        try:
            signal.alarm(5)
            store.write([call("c" * 32)])
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
    assert store.count() == 2


def test_an_older_store_is_brought_up_to_date(tmp_path):
    """The spans of a store of the first schema are there after it has been opened, and it can deliver."""
    path = tmp_path / "spans.db"
    record = call()
    newest = Store(tmp_path / "new.db")
    newest.write([record])
    with sqlite3.connect(newest.path) as db:
        old = sqlite3.connect(path, isolation_level=None)
        migrate(old, MIGRATIONS[:1])
        first = {
            table: [row[1] for row in old.execute(f"PRAGMA table_info({table})")] for table in ("spans", "content")
        }
        rows = {
            table: db.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall() for table, names in first.items()
        }
    db.close()
    for table, found in rows.items():
        old.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(found[0]))})", found)
    assert old.execute("PRAGMA user_version").fetchone() == (1,)
    old.close()
    store = Store(path)
    assert store.spans() == [record]
    store.write([call()], ["somewhere"])
    assert store.backlog("somewhere") == 1
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()
    store.close()
    newest.close()


def test_a_newer_store_is_left_alone(tmp_path):
    """A schema of the future is one clear error, not a broken file."""
    path = tmp_path / "spans.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match=r"written by a newer otel-prompt .* upgrade"):
        Store(path).spans()


@pytest.mark.parametrize("where", ["a file for a folder", "a folder for a file", "no database"])
def test_a_store_that_cannot_be_is_one_clear_sentence(tmp_path, where):
    """The sentence names the file."""
    path = tmp_path / "spans.db"
    if where == "a file for a folder":
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "spans.db"
    elif where == "a folder for a file":
        path.mkdir()
    else:
        path.write_text("no database at all, but long enough to be looked at as if it were one" * 50)
    with pytest.raises(StoreError, match=re.escape(f"the store {path} cannot be")) as caught:
        Store(path).write([call()])
    assert "\n" not in str(caught.value)


def test_the_store_is_for_its_owner_only(store):
    """Prompts and answers are nobody else's business."""
    store.write([call()])
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_the_default_is_in_the_users_data_folder():
    """Without a path, the store is the user's own."""
    assert Store().path == default_path()
    assert default_path().parts[-2:] == ("otel-prompt", "spans.db")


def test_unknown_traces_are_left_out(store):
    """Asking for what is not there is no error."""
    assert store.traces([new_trace()]) == []


def test_looking_makes_nothing(tmp_path):
    """A store that is not there reads as an empty one, until something is written."""
    store = Store(tmp_path / "folder" / "spans.db")
    assert (store.spans(), store.count(), store.prompt_usage(), store.outbox.waiting()) == ([], 0, [], {})
    assert list(tmp_path.iterdir()) == []
    store.write([call()])
    assert store.count() == 1
    store.close()


_READ = """
import os, sqlite3, sys
from pathlib import Path
from otel_prompt.errors import StoreError
from otel_prompt.exporters.store import Store
if os.getuid() == 0:
    os.setuid(65534)
store = Store(Path(sys.argv[1]))
print(store.count(), len(store.spans()))
try:
    store.check_writable()
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="no users here")
@pytest.mark.parametrize("what", ["file", "folder", "both", "log"])
def test_a_store_that_cannot_be_written_is_read(what):
    """By file or by folder, with and without a log beside it; nothing is left there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        store = Store(folder / "spans.db")
        store.write([call(), call()])
        if what != "log":
            store.close()
        for file in folder.iterdir():
            file.chmod(0o444 if what in ("file", "both", "log") else 0o666)
        folder.chmod(0o555 if what in ("folder", "both", "log") else 0o777)
        before = sorted(folder.iterdir())
        done = subprocess.run(
            [sys.executable, "-c", _READ, str(store.path)], capture_output=True, text=True, check=True, timeout=60
        )
        counted, refused = done.stdout.splitlines()
        assert counted == "2 2"
        assert refused.startswith(f"the store {store.path} cannot be read or written: ")
        assert sorted(folder.iterdir()) == before
        folder.chmod(0o777)
        store.close()


def test_a_store_of_an_older_version_that_cannot_be_written(tmp_path, monkeypatch):
    """It cannot be brought up to date: one sentence says so."""
    store = Store(tmp_path / "spans.db")
    with store._database.writing() as db:
        db.execute("PRAGMA user_version = 1")
    store.close()
    monkeypatch.setattr(_database, "_is_writable", lambda _: False)
    with pytest.raises(StoreError, match=r"cannot be written, and is from an older otel-prompt .* name the copy"):
        store.count()


def test_prompt_usage(tmp_path):
    """The calls of each version: how many, how many failed, what they cost, when the first and the last began."""
    store = Store(tmp_path / "spans.db")
    calls = [call(PROMPT_VERSION="1"), call(PROMPT_VERSION="1", COST_TOTAL=None, failed=True), call(COST_TOTAL=None)]
    calls[2].attributes[semconv.PROMPT_VERSION] = "2"
    store.write([*calls, step(PROMPT_NAME="summarize")])
    first, second = store.prompt_usage()
    assert (first.prompt, first.version, first.calls, first.errors, first.cost_usd) == ("summarize", "1", 2, 1, 0.75)
    assert (first.first, first.last) == (calls[0].start, calls[1].start)
    assert (second.version, second.cost_usd) == ("2", None)
    store.close()
