"""What Git knows of a prompt's file: the commit, whether it is changed since, and how it was before."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config import environment_of_child

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. ``time`` is in seconds since the epoch."""

    id: str
    time: int
    author: str
    subject: str


def state(files: Sequence[Path]) -> tuple[str | None, bool | None]:
    """The commit that last changed one of some files, and whether any is changed since; None outside of Git."""
    paths = [str(file) for file in files]
    commit = _git(files[0].parent, "log", "-1", "--format=%H", "--", *paths)
    if not commit:
        return None, None
    return commit.strip(), bool(_git(files[0].parent, "status", "--porcelain", "--", *paths))


def history(files: Sequence[Path]) -> list[Commit]:
    """The commits that changed one of some files, the newest first; none outside of Git."""
    paths = [str(file) for file in files]
    text = _git(files[0].parent, "log", "--format=%H%x1f%ct%x1f%an%x1f%s", "--", *paths) or ""
    found: list[Commit] = []
    for line in text.splitlines():
        commit, time, author, subject = line.split("\x1f", 3)
        found.append(Commit(commit, int(time), author, subject))
    return found


def text_at(file: Path, commit: str) -> str | None:
    """What a file held at a commit; None if it was not there."""
    return _git(file.parent, "show", f"{commit}:./{file.name}")


def directory(folder: Path) -> Path | None:
    """Git's own directory for a folder; None outside of Git."""
    found = _git(folder, "rev-parse", "--absolute-git-dir")
    return Path(found.strip()) if found else None


def user(folder: Path) -> str | None:
    """Who commits here, as Git is told; None if it is not."""
    found = _git(folder, "config", "user.name")
    return found.strip() or None if found else None


def _git(folder: Path, *arguments: str) -> str | None:
    # What a hook is given (GIT_DIR, GIT_INDEX_FILE) is relative to a place that is not ours.
    environment = {k: v for k, v in environment_of_child({}).items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - arguments are ours, and no shell reads them
            # Without the locks, reading never stands in the way of what the user does with Git meanwhile.
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None
