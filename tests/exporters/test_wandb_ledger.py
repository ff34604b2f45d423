"""What has been written to W&B is known afterwards, whatever happened in between."""

from __future__ import annotations

import pytest

from otel_prompt.exporters import wandb_ledger
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.wandb import WandbOptions
from otel_prompt.exporters.wandb_ledger import Ledger, Table
from otel_prompt.exporters.wandb_rows import Item
from otel_prompt.exporters.wandb_writer import WandbWriter


def item(name, *, is_call=True):
    """Something to write."""
    return Item(name, name.partition("/")[0], {"a": 1}, {}, {"latency_ms": 1.0}, is_call)


@pytest.fixture
def ledger(tmp_path):
    """A ledger that is open."""
    found = Ledger(tmp_path / "spans.wandb.db")
    with found.alone():
        yield found


def test_of_a_session_that_was_cut_off_what_has_arrived_counts(ledger):
    """The rest is written again; a row without its part of the table is written to the table only."""
    some = [item("t/1"), item("t/1/s", is_call=False), item("t/2"), item("t/3"), item("t/4/s", is_call=False)]
    ledger.begin("run", None, 0, 0, some)
    (session,) = ledger.cut_off("run")
    ledger.settle(session, {"t/1": True, "t/2": False})
    new, late = ledger.missing("run", some)
    assert [each.id for each in new] == ["t/3", "t/4/s"]
    assert [each.id for each in late] == ["t/2"]
    assert ledger.cut_off("run") == []
    ledger.end(ledger.begin("run", None, 2, 2, new), [], late)
    assert ledger.missing("run", some) == ([], [])
    assert len(ledger.figures("run")) == 5


def test_runs_are_apart(ledger):
    """The same call in another place is another's."""
    ledger.end(ledger.begin("here/run", None, 0, 0, [item("t/1")]), [], [])
    assert [each.id for each in ledger.missing("there/run", [item("t/1")])[0]] == ["t/1"]
    assert (ledger.is_new("here/run"), ledger.is_new("there/run")) == (False, True)


def test_two_processes_never_write_at_once(ledger, tmp_path, monkeypatch):
    """The second waits a while, and says why it gives up."""
    monkeypatch.setattr(wandb_ledger, "_PATIENCE_SECONDS", 0.1)
    with (
        pytest.raises(DeliveryError, match="another process is still writing"),
        Ledger(tmp_path / "spans.wandb.db").alone(),
    ):
        pass


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    """Where, and why."""
    with (
        pytest.raises(DeliveryError, match=r"cannot be noted in .*nowhere"),
        Ledger(tmp_path / "nowhere" / "x.db").alone(),
    ):
        pass


def test_a_table_of_a_hundred_parts_goes_on_in_another(tmp_path):
    """W&B shows the last hundred parts of a table."""
    writer = WandbWriter(WandbOptions("file:///x", str(tmp_path / "x.db"), "/x"))
    with writer._ledger.alone():
        full = Table("calls", ["call"], [str(n) for n in range(100)])
        writer._ledger.end(writer._ledger.begin("run", None, 0, 0, []), [full], [])
        table = writer._table("run", "calls", ["call", "var.x"])
        assert (table.name, table.columns, table.increments) == ("calls_2", ["call", "var.x"], [])
        assert writer._table("other", "calls", ["call"]).name == "calls"
