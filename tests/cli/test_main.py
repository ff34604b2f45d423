"""The command line as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import call

from otel_prompt import cli, errors, semconv

FULL = Path("/dev/full")


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


@pytest.fixture
def program(store, tmp_path):
    """Run the command line in a process of its own, with what else a shell may set up."""
    store.write([call(n, attributes={semconv.PROMPT_NAME: "grüße…" + "x" * 500}) for n in range(1, 300)])

    def run(*arguments, **options):
        environment = {**os.environ, **options.pop("env", {})}
        command = [sys.executable, "-m", "otel_prompt.cli", *arguments]
        given = {"stdout": subprocess.PIPE, **options}
        return subprocess.run(command, stderr=subprocess.PIPE, env=environment, check=False, timeout=60, **given)

    return run


@pytest.mark.parametrize("command", [["spans"], ["show"], ["doctor"], ["prompts", "list"], ["--help"]])
def test_an_output_that_has_few_signs(program, command):
    """In a terminal of ASCII every command writes what can be written there."""
    done = program(*command, env={"PYTHONIOENCODING": "ascii", "COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


def test_json_in_few_signs(program):
    """JSON loses nothing: what is not ASCII is written as JSON writes it there."""
    done = program("spans", "--json", "--limit", "1", env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.isascii()
    assert json.loads(done.stdout)[0]["prompt"].startswith("grüße…x")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [["spans"], ["spans", "--json"], ["show"], ["--version"]])
def test_a_full_disk(program, command):
    """It is one sentence, and exit code 2."""
    with FULL.open("w") as full:
        done = program(*command, stdout=full)
    assert (done.returncode, done.stderr.decode()) == (
        2,
        "otel-prompt: the output cannot be written or read: No space left on device\n",
    )


@pytest.mark.parametrize("command", [["spans"], ["spans", "--json"], ["show", "--json"]])
def test_a_reader_that_has_had_enough(program, command):
    """``| head -1`` is told nothing."""
    reader, writer = os.pipe()
    os.close(reader)
    done = program(*command, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
@pytest.mark.parametrize("command", [["spans", "--prompt"], ["show"], ["prompts", "show"]])
def test_an_argument_that_is_no_text(program, command):
    """One sentence names it."""
    done = program(*command, b"\xff", env={"PYTHONUTF8": "1"})
    assert done.returncode == 2
    assert done.stderr.startswith(b"otel-prompt: the argument '\\udcff' is no text")
    assert done.stderr.count(b"\n") == 1
