"""The labels of a folder's prompts, in its ``labels.yaml``: which version has which, who gave it and when."""

from __future__ import annotations

import getpass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import PromptError, require
from . import git

FILE: Final = "labels.yaml"


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """A label's place: the version, who gave it, when (ISO, UTC), and the version that had it before."""

    version: str
    by: str | None = None
    at: str | None = None
    before: str | None = None


class Labels:
    """The labels of one folder.

    Args:
        folder: where ``labels.yaml`` is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._read: tuple[tuple[int, int], dict[str, dict[str, Label]]] | None = None

    def of(self, name: str) -> dict[str, Label]:
        """The labels of a prompt.

        Raises:
            PromptError: the file cannot be read.
        """
        return self._all().get(name, {})

    def move(self, name: str, label: str, version: str) -> Label:
        """Give a label to a version, and keep who did so and when.

        Raises:
            PromptError: the file cannot be read or written.
        """
        labels = {prompt: dict(entries) for prompt, entries in self._all().items()}
        held = labels.setdefault(name, {}).get(label)
        before = held.version if held is not None and held.version != version else held.before if held else None
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        moved = Label(version, _who(self.path.parent), now, before)
        labels[name][label] = moved
        yaml = require("yaml", "prompts")
        new = self.path.with_suffix(".new")
        try:
            new.write_text(yaml.safe_dump(msgspec.to_builtins(labels), allow_unicode=True), "utf-8")
            new.replace(self.path)
        except OSError as error:
            raise PromptError(f"{self.path} cannot be written: {error}") from None
        return moved

    def _all(self) -> dict[str, dict[str, Label]]:
        try:
            about = self.path.stat()
        except OSError:
            return {}
        stamp = (about.st_mtime_ns, about.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, self._parsed())
        return self._read[1]

    def _parsed(self) -> dict[str, dict[str, Label]]:
        yaml = require("yaml", "prompts")
        try:
            # As it is written: version 1.10 is no number.
            found: Any = yaml.load(self.path.read_text("utf-8"), Loader=yaml.BaseLoader) or {}
            return {name: {label: _label(entry) for label, entry in entries.items()} for name, entries in found.items()}
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise PromptError(f"{self.path} cannot be read: {' '.join(str(error).split())}") from None
        except (AttributeError, TypeError, KeyError):
            raise PromptError(f"{self.path} is no list of labels such as 'summarize: {{production: 3}}'") from None


def _label(entry: Any) -> Label:
    return Label(entry) if isinstance(entry, str) else Label(**{k: v for k, v in entry.items() if v})


def _who(folder: Path) -> str | None:
    """The name that Git has for the user; without one, the login."""
    try:
        return git.user(folder) or getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that has no name.
        return None
