"""A folder of prompt files as a library: names, versions from Git's history, labels."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import PromptError, require
from . import file as prompt_file
from . import git
from ._prompt import Prompt
from .reference import Reference

SHORT_HASH = 12
"""The characters of a template's hash that stand for a version where none is declared."""

LABELS = "labels.yaml"


class Folder:
    """The prompts in a folder and those below it. A file that changes is read again when it is next asked for.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Path, tuple[tuple[int, int], Prompt]] = {}

    def prompts(self) -> list[Prompt]:
        """Every prompt as its file says now, by name.

        Raises:
            PromptError: the folder is not there, a file cannot be read, or two files have one name.
        """
        if not self.path.is_dir():
            raise PromptError(f"there is no folder {self.path} with prompts; name another in OTEL_PROMPT_PROMPTS")
        found: dict[str, Prompt] = {}
        for path in self._files():
            prompt = self._current(path)
            if (other := found.get(prompt.name)) is not None:
                raise PromptError(f"two files have the prompt name {prompt.name!r}: {_file(other)} and {path}")
            found[prompt.name] = prompt
        return [found[name] for name in sorted(found)]

    def load(self, reference: Reference) -> Prompt:
        """The prompt of a reference: as its file is, or as Git has kept it.

        Raises:
            PromptError: there is no such prompt, label or version.
        """
        prompt = self._named(reference.name)
        if reference.label is not None:
            return self._labelled(prompt, reference.label)
        if reference.version is None and reference.hash is None:
            return prompt
        for candidate in self.history(prompt):
            if _is(candidate, reference):
                return candidate
        known = ", ".join(dict.fromkeys(str(p.version) for p in self.history(prompt)))
        raise PromptError(f"{_file(prompt)}: there is no version {reference}; the file and Git have {known}")

    def history(self, prompt: Prompt) -> Iterator[Prompt]:
        """The versions of a prompt, the newest first: the file as it is, then each commit that changed it."""
        yield prompt
        path = _file(prompt)
        for commit in git.history(path):
            text = git.text_at(path, commit.id)
            if text is not None and (old := _parsed(text, path)) is not None:
                yield _versioned(replace(old, commit=commit.id, dirty=False))

    def labels(self) -> dict[str, dict[str, Any]]:
        """``{prompt: {label: {"version", "by", "at"}}}`` as ``labels.yaml`` has it."""
        path = self.path / LABELS
        if not path.is_file():
            return {}
        yaml = require("yaml", "prompts")
        try:
            found = yaml.safe_load(path.read_text("utf-8")) or {}
        except yaml.YAMLError as error:
            raise PromptError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
        return found if isinstance(found, dict) else {}

    def label(self, reference: Reference, label: str) -> str | None:
        """Move a label to a version; who and when are kept with it. Gives the version that had it before."""
        prompt = self.load(reference)
        labels = self.labels()
        entry = labels.setdefault(prompt.name, {})
        before = (entry.get(label) or {}).get("version")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry[label] = {"version": prompt.version, "by": getpass.getuser(), "at": now, "before": before}
        yaml = require("yaml", "prompts")
        (self.path / LABELS).write_text(yaml.safe_dump(labels, sort_keys=True), "utf-8")
        return before

    def _files(self) -> list[Path]:
        return sorted(p for p in self.path.rglob("*") if p.suffix in prompt_file.SUFFIXES and p.name != "README.md")

    def _named(self, name: str) -> Prompt:
        prompts = {prompt.name: prompt for prompt in self.prompts()}
        if name not in prompts:
            known = ", ".join(prompts) or "none"
            raise PromptError(f"there is no prompt {name!r} in {self.path}; there are: {known}")
        return prompts[name]

    def _labelled(self, prompt: Prompt, label: str) -> Prompt:
        entry = self.labels().get(prompt.name, {}).get(label)
        if entry is not None:
            version = str(entry["version"] if isinstance(entry, dict) else entry)
            return replace(self.load(Reference(prompt.name, version=version)), label=label)
        if label in prompt.labels:
            return replace(prompt, label=label)
        known = ", ".join([*self.labels().get(prompt.name, {}), *prompt.labels]) or "none"
        raise PromptError(f"{_file(prompt)}: there is no label {label!r}; there are: {known}")

    def _current(self, path: Path) -> Prompt:
        try:
            about = path.stat()
            stamp = (about.st_mtime_ns, about.st_size)
            if path in self._read and self._read[path][0] == stamp:
                return self._read[path][1]
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PromptError(f"{path} cannot be read: {error}") from None
        commit, dirty = git.state(path)
        prompt = _versioned(replace(prompt_file.parse(text, path), commit=commit, dirty=dirty if commit else None))
        self._read[path] = (stamp, prompt)
        return prompt


def _parsed(text: str, path: Path) -> Prompt | None:
    """An older text of a file; None where it was no prompt yet."""
    try:
        return prompt_file.parse(text, path)
    except PromptError:
        return None


def _versioned(prompt: Prompt) -> Prompt:
    return replace(prompt, version=prompt.version or prompt.template_hash[:SHORT_HASH], source="file")


def _is(prompt: Prompt, reference: Reference) -> bool:
    if reference.hash is not None:
        return prompt.template_hash.startswith(reference.hash)
    wanted = str(reference.version)
    return prompt.version in (wanted, wanted.removeprefix("v")) or prompt.template_hash[:SHORT_HASH] == wanted


def _file(prompt: Prompt) -> Path:
    assert prompt.origin is not None and prompt.origin.file is not None  # noqa: PT018, S101 - every prompt here is a file
    return prompt.origin.file
