"""What Git knows of a prompt's file: the commit, whether it is changed since, and how it was before."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. ``time`` is in seconds since the epoch."""

    id: str
    time: int
    author: str
    subject: str


def state(file: Path) -> tuple[str | None, bool]:
    """The commit that last changed a file, and whether it is changed since; (None, False) outside of Git."""
    commit = _git(file.parent, "log", "-1", "--format=%H", "--", file.name)
    if not commit:
        return None, False
    return commit.strip(), bool(_git(file.parent, "status", "--porcelain", "--", file.name))


def history(file: Path) -> list[Commit]:
    """The commits that changed a file, the newest first; none outside of Git."""
    text = _git(file.parent, "log", "--format=%H%x1f%ct%x1f%an%x1f%s", "--", file.name) or ""
    found: list[Commit] = []
    for line in text.splitlines():
        commit, time, author, subject = line.split("\x1f", 3)
        found.append(Commit(commit, int(time), author, subject))
    return found


def text_at(file: Path, commit: str) -> str | None:
    """What a file held at a commit; None if it was not there."""
    return _git(file.parent, "show", f"{commit}:./{file.name}")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - arguments are ours, and no shell reads them
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the git that the user has on the path
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None
