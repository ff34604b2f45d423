"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from otel_prompt import cli, errors


@pytest.mark.parametrize("command", ["spans", "show", "sync", "demo", "doctor"])
def test_help(run, command):
    """Every command says what it does."""
    code, out, _ = run(command, "--help")
    assert code == 0
    assert command in out


def test_version(run):
    """``--version`` prints the version."""
    code, out, _ = run("--version")
    assert code == 0
    assert out.strip()[0].isdigit()


def test_nothing_asked(run):
    """Without a command there is help."""
    _, out, err = run()
    assert "doctor" in out + err


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra(monkeypatch, capsys, missing):
    """Without typer or rich there is one sentence that names the extra, and exit code 1."""
    require = errors.require

    def fails(module, extra):
        if module == missing:
            raise errors.MissingExtraError(f"{module} is not installed: pip install 'otel-prompt[{extra}]'")
        return require(module, extra)

    monkeypatch.setattr(cli, "require", fails)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == f"otel-prompt: {missing} is not installed: pip install 'otel-prompt[cli]'"


def test_as_a_module():
    """``python -m otel_prompt.cli`` is the same command line."""
    done = subprocess.run([sys.executable, "-m", "otel_prompt.cli", "--version"], capture_output=True, check=True)
    assert done.stdout.strip()
