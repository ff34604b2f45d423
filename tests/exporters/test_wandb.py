"""Weights & Biases as a destination: what its own client sends to a service, and what it leaves in files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from dirty_equals import IsStr
from span_records import ANSWER, HASH, TEMPLATE, call, step
from wandb_server import KEY, WandbServer

from otel_prompt import semconv
from otel_prompt.config import RunPer, Settings, WandbMode
from otel_prompt.errors import MissingExtraError
from otel_prompt.exporters import destination, sync
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.store import Store
from otel_prompt.exporters.wandb import WandbDestination
from otel_prompt.runs import run_key
from otel_prompt.span_record import SpanEvent

pytestmark = [
    pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def traces(*calls):
    """Each call as a trace of its own."""
    return [[each] for each in calls]


def ids(rows):
    """The span ids of rows."""
    return [row["span_id"] for row in rows if "span_id" in row]


def judged(record, name="good", value=0.5, **more):
    """A score of a call."""
    held = {semconv.EVALUATION_NAME: name, semconv.EVALUATION_VALUE: value, **more}
    record.events.append(SpanEvent(semconv.EVALUATION_EVENT, record.end + 1, held))
    return record


@pytest.fixture
def server(monkeypatch):
    """A W&B service, and the key for it."""
    made = WandbServer()
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    yield made
    made.stop()


@pytest.fixture
def make(tmp_path, request):
    """Make destinations, as processes that come one after the other would; their children are gone at the end."""

    def begin(server=None, **settings):
        if server is None:
            settings |= {"wandb_mode": WandbMode.OFFLINE, "wandb_dir": tmp_path}
        else:
            settings["wandb_base_url"] = server.url
        found = WandbDestination(Settings(store=tmp_path / "spans.db", **settings))
        request.addfinalizer(found.close)
        return found

    return begin


def files(tmp_path):
    """The files of offline runs, in the order in which they were written."""
    return sorted((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"), key=lambda file: file.stat().st_mtime_ns)


def history(tmp_path):
    """The rows of all offline runs."""
    from otel_prompt.exporters.wandb_log import history as read

    return [row for file in files(tmp_path) for row in read(file)]


def records(file, kind):
    """The records of a kind in a run's file."""
    from otel_prompt.exporters.wandb_log import records as read

    return [getattr(record, kind) for record in read(file) if record.WhichOneof("record_type") == kind]


def test_no_password_goes_to_wandb(tmp_path):
    """MLflow's address is in a run's notes; who may use it is not."""
    settings = Settings(store=tmp_path / "spans.db", mlflow_tracking_uri="https://ada:hunter2@mlflow.mine/")
    assert b"hunter2" not in WandbDestination(settings)._apart._first
    assert b"https://mlflow.mine/" in WandbDestination(settings)._apart._first


def test_a_variant_is_a_run(server, make):
    """Field by field: id, name, project, group, job type, tags, notes, config, history, summary, table, lineage."""
    record = call(
        RUN_STEP=0, EXPERIMENT="stories", EXPERIMENTER="grace", TAGS=["nightly"], USER_ID="ada", SESSION_ID="s-1",
        DATASET_NAME="cities", DATASET_VERSION="2", DATASET_ITEM_ID="rome", DATASET_ITEM_EXPECTED="It fell.",
        PROMPT_LABEL="production", **{"otel_prompt.metadata.ticket": "T-1", "otel_prompt.link.jaeger": "http://j/1"},
    )  # fmt: skip
    failed = call(RUN_STEP=1, EXPERIMENT="stories", DATASET_NAME="cities", DATASET_VERSION="2", failed=True,
                  ERROR_TYPE="timeout", OUTPUT_MESSAGES=None, COST_TOTAL=None, OUTPUT_TOKENS=None)  # fmt: skip
    make(server).deliver(traces(judged(record), failed))
    ((project, name), run) = next(iter(server.runs.items()))
    assert (project, name) == ("stories", run_key(record)[:16])
    assert run.info["displayName"] == "summarize 1 · gpt-4o-mini · temperature=0.2"
    assert (run.info["groupName"], run.info["jobType"], run.info["tags"]) == (
        "stories", "prompt-experiment", ["nightly"]
    )  # fmt: skip
    assert "Prompt: summarize 1 (template 1391cc8ca50a)" in run.info["notes"]
    assert "[jaeger](http://j/1)" in run.info["notes"]
    assert {key: held["value"] for key, held in run.config.items() if key != "_wandb"} == {
        "prompt.name": "summarize",
        "prompt.version": "1",
        "prompt.template_hash": HASH,
        "prompt.label": "production",
        "llm.operation": "chat",
        "llm.provider": "openai",
        "llm.model": "gpt-4o-mini",
        "llm.temperature": 0.2,
        "dataset.name": "cities",
        "dataset.version": "2",
        "experiment": "stories",
        "experimenter": "grace",
        "meta.ticket": "T-1",
        "links.jaeger": "http://j/1",
    }
    first, second = ({k: v for k, v in row.items() if k not in ("_runtime", "calls", "scores")} for row in run.history)
    assert first == {
        "_step": 0, "_timestamp": record.end / 1e9, "call": 0, "trace_id": record.trace_id, "span_id": record.span_id,
        "tokens/input": 21, "tokens/output": 12, "tokens/total": 33, "cost/usd": 0.75, "latency_ms": 900,
        "ttft_ms": 210, "error": 0, "eval/good": 0.5,
    }  # fmt: skip
    assert second == {
        "_step": 1, "_timestamp": failed.end / 1e9, "call": 1, "trace_id": failed.trace_id, "span_id": failed.span_id,
        "tokens/input": 21, "tokens/total": 21, "latency_ms": 900, "ttft_ms": 210, "error": 1,
    }  # fmt: skip
    sums = {"total/calls": 2, "total/tokens_input": 42, "total/tokens_output": 12, "total/tokens": 54}
    times = {"latency_ms/p50": 900, "latency_ms/p95": 900, "ttft_ms/p50": 210, "ttft_ms/p95": 210}
    assert run.last == run.last | sums | times | {"cost/total_usd": 0.75, "error_rate": 0.5, "eval/good/mean": 0.5}
    one, other = run.table("calls")
    assert one == {
        "call": 0, "input": IsStr(regex=r'\{"messages":.*Summarize Rome.*'), "output": ANSWER, "var.n": "9",
        "tokens/input": 21, "tokens/output": 12, "tokens/total": 33, "cost/usd": 0.75, "latency_ms": 900,
        "ttft_ms": 210, "eval/good": 0.5, "status": "ok", "error": None, "user": "ada", "session": "s-1",
        "dataset.item": "rome", "expected": "It fell.", "trace_id": record.trace_id, "span_id": record.span_id,
    }  # fmt: skip
    assert (other["status"], other["error"], other["output"]) == ("error", "timeout", None)
    (prompt,) = server.artifacts_of("prompt")
    assert prompt["files"]["template.txt"].decode() == TEMPLATE
    names = {(a["artifactCollectionName"], a["alias"]) for a in prompt["input"]["aliases"]}
    assert names == {
        ("prompt-summarize", "version-1"),
        ("prompt-summarize", "production"),
        ("prompt-summarize", "latest"),
    }
    assert json.loads(prompt["input"]["metadata"])["template_hash"] == HASH
    assert len(server.artifacts_of("dataset")) == 1
    assert len(run.used) == 2
    assert run.exits == 1


def test_what_is_delivered_again_changes_nothing(server, make):
    """By the same process, by the next, and with other calls beside it."""
    first, second = call(RUN_STEP=0), call(RUN_STEP=1)
    here = make(server)
    here.deliver(traces(first))
    here.deliver(traces(first))
    asked = len(server.requests)
    here.deliver(traces(first))
    assert len(server.requests) <= asked + 1
    here.close()
    make(server).deliver(traces(first, second))
    assert ids(server.run.history) == ids(server.run.table("calls")) == [first.span_id, second.span_id]
    assert [row["_step"] for row in server.run.history] == [0, 1]
    assert server.run.last["total/calls"] == 2
    assert len(server.artifacts_of("prompt")) == 1


def test_what_a_person_has_changed_of_a_run_stays(server, make):
    """Notes and name are given once; new tags are added to those that are there."""
    here = make(server)
    here.deliver(traces(call(TAGS=["a"])))
    server.run.info |= {"notes": "mine", "displayName": "best", "tags": ["a", "keep"]}
    here.deliver(traces(call(TAGS=["b"])))
    assert (server.run.info["notes"], server.run.info["displayName"]) == ("mine", "best")
    assert server.run.info["tags"] == ["a", "keep", "b"]


def test_many_variants_at_once(server, make):
    """Each has its run, with its own calls and no other's."""
    calls = [call(RUN_STEP=n, **{semconv.REQUEST_PREFIX + "temperature": t / 10}) for t in range(6) for n in range(2)]
    make(server).deliver([[step(), *calls]])
    assert len(server.runs) == 6
    for (_, name), run in server.runs.items():
        assert ids(run.history) == [c.span_id for c in calls if run_key(c)[:16] == name]


def test_a_run_for_each_call(server, make):
    """``OTEL_PROMPT_RUN_PER=call``: as many runs as calls."""
    make(server, run_per=RunPer.CALL).deliver(traces(call(), call()))
    assert [len(run.history) for run in server.runs.values()] == [1, 1]


def test_a_project_of_its_own(server, make):
    """The project that is set holds all experiments, as groups."""
    make(server, wandb_project="all", wandb_entity="team").deliver(traces(call(EXPERIMENT="x/y"), call()))
    assert {project for project, _ in server.runs} == {"all"}
    assert [run.info.get("groupName") for run in server.runs.values()] == ["x/y", None]
    assert {run.info["entity"] for run in server.runs.values()} == {"team"}


def test_a_score_that_comes_later(server, make):
    """It has a row of its own in the history and in the table of scores; the call is not written again."""
    here, record = make(server), call(RUN_STEP=0)
    here.deliver(traces(record))
    source = {semconv.EVALUATION_SOURCE_TYPE: "human", semconv.EVALUATION_SOURCE_ID: "ada"}
    judged(record, "helpful", 1.0, **{semconv.EVALUATION_EXPLANATION: "short"}, **source)
    here.deliver(traces(record))
    here.deliver(traces(record))
    late = server.run.history[1]
    assert (len(server.run.history), late["eval/helpful"], late["call"]) == (2, 1.0, 0)
    (row,) = server.run.table("scores")
    assert row == {
        "call": 0, "name": "helpful", "value": 1.0, "label": None, "explanation": "short", "source": "human ada",
        "trace_id": record.trace_id, "span_id": record.span_id,
    }  # fmt: skip
    assert len(server.run.table("calls")) == 1
    assert (server.run.last["total/calls"], server.run.last["eval/helpful/mean"]) == (1, 1.0)


def test_offline_the_file_holds_every_call(make, tmp_path):
    """Read back: run, config, history, summary, table and the prompt that it uses; no key is needed."""
    first, second = call(RUN_STEP=0, TAGS=["nightly"]), call(RUN_STEP=1)
    make().deliver(traces(first, second))
    (file,) = files(tmp_path)
    (run,) = records(file, "run")
    assert (run.run_id, run.project, run.job_type) == (run_key(first)[:16], "otel-prompt", "prompt-experiment")
    assert (list(run.tags), run.display_name) == (["nightly"], "summarize 1 · gpt-4o-mini · temperature=0.2")
    config = {update.key: json.loads(update.value_json) for update in run.config.update}
    assert (config["prompt.name"], config["llm.temperature"]) == ("summarize", 0.2)
    assert ids(history(tmp_path)) == [first.span_id, second.span_id]
    sums = {u.key or "/".join(u.nested_key): u.value_json for s in records(file, "summary") for u in s.update}
    assert sums["total/calls"] == "2"
    (table,) = file.parent.glob("files/media/table/*.json")
    assert [row[0] for row in json.loads(table.read_text())["data"]] == [0, 1]
    (prompt,) = [a for a in records(file, "artifact") if a.type == "prompt"]
    assert (prompt.name, sorted(prompt.aliases)) == ("prompt-summarize", ["latest", "version-1"])
    assert prompt.use_after_commit


def test_wandb_sync_of_what_was_written_offline(server, make, tmp_path):
    """Three processes' files of one run arrive as one run: each call once, in history and in one whole table."""
    calls = [call(RUN_STEP=n) for n in range(3)]
    for n in range(3):
        here = make()
        here.deliver(traces(*calls[: n + 1]))
        here.close()
    assert len(files(tmp_path)) == 3
    program = [sys.executable, "-m", "wandb", "sync", "--yes", str(tmp_path / "wandb")]
    environment = {**os.environ, "WANDB_BASE_URL": server.url, "WANDB_ERROR_REPORTING": "false"}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ids(server.run.history) == [each.span_id for each in calls]
    assert sorted(ids(server.run.table("calls"))) == [each.span_id for each in calls]
    assert [row["calls"]["increment_num"] for row in server.run.history] == [0, 1, 2]
    assert len(server.run.history[2]["calls"]["previous_increments_paths"]) == 2
    assert server.run.last["total/calls"] == 3
    assert len(server.run.used) == 1


def child_of(here):
    """The process that writes."""
    return here._apart._child.process


@pytest.mark.parametrize("stored", [True, False], ids=["after", "before"])
def test_killed_while_it_writes_online(server, make, stored):
    """Killed before or after the service has the rows: delivered again, each call is there once."""
    first, second = call(RUN_STEP=0), call(RUN_STEP=1)
    here = make(server)
    here.deliver(traces(first))

    def kill(path, body):
        if "file_stream" in path and second.span_id in body and '"wandb-history.jsonl"' in body:
            server.fail = lambda path, body: 500 if "file_stream" in path else None
            if stored:
                server.result(path, body.encode())
            child_of(here).kill()
            return 500
        return None

    server.fail = kill
    with pytest.raises(DeliveryError, match="ended without a word"):
        here.deliver(traces(first, second))
    server.fail = lambda path, body: None
    make(server).deliver(traces(first, second))
    assert ids(server.run.history) == [first.span_id, second.span_id]
    assert set(ids(server.run.table("calls"))) == {first.span_id, second.span_id}
    assert server.run.last["total/calls"] == 2


def test_killed_while_it_writes_offline(make, tmp_path):
    """What of a file is complete counts; the rest is written again."""
    import sqlite3

    first, second = call(RUN_STEP=0), call(RUN_STEP=1)
    here = make()
    here.deliver(traces(first))
    here.deliver(traces(second))
    here.close()
    with sqlite3.connect(tmp_path / "spans.wandb.db") as notes:
        notes.execute("UPDATE sessions SET done = 0")
    notes.close()
    file = files(tmp_path)[1]
    file.write_bytes(file.read_bytes()[:200])
    make().deliver(traces(first, second))
    assert ids(history(tmp_path)) == [first.span_id, second.span_id]
    assert len(files(tmp_path)) == 3


@pytest.mark.parametrize("status", [403, 404])
def test_rows_that_the_service_does_not_take_are_sent_again(server, make, status):
    """The client itself gives them up without a word: what is not there when it has ended is not delivered."""
    record, here = call(), make(server)
    server.fail = lambda path, body: status if "file_stream" in path else None
    with pytest.raises(DeliveryError, match="has taken 0 of 1 rows"):
        here.deliver(traces(record))
    server.fail = lambda path, body: None
    here.deliver(traces(record))
    assert ids(server.run.history) == ids(server.run.table("calls")) == [record.span_id]


@pytest.mark.parametrize("status", [429, 500])
def test_a_service_that_stumbles(server, make, status):
    """A few refusals that pass are the client's own business: one delivery, each call once."""
    refused = []

    def stumble(path, body):
        if len(refused) < 2 and "file_stream" in path:
            refused.append(path)
            return status
        return None

    server.fail = stumble
    record = call()
    make(server).deliver(traces(record))
    assert ids(server.run.history) == [record.span_id]
    assert len(refused) == 2


def test_a_project_that_is_refused_holds_up_no_other(server, make):
    """The traces of that project are named; the others are taken."""
    server.fail = lambda path, body: 403 if '"project":"locked"' in body else None
    good, bad = call(EXPERIMENT="open"), call(EXPERIMENT="locked")
    with pytest.raises(DeliveryError, match="does not let this key write to the project 'locked'") as caught:
        make(server).deliver(traces(bad, good))
    assert set(caught.value.failed) == {bad.trace_id}
    assert ids(server.runs["open", run_key(good)[:16]].history) == [good.span_id]


def test_a_project_name_that_cannot_be(make, server):
    """One sentence: what, and what to do."""
    with pytest.raises(DeliveryError, match=r"no.* project named 'a/b': name another in WANDB_PROJECT"):
        make(server, wandb_project="a/b").deliver(traces(call()))


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("f" * 40, "does not accept the API key"),
        ("short", "does not accept the API key"),
        (None, "has no API key: set WANDB_API_KEY"),
    ],
)
def test_a_key_that_does_not_open(server, make, monkeypatch, tmp_path, key, sentence):
    """Said in one sentence, at once."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("WANDB_API_KEY") if key is None else monkeypatch.setenv("WANDB_API_KEY", key)
    with pytest.raises(DeliveryError, match=sentence) as caught:
        make(server).open()
    assert "\n" not in str(caught.value)


def test_a_service_that_is_down(server, make):
    """One sentence within seconds; when it is back, each call once."""
    here, record = make(server), call()
    server.fail = lambda path, body: 503
    began = time.monotonic()
    with pytest.raises(DeliveryError, match="does not answer"):
        here.deliver(traces(record))
    assert time.monotonic() - began < 30
    server.fail = lambda path, body: None
    here.deliver(traces(record))
    assert ids(server.run.history) == [record.span_id]


def test_switched_off(make, server):
    """``WANDB_MODE=disabled`` is said, not obeyed in silence."""
    with pytest.raises(DeliveryError, match="WANDB_MODE=disabled"):
        make(server, wandb_mode=WandbMode.DISABLED).open()


def test_without_the_library(make, monkeypatch, tmp_path):
    """The sentence names the extra."""
    (tmp_path / "wandb.py").write_text("raise ModuleNotFoundError(\"No module named 'wandb'\", name='wandb')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"pip install 'otel-prompt\[wandb\]'"):
        make().open()


def processes():
    """What runs on this machine, by parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" (")
            found[int(pid)] = int(rest.rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
def test_nothing_is_left_and_nothing_is_heard(make, capfd):
    """The library's service is gone with our process, and nobody has printed anything."""
    here = make()
    here.deliver(traces(call()))
    writer = child_of(here).pid
    family = {writer, *(pid for pid, parent in processes().items() if parent == writer)}
    assert len(family) > 1
    here.close()
    until = time.monotonic() + 10
    while family & set(processes()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not family & set(processes())
    assert capfd.readouterr() == ("", "")


APPLICATION = """
import os, sys, wandb
sys.path.insert(0, {support!r})
from pathlib import Path
from span_records import call
from otel_prompt.config import load
from otel_prompt.exporters.wandb import WandbDestination
own = wandb.init(mode="offline", dir={folder!r}, id="mine", settings=wandb.Settings(silent=True))
wandb.log({{"loss": 1}})
ours = WandbDestination(load())
ours.deliver([[call()]])
assert wandb.run is own and own.id == "mine"
wandb.log({{"loss": 2}})
ours.close()
wandb.finish()
"""


def test_the_run_of_the_application_is_left_alone(make, tmp_path):
    """Its own run goes on, and what its environment says of it is not taken for ours."""
    support = Path(__file__).parents[1] / "support"
    names = {"RUN_ID": "theirs", "RUN_GROUP": "theirs", "TAGS": "theirs", "NAME": "theirs", "RESUME": "must"}
    environment = {**os.environ, **{f"WANDB_{name}": value for name, value in names.items()}}
    environment |= {"WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path), "OTEL_PROMPT_STORE": str(tmp_path / "s.db")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    program = APPLICATION.format(support=str(support), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    by_run = {records(file, "run")[0].run_id: file for file in files(tmp_path)}
    (other,) = set(by_run) - {"mine"}
    (run,) = records(by_run[other], "run")
    assert (run.run_group, list(run.tags), run.display_name) == ("", [], IsStr(regex="summarize 1.*"))
    assert len(records(by_run["mine"], "history")) == 2


def test_from_the_store_to_the_service(server, tmp_path):
    """``sync`` by the name under which it waits; after a crash before it was noted as delivered, nothing changes."""
    settings = Settings(store=tmp_path / "spans.db", wandb_base_url=server.url)
    store = Store(settings.store)
    here = destination("wandb", settings)
    store.write([step(), call(), call()], [here.name])
    (name,) = store.outbox.waiting()
    assert name == f"wandb {server.url}"
    there = destination(name, Settings(store=tmp_path / "spans.db"))
    (result,) = sync(store, [there])
    assert (result.error, result.left) == (None, 0)
    rows = ids(server.run.history)
    assert len(rows) == 2
    with store._database.writing() as db:
        db.execute("UPDATE outbox SET delivered = 0")
    (result,) = sync(store, [there])
    assert (result.error, ids(server.run.history)) == (None, rows)
    there.close()
    store.close()


def test_a_child_that_was_killed_is_replaced(make, tmp_path):
    """A process that ended between two deliveries costs nothing."""
    here = make()
    here.open()
    os.kill(child_of(here).pid, signal.SIGKILL)
    child_of(here).wait()
    here.deliver(traces(call()))
    assert len(history(tmp_path)) == 1
