"""Which commit of the user's own code is running, read from the files of git."""

from __future__ import annotations

from pathlib import Path

_LENGTHS = (40, 64)


def revision(folder: Path) -> str | None:
    """The commit that is checked out around a folder; None where there is none, or none can be told."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        try:
            if git.is_file():
                # A worktree or a submodule: the file names the real folder.
                git = parent / git.read_text("utf-8").removeprefix("gitdir:").strip()
            if git.is_dir():
                return _commit(git)
        except (OSError, ValueError):
            return None
    return None


def _commit(git: Path) -> str | None:
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return _checked(head)
    name = head.removeprefix("ref:").strip()
    shared = git / "commondir"
    roots = [git, git / shared.read_text("utf-8").strip()] if shared.is_file() else [git]
    for root in roots:
        if (root / name).is_file():
            return _checked((root / name).read_text("utf-8").strip())
        packed = root / "packed-refs"
        for line in packed.read_text("utf-8").splitlines() if packed.is_file() else ():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return _checked(commit)
    return None


def _checked(text: str) -> str | None:
    return text if len(text) in _LENGTHS and all(c in "0123456789abcdef" for c in text) else None
