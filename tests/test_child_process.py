"""Children of multiprocessing: what they have called is recorded, although they end without ``atexit``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from otel_prompt.exporters.store import Store

PROGRAM = """
import {module} as multiprocessing
import otel_prompt
otel_prompt.instrument()

@otel_prompt.workflow
def work(n):
    return n

if __name__ == "__main__":
    work(0)
    multiprocessing = multiprocessing.get_context("fork")
    children = [multiprocessing.Process(target=work, args=(n,)) for n in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with multiprocessing.Pool(2) as pool:
        pool.map(work, [3, 4])
        pool.close()
        pool.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="fork is the way to begin a child on Linux")
@pytest.mark.parametrize("module", ["multiprocessing", "billiard"])
def test_children_record_what_they_do(module, tmp_path, monkeypatch):
    """Each child exports what it holds when it ends, of the standard library and of Celery's copy of it."""
    pytest.importorskip(module)
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(tmp_path / "spans.db"))
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    store = Store(tmp_path / "spans.db")
    inputs = sorted(span.attributes["gen_ai.input.messages"][-6:-4] for span in store.spans())
    assert len(inputs) == 5, store.spans()
    store.close()
