"""A command line on a store of its own."""

from __future__ import annotations

import pytest

from otel_prompt.exporters.store import Store

pytest.importorskip("typer")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store that the command line reads."""
    path = tmp_path / "spans.db"
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(path))
    monkeypatch.chdir(tmp_path)
    it = Store(path)
    yield it
    it.close()


@pytest.fixture
def run(store, monkeypatch, capsys):
    """Run a command: ``run("spans", "--json")`` gives its exit code, output and errors."""
    from otel_prompt.cli import main

    def command(*arguments: str, columns: int = 120) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr("sys.argv", ["otel-prompt", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return command
