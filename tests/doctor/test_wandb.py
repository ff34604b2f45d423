"""Weights & Biases and Weave as the doctor sees them."""

from __future__ import annotations

import pytest
from finding import found
from http_answers import answering
from wandb_server import KEY, WandbServer

from otel_prompt import config
from otel_prompt.doctor import Level, destinations, wandb


@pytest.fixture
def server(monkeypatch):
    """A W&B and Weave, which the environment names, with its key."""
    made = WandbServer()
    for name in ("WANDB_BASE_URL", "WF_TRACE_SERVER_URL"):
        monkeypatch.setenv(name, made.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def installed(monkeypatch, tmp_path):
    """Both libraries are there; nobody has logged in on this machine."""
    monkeypatch.setattr(wandb, "version", lambda _: "1.0")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


BOTH = pytest.mark.parametrize("name", ["wandb", "weave"])


def finding(name, monkeypatch, subject=""):
    """What the doctor says of an exporter."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", name)
    return found(subject or f"{name} ", findings=list(destinations.examine(config.load())))


@BOTH
def test_it_answers_and_takes_the_key(name, server, monkeypatch):
    """Whose key it is is said; the key is not."""
    it = finding(name, monkeypatch)
    assert (it.level, it.text) == (Level.OK, "answers, and takes the key, of me")
    assert KEY not in str(it)


@BOTH
def test_the_key_of_wandb_login(name, server, monkeypatch, tmp_path):
    """It is where W&B's own client has put it; without one, what to do is said, and nobody is asked."""
    monkeypatch.delenv("WANDB_API_KEY")
    it = finding(name, monkeypatch)
    assert (it.level, it.text, "wandb login" in it.advice) == (Level.PROBLEM, "has no API key", True)
    assert server.requests == []
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1\n  login user\n  password {KEY}\n")
    assert finding(name, monkeypatch).level is Level.OK


@BOTH
def test_a_key_that_is_refused(name, server, monkeypatch):
    """By status, as W&B does for most, or by knowing nobody of that key."""
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    it = finding(name, monkeypatch)
    assert (it.level, "does not accept the API key (401)" in it.text) == (Level.PROBLEM, True)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    server.on_Viewer = lambda _: {"viewer": None}
    assert "does not accept the API key" in finding(name, monkeypatch).text


def test_weave_may_refuse_what_wandb_takes(server, monkeypatch):
    """They are two services."""
    server.fail = lambda path, body: 403 if path == "/server_info" else None
    assert "does not accept the API key (403)" in finding("weave", monkeypatch).text
    server.fail = lambda path, body: 404 if path == "/server_info" else None
    assert "not as Weave does: 404" in finding("weave", monkeypatch).text
    assert finding("wandb", monkeypatch).level is Level.OK


@BOTH
def test_nobody_is_there(name, server, monkeypatch, unused_port):
    """What is recorded meanwhile is not lost."""
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{unused_port}")
    it = finding(name, monkeypatch)
    assert (it.level, "nothing listens there" in it.text, "waits in the store" in it.advice) == (
        Level.PROBLEM, True, True,
    )  # fmt: skip


def test_a_weave_that_is_down(server, monkeypatch, unused_port):
    """W&B may be up all the same."""
    monkeypatch.setenv("WF_TRACE_SERVER_URL", f"http://127.0.0.1:{unused_port}")
    assert "nothing listens there" in finding("weave", monkeypatch).text


@BOTH
def test_something_else_is_there(name, monkeypatch):
    """A server of another kind."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    with answering(200) as (url, _):
        monkeypatch.setenv("WANDB_BASE_URL", url)
        assert "not as W&B does: 200" in finding(name, monkeypatch).text


def test_without_a_service(monkeypatch, tmp_path):
    """Offline there is a folder, and nobody to ask; switched off, that is a problem."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "runs"))
    it = finding("wandb", monkeypatch)
    assert (it.level, str(tmp_path / "runs") in it.subject) == (Level.OK, True)
    (tmp_path / "runs").write_text("")
    assert "cannot be written" in finding("wandb", monkeypatch).text
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert "switches it off" in finding("wandb", monkeypatch, "wandb").text


@BOTH
def test_the_library_is_not_installed(name, monkeypatch):
    """The exporter without it is a problem that names the extra."""

    def gone(_):
        raise wandb.PackageNotFoundError(name)

    monkeypatch.setattr(wandb, "version", gone)
    assert f"otel-prompt[{name}]" in finding(name, monkeypatch, name).advice
