"""``otel-prompt sync``."""

from __future__ import annotations

import json

from recorded import call

from otel_prompt.cli import sync as command
from otel_prompt.exporters.delivery import DeliveryError


class Double:
    """A destination that takes what it is given, or refuses."""

    def __init__(self, name, error=None):
        self.name, self.error, self.taken = name, error, []

    def open(self):
        """Answer, or do not."""
        if self.error:
            raise DeliveryError(self.error)

    def deliver(self, traces):
        """Take everything."""
        self.taken += traces


def to(monkeypatch, it):
    """Let a name mean a double."""
    monkeypatch.setattr(command, "destination", lambda *_: it)
    return it


def test_what_waits_goes_out(store, run, monkeypatch):
    """What was meant for a destination goes there; a second time there is nothing to do."""
    it = to(monkeypatch, Double("mlflow here"))
    store.write([call(1), call(2)], ["mlflow here"])
    code, out, _ = run("sync")
    assert (code, out.strip()) == (0, "mlflow here: 2 traces delivered")
    code, out, _ = run("sync", "mlflow", "--json")
    assert code == 0
    assert json.loads(out)[0]["traces"] == 0
    assert len(it.taken) == 2


def test_everything(store, run, monkeypatch):
    """``--all`` also delivers what was never meant to go there."""
    it = to(monkeypatch, Double("mlflow here"))
    store.write([call(1), call(2)])
    _, out, _ = run("sync", "mlflow", "--all", "--json")
    assert json.loads(out) == [{"destination": "mlflow here", "traces": 2, "failed": 0, "left": 0, "error": None}]
    assert len(it.taken) == 2


def test_a_destination_that_is_down(store, run, monkeypatch):
    """It says why and what is left, loses nothing, and ends with 1."""
    to(monkeypatch, Double("mlflow here", "it does not answer"))
    store.write([call(1)], ["mlflow here"])
    code, out, _ = run("sync")
    assert code == 1
    assert "0 traces delivered, 1 still waiting" in out
    assert "it does not answer" in out
    assert store.backlog("mlflow") == 1


def test_nothing_to_do(run):
    """Without a destination it says how to name one."""
    code, out, _ = run("sync")
    assert code == 0
    assert "otel-prompt sync mlflow" in out


def test_an_unknown_destination(run):
    """A name that is none is one sentence and exit code 2."""
    code, _, err = run("sync", "nowhere")
    assert code == 2
    assert "nowhere" in err
