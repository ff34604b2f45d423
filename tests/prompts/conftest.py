"""A folder of prompts, with and without Git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from otel_prompt.prompts.folder import Folder

pytest.importorskip("yaml")


class Library:
    """A folder of prompt files that a test writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self.folder = Folder(path)

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def git(self, *arguments: str) -> str:
        """Run Git in the folder."""
        done = subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, subject: str = "change") -> str:
        """Commit all there is; gives the commit."""
        if not (self.path / ".git").exists():
            self.git("init", "-q")
            self.git("config", "user.name", "Ada")
            self.git("config", "user.email", "ada@example.org")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def library(tmp_path):
    """An empty folder of prompts."""
    return Library(tmp_path / "prompts")


@pytest.fixture(autouse=True)
def own_copies(tmp_path, monkeypatch):
    """Copies of registries' prompts that no other test has."""
    from otel_prompt.prompts import registries
    from otel_prompt.prompts.registries._copies import Copies

    monkeypatch.setattr(registries, "copies", Copies(registries.FRESH_SECONDS, tmp_path / "copies"))


@pytest.fixture
def langfuse(monkeypatch):
    """A Langfuse of our own."""
    pytest.importorskip("langfuse")
    from prompt_services import Langfuse, serving

    it = Langfuse()
    with serving(it) as address:
        monkeypatch.setenv("LANGFUSE_HOST", address)
        monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-test")
        monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-test")
        yield it


@pytest.fixture
def langsmith(monkeypatch):
    """A LangSmith of our own."""
    pytest.importorskip("langsmith")
    from prompt_services import LangSmith, serving

    it = LangSmith()
    with serving(it) as address:
        monkeypatch.setenv("LANGSMITH_ENDPOINT", address)
        monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_test")
        yield it
