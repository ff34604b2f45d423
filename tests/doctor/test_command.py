"""All findings together, as the command prints them."""

from __future__ import annotations

import json
import sys

import pytest

from otel_prompt import doctor


def test_a_sound_installation_is_healthy():
    """With the defaults and a client there is no problem, and every finding says something."""
    findings = doctor.examine()
    assert doctor.healthy(findings)
    assert all(f.area and f.subject and f.text for f in findings)


def test_only_configured_addresses(monkeypatch):
    """With the defaults nothing is connected to."""

    def refuse(*_):
        raise AssertionError("the doctor reached for the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    doctor.examine()


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
                assert ("No problem was found" in out) is (code == 0)
