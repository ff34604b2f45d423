"""What the doctor finds, and what it says of it."""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
import threading
import types
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from recorded import call

import otel_prompt
from otel_prompt import doctor
from otel_prompt.config import Settings
from otel_prompt.doctor import Level, clients, competitors, destinations, environment, mlflow, otlp, probe
from otel_prompt.doctor.findings import without_password
from otel_prompt.doctor.wrappers import wrappers
from otel_prompt.exporters.store import Store

pytest.importorskip("openai")


@pytest.fixture(autouse=True)
def quiet_place(tmp_path, monkeypatch):
    """A folder without settings, and a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(tmp_path / "spans.db"))
    return tmp_path


def found(subject, *, findings=None):
    """The one finding whose subject begins so."""
    matching = [f for f in findings or doctor.examine() if f.subject.startswith(subject)]
    assert len(matching) == 1, matching
    return matching[0]


def settings(**chosen):
    """Settings with a store in the current folder."""
    return Settings(**{"store": environment.chosen_settings()[0].store, **chosen})


@contextmanager
def answering(status):
    """A server that answers everything with one status, and keeps what it was asked."""
    asked = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("content-length") or 0)
            asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response(status)
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# Clients.


def test_a_sound_installation_is_healthy():
    """With the defaults and a client there is no problem, and every finding says something."""
    findings = doctor.examine()
    assert doctor.healthy(findings)
    assert all(f.area and f.subject and f.text for f in findings)


def test_not_traced_here():
    """A client that is not instrumented in this process can be."""
    finding = found("openai ")
    assert finding.level is Level.OK
    assert "opentelemetry-instrument or instrument()" in finding.text


def test_traced_here():
    """A client that is instrumented in this process is said to be."""
    otel_prompt.instrument(exporters=["none"])
    try:
        assert "is traced in this process" in found("openai ").text
    finally:
        otel_prompt.uninstrument()
    assert "is traced in this process" not in found("openai ").text


def test_too_old(monkeypatch):
    """A version below the oldest that is supported is a problem, with the command that helps."""
    monkeypatch.setattr(clients, "version", lambda _: "1.99.0")
    finding = found("openai ", findings=list(clients.examine(Settings())))
    assert finding.level is Level.PROBLEM
    assert finding.advice == "pip install --upgrade 'openai>=2'"


def test_a_seam_that_has_moved(monkeypatch):
    """A client without the method that is listened at is a problem."""
    import openai

    monkeypatch.setattr(openai.AsyncOpenAI, "request", None)
    finding = found("openai ", findings=list(clients.examine(Settings())))
    assert finding.level is Level.PROBLEM
    assert "has no AsyncOpenAI.request" in finding.text


def test_nothing_to_trace(monkeypatch):
    """No client at all is a problem."""

    def gone(name):
        raise clients.PackageNotFoundError(name)

    monkeypatch.setattr(clients, "version", gone)
    findings = list(clients.examine(Settings()))
    assert found("openai", findings=findings).level is Level.NOTE
    assert found("no client", findings=findings).level is Level.PROBLEM


def test_clients_that_were_not_asked_for():
    """A client that the settings leave out is not traced; a name that is none is a problem."""
    findings = list(clients.examine(Settings(clients=("opnai",))))
    assert "left out" in found("openai ", findings=findings).text
    assert "openai" in found("opnai", findings=findings).advice


# Competitors.


def distribution(folder, name, entry="", requires=""):
    """A package that is installed, as far as its metadata goes."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
    (info / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\n{entry}\n" if entry else "")


def test_no_competitor(monkeypatch):
    """Alone, it says so."""
    monkeypatch.setattr(competitors, "BY_CALL", {})
    assert found("none").level is Level.OK


@pytest.mark.parametrize(
    ("entry", "requires"),
    [
        ("openai = another.instrumentation.openai:Instrumentor", ""),
        ("other = another.sdk:Instrumentor", 'Requires-Dist: openai>=1.0; extra == "instruments"\n'),
    ],
)
def test_a_competitor(quiet_place, monkeypatch, entry, requires):
    """An instrumentor for the same client is a warning that says how to switch it off, and then a note."""
    distribution(quiet_place, "another", entry, requires)
    monkeypatch.syspath_prepend(str(quiet_place))
    finding = found("another 1.0")
    name = entry.partition(" ")[0]
    assert finding.level is Level.WARNING
    assert f"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={name}" in finding.advice
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", name)
    assert found("another 1.0").level is Level.NOTE


def test_no_competitor_of_ours(quiet_place, monkeypatch):
    """An instrumentor for something else is none of our business."""
    agents = 'Requires-Dist: openai-agents>=0.3; extra == "instruments"\n'
    distribution(quiet_place, "agents", "openai_agents = agents.openai:Instrumentor", agents)
    monkeypatch.syspath_prepend(str(quiet_place))
    assert not [f for f in doctor.examine() if f.subject.startswith("agents")]


def test_one_that_waits_to_be_called(quiet_place, monkeypatch):
    """A library that records calls once the application says so is a note that says how it would."""
    distribution(quiet_place, "openlit")
    monkeypatch.syspath_prepend(str(quiet_place))
    finding = found("openlit 1.0")
    assert finding.level is Level.NOTE
    assert "openlit.init()" in finding.text


_WRAP = """
import functools
def wrap(f):
    @functools.wraps(f)
    def run(*args, **kwargs):
        return f(*args, **kwargs)
    return run
"""


def test_the_client_is_wrapped_by_another(monkeypatch):
    """A wrapper around the client's method is found, whoever put it there."""
    from openai.resources.chat.completions import Completions

    another = types.ModuleType("another.tracing.openai_patch")
    exec(_WRAP, another.__dict__)
    monkeypatch.setattr(Completions, "create", another.wrap(Completions.create))
    finding = found("another.tracing.openai_patch")
    assert finding.level is Level.WARNING
    assert "has wrapped openai in this process" in finding.text


def test_wrappers_of_nothing():
    """A method that is not wrapped, or not there, has no wrappers."""
    import openai

    assert wrappers(openai.OpenAI.request) == []
    assert wrappers(None) == []


# Destinations.


def test_a_store_that_is_not_there(quiet_place):
    """It is made with the first span, and not by looking."""
    assert "is made with the first span" in found("store ").text
    assert list(quiet_place.iterdir()) == []


def test_a_store_with_spans(quiet_place):
    """It is counted; what still waits for a destination is a note."""
    store = Store(quiet_place / "spans.db")
    store.write([call(1), call(2)])
    assert "2 spans" in found("store ").text
    store.write([call(3)], ["mlflow http://there"])
    store.close()
    finding = found("store ")
    assert finding.level is Level.NOTE
    assert "1 for mlflow http://there" in finding.text


def test_a_broken_store(quiet_place):
    """A file that is no store is a problem."""
    (quiet_place / "spans.db").write_text("no database" * 500)
    assert found("store").level is Level.PROBLEM


def test_a_store_that_cannot_be_made(monkeypatch, quiet_place):
    """A path below a file is a problem."""
    (quiet_place / "file").write_text("")
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(quiet_place / "file" / "spans.db"))
    finding = found("store ")
    assert finding.level is Level.PROBLEM
    assert "OTEL_PROMPT_STORE" in finding.advice


def test_exporters_nobody_has(monkeypatch):
    """A name that is no exporter is a problem, in the environment as in the settings."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otel_prompt,jaeger")
    assert "otlp" in found("jaeger").advice
    findings = list(destinations.examine(settings(exporters=("jaeger",))))
    assert found("jaeger", findings=findings).level is Level.PROBLEM


def test_spans_that_go_nowhere(monkeypatch):
    """No exporter at all is a problem; one that is not the store leaves the command line without spans."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert "spans go nowhere" in found("none", findings=list(destinations.examine(settings()))).text
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    assert found("store").level is Level.NOTE


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (200, Level.OK, "answers"),
        (400, Level.WARNING, "400"),
        (401, Level.PROBLEM, "OTEL_EXPORTER_OTLP_HEADERS"),
        (404, Level.PROBLEM, "/v1/traces"),
        (422, Level.PROBLEM, "x-mlflow-experiment-id"),
        (503, Level.PROBLEM, "its own log"),
    ],
)
def test_otlp(monkeypatch, status, level, words):
    """The endpoint is sent an empty export with the user's headers, and its answer explained."""
    with answering(status) as (url, asked):
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b,x-team=t")
        finding = found("otlp ")
    assert finding.level is level
    assert words in f"{finding.text} {finding.advice}"
    [(method, path, headers, body)] = asked
    assert (method, path, body) == ("POST", "/v1/traces", b"\n\x00")
    assert (headers["x-key"], headers["x-team"]) == ("a b", "t")


def test_otlp_that_is_down(monkeypatch, unused_port):
    """An endpoint where nothing listens is a problem."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://user:secret@127.0.0.1:{unused_port}")
    finding = found("otlp ")
    assert "nothing listens there" in finding.text
    assert "secret" not in finding.subject


def test_otlp_over_grpc(monkeypatch, unused_port):
    """Without the exporter for gRPC nothing would go out; with it, the port is tried."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{unused_port}")
    assert "http/protobuf" in found("otlp").advice
    monkeypatch.setattr(otlp, "entry_points", lambda **_: [types.SimpleNamespace(name="otlp_proto_grpc")])
    assert "nothing listens there" in found("otlp ").text


@pytest.fixture
def unused_port():
    """A port where nothing listens."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@pytest.mark.parametrize(("status", "level"), [(200, Level.OK), (404, Level.PROBLEM)])
def test_an_mlflow_server(monkeypatch, status, level):
    """A server is asked how it is."""
    pytest.importorskip("mlflow")
    with answering(status) as (url, asked):
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        finding = found("mlflow http")
    assert finding.level is level
    assert asked[0][:2] == ("GET", "/health")


def test_an_mlflow_that_is_down(monkeypatch, unused_port):
    """A server that does not answer is a problem, and nothing is lost."""
    pytest.importorskip("mlflow")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{unused_port}")
    finding = found("mlflow http")
    assert finding.level is Level.PROBLEM
    assert "waits in the store" in finding.advice


def test_an_mlflow_database(monkeypatch, quiet_place):
    """A database is made when there is none, opened when there is one, and refused when it is something else."""
    pytest.importorskip("mlflow")
    file = quiet_place / "mlflow.db"
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
    assert "made with the first delivery" in found("mlflow sqlite").text
    assert not file.exists()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    db.close()
    assert found("mlflow sqlite").level is Level.OK
    file.write_text("something else" * 500)
    assert found("mlflow sqlite").level is Level.PROBLEM


def test_mlflow_is_not_installed(monkeypatch):
    """The exporter without the library is a problem that names the extra."""

    def gone(name):
        raise mlflow.PackageNotFoundError(name)

    monkeypatch.setattr(mlflow, "version", gone)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    finding = [f for f in destinations.examine(settings()) if f.subject == "mlflow"]
    assert "otel-prompt[mlflow]" in finding[0].advice


def test_only_configured_addresses(monkeypatch):
    """With the defaults nothing is connected to."""

    def refuse(*_):
        raise AssertionError("the doctor reached for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    doctor.examine()


# Settings.


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("OTEL_SDK_DISABLED", "true", "nothing is recorded"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "flask, otel_prompt", "leaves otel-prompt out"),
        ("OTEL_TRACES_SAMPLER", "always_off", "no span is recorded"),
    ],
)
def test_switched_off(monkeypatch, variable, value, words):
    """What switches recording off is a problem that names the variable."""
    monkeypatch.setenv(variable, value)
    finding = found(variable)
    assert finding.level is Level.PROBLEM
    assert words in finding.text


@pytest.mark.parametrize(
    ("variable", "value", "subject", "level"),
    [
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", "OTEL_TRACES_SAMPLER", Level.NOTE),
        ("OTEL_CONFIG_FILE", "otel.yaml", "OTEL_CONFIG_FILE", Level.WARNING),
        ("OTEL_PYTHON_DISTRO", "distro", "OTEL_PYTHON_DISTRO", Level.NOTE),
        ("OTEL_PROMPT_REDACT", "no", "content", Level.WARNING),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false", "content", Level.NOTE),
    ],
)
def test_worth_knowing(monkeypatch, variable, value, subject, level):
    """What changes the record without ending it is said."""
    monkeypatch.setenv(variable, value)
    assert found(subject).level is level
    assert doctor.healthy(doctor.examine())


def test_a_value_that_cannot_be(monkeypatch, caplog):
    """A bad value is a problem, told once and not on the log."""
    monkeypatch.setenv("OTEL_PROMPT_RUN_PER", "minute")
    finding = found("value")
    assert finding.level is Level.PROBLEM
    assert "OTEL_PROMPT_RUN_PER" in finding.text
    assert caplog.text == ""


def test_no_prices(monkeypatch):
    """Without the price table there is no cost."""
    monkeypatch.setattr(environment, "find_spec", lambda _: None)
    assert found("cost").level is Level.WARNING


# The probe, and the command.


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:99999/", "it is no address"),
        ("http://no-such-host.invalid/", "there is no host of that name"),
    ],
)
def test_no_answer(url, reason):
    """Why there is no answer is said in words."""
    assert probe.ask(url).reason == reason


def test_no_http(quiet_place):
    """HTTPS spoken to a server of HTTP is told apart from silence."""
    with answering(200) as (url, _):
        assert "secure" in probe.ask(url.replace("http:", "https:")).reason


def test_passwords_are_not_shown():
    """An address is shown without who may use it."""
    assert without_password("https://me:pw@host:1/x") == "https://…@host:1/x"


def test_command(monkeypatch, capsys):
    """The command prints every finding, and its exit code says whether something is wrong."""
    pytest.importorskip("typer")
    from otel_prompt.cli import main

    for variable, code in ((None, 0), ("OTEL_SDK_DISABLED", 1)):
        if variable:
            monkeypatch.setenv(variable, "true")
        for arguments in (["doctor"], ["doctor", "--json"]):
            monkeypatch.setattr(sys, "argv", ["otel-prompt", *arguments])
            monkeypatch.setenv("COLUMNS", "80")
            with pytest.raises(SystemExit) as ended:
                main()
            assert (ended.value.code or 0) == code
            out, err = capsys.readouterr()
            assert err == ""
            if "--json" in arguments:
                assert json.loads(out)["healthy"] is (code == 0)
            else:
                assert max(map(len, out.splitlines())) <= 80
                assert ("Nothing is wrong." in out) is (code == 0)
