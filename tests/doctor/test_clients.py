"""Which clients are installed, and whether their calls are traced."""

from __future__ import annotations

import pytest
from finding import found

import otel_prompt
from otel_prompt.config import Settings
from otel_prompt.doctor import Level, clients


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


def test_a_minor_version_that_is_too_old(monkeypatch):
    """Where the oldest supported version is a minor one, it is compared as such: 0.9 is older than 0.80."""
    pytest.importorskip("anthropic")
    for installed, level in (("0.9.1", Level.PROBLEM), ("0.80.0", Level.OK), ("2.12.0", Level.OK)):
        monkeypatch.setattr(clients, "version", lambda _, installed=installed: installed)
        assert found("anthropic ", findings=list(clients.examine(Settings()))).level is level


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


def test_switched_off(monkeypatch):
    """Where the SDK is switched off no client is said to be traced."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    finding = found("openai ")
    assert (finding.level, "not traced" in finding.text) == (Level.NOTE, True)


def test_a_client_with_many_methods():
    """Two of them are named, and how many more there are."""
    assert clients._some(("a.b", "c.d")) == "a.b and c.d"
    assert clients._some(("a.b", "c.d", "e.f", "g.h")) == "a.b, c.d and 2 more"
