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
    """One commit. ``time`` is in seconds since the epoch, ``path`` the file's own then, from the repository's top."""

    id: str
    time: int
    author: str
    subject: str
    path: str


def state(files: Sequence[Path]) -> tuple[str | None, bool | None]:
    """The commit that last changed one of some files, and whether any is changed since; None outside of Git."""
    paths = [str(file) for file in files]
    commit = _git(files[0].parent, "log", "-1", "--format=%H", "--", *paths)
    if not commit:
        return None, None
    return commit.strip(), bool(_git(files[0].parent, "status", "--porcelain", "--", *paths))


def history(files: Sequence[Path]) -> list[Commit]:
    """The commits that changed one of some files, the newest first; those of the first one under its earlier names too.

    None outside of Git.
    """
    names = _names(files[0])
    if not names:
        return []
    earlier = [f":(top,literal){name}" for name in dict.fromkeys(names.values())]
    others = [str(file) for file in files[1:]]
    text = _git(files[0].parent, "log", "--format=%H%x1f%ct%x1f%an%x1f%s", "--", *earlier, *others) or ""
    found: list[Commit] = []
    path: str | None = None
    for line in reversed(text.splitlines()):
        commit, time, author, subject = line.split("\x1f", 3)
        path = names.get(commit, path)
        if path is not None:
            found.append(Commit(commit, int(time), author, subject, path))
    return found[::-1]


def _names(file: Path) -> dict[str, str]:
    """By the commits that changed a file, what its path was after each; a copy begins where it was made."""
    follow = ("log", "--follow", "--name-status", "--format=%x1e%H", "--", str(file))
    text = _git(file.parent, "-c", "core.quotePath=false", *follow) or ""
    found: dict[str, str] = {}
    for entry in text.split("\x1e")[1:]:
        commit, *changes = [line for line in entry.splitlines() if line]
        for change in changes:
            status, *paths = change.split("\t")
            found[commit] = paths[-1].strip('"')
            if status.startswith("C"):
                return found
    return found


def text_at(file: Path, commit: str, path: str | None = None) -> str | None:
    """What a file held at a commit, where its path may have been another; None if it was not there."""
    return _git(file.parent, "show", f"{commit}:{path or f'./{file.name}'}")


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
