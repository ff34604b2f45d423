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
