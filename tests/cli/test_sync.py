"""``otel-prompt sync``."""

from __future__ import annotations

import json
import re

from recorded import call

from otel_prompt.cli import sync as command
from otel_prompt.exporters._outbox import TRIES
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.selection import Filter


class Double:
    """A destination that takes what it is given, or refuses."""

    wanted, judgements_alone = Filter(), False

    def __init__(self, name, error=None):
        self.name, self.error, self.taken, self.batch = name, error, [], 50

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


def test_the_status(store, run, monkeypatch):
    """What waits where and for how long, how fast it goes, what went wrong, and what was refused for good."""
    it = to(monkeypatch, Double("mlflow here", "it does not answer"))
    store.write([call(1), call(2)], ["mlflow here", "wandb there"])
    assert run("sync", "mlflow")[0] == 1
    code, out, _ = run("sync", "--status")
    assert code == 0
    assert "mlflow here\n  2 traces waiting, the oldest for 0." in out
    assert ": it does not answer\n" in out
    assert "left alone for " in out
    assert "wandb there\n  2 traces waiting" in out
    it.error = None
    run("sync", "mlflow")
    _, out, _ = run("sync", "--status", "--json")
    found = {each["destination"]: each for each in json.loads(out)["destinations"]}
    assert found["mlflow here"]["waiting"] == 0
    assert found["mlflow here"]["rate"] > 0
    assert found["mlflow here"]["retry_seconds"] == 0
    assert found["wandb there"]["waiting"] == 2


def test_the_status_in_a_narrow_terminal(store, run):
    """Nothing is cut; what is to be copied is in one piece; what is folded stays under its beginning."""
    name = "mlflow https://mlflow.staging.internal.example.com:5000/team"
    store.write([call(1), call(2)], [name])
    store.destinations.failed(name, "https://mlflow.staging.internal.example.com:5000/team does not answer", 90)
    for _ in range(TRIES):
        store.outbox.hurry(name)
        store.outbox.settle(name, due := store.outbox.due(name, 0, 1), {due[0].trace_id: "the name is too long for it"})
    _, wide, _ = run("sync", "--status", columns=1000)
    _, narrow, _ = run("sync", "--status", columns=40)
    lines = narrow.splitlines()
    commands = f"    otel-prompt sync mlflow --instead-of '{name}'", f"    otel-prompt sync --forget '{name}'"
    assert {name, *commands} <= set(lines)
    folded = [line for line in lines if name not in line]
    assert max(map(len, folded)) <= 40
    assert all(line.startswith("  ") for line in folded)
    without_figures = [re.sub(r"[\d.:]+(ms|s)\b|\s", "", text) for text in (wide, narrow)]
    assert without_figures[0] == without_figures[1]


def test_the_status_of_nothing(run):
    """A store that was never to hand anything on says so."""
    assert "no destinations" in run("sync", "--status")[1]


def test_what_waits_for_another_address_can_go_to_this_one(store, run, monkeypatch):
    """After an address was corrected, sync says what waits for the old one, and can hand it on or forget it."""
    new = Double("mlflow new")
    monkeypatch.setattr(command, "destination", lambda name, _: new if name == "mlflow" else Double(name, "is gone"))
    store.write([call(1), call(2)], ["mlflow old"])
    code, out, _ = run("sync")
    assert code == 1
    assert "otel-prompt sync mlflow --instead-of 'mlflow old'" in " ".join(out.split())
    code, out, _ = run("sync", "mlflow", "--instead-of", "mlflow old")
    assert code == 0
    assert "2 traces that waited for mlflow old will go to mlflow" in out
    assert len(new.taken) == 2
    assert store.outbox.waiting() == {}
    store.write([call(3)], ["mlflow old"])
    code, out, _ = run("sync", "--forget", "mlflow old")
    assert (code, store.outbox.waiting()) == (0, {})
    assert "1 trace will not go to mlflow old" in out
    code, _, err = run("sync", "--forget", "mlflow older")
    assert code == 2
    assert "nothing waits for 'mlflow older'" in err


def test_what_was_refused_for_good_can_be_tried_again(store, run, monkeypatch):
    """A dead letter is shown with its reason; --retry makes it wait again."""
    it = to(monkeypatch, Double("mlflow here"))
    record = call(1)
    store.write([record], ["mlflow here"])
    for _ in range(TRIES):
        store.outbox.settle("mlflow here", store.outbox.due("mlflow here", 0, 9), {record.trace_id: "too odd"})
        store.outbox.hurry("mlflow here")
    _, out, _ = run("sync", "--status")
    assert "1 trace refused for good" in out
    assert "too odd" in out
    assert run("sync", "mlflow")[1].startswith("mlflow here: 0 traces")
    assert run("sync", "mlflow", "--retry")[1].startswith("mlflow here: 1 trace delivered")
    assert len(it.taken) == 1
    assert store.outbox.dead_letters() == []


def test_following(store, run, monkeypatch):
    """It goes on looking until it is stopped."""
    it = to(monkeypatch, Double("mlflow here"))
    naps = iter([lambda: None, lambda: store.write([call(1)], ["mlflow here"]), lambda: None])

    def sleep(_):
        nap = next(naps, None)
        if nap is None:
            raise KeyboardInterrupt
        nap()

    monkeypatch.setattr(command.time, "sleep", sleep)
    code, out, _ = run("sync", "mlflow", "--follow")
    assert code == 0
    assert "1 trace delivered" in out
    assert len(it.taken) == 1
