"""A folder of prompt files as a library: names, versions from Git's history, labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from ..errors import PromptError
from . import file as prompt_file
from . import git
from ._prompt import Prompt
from .labels import Labels
from .reference import Reference

SHORT_HASH = 12
"""The characters of a template's hash that stand for a version where none is declared."""

_Stamp: TypeAlias = tuple[int, int] | None
"""When a file was changed, and its length; None for one that is not there."""


class Folder:
    """The prompts in a folder and those below it. A file that changes is read again when it is next asked for.

    Files whose names begin with ``_`` are no prompts: they are there to be included.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.labels = Labels(self.path)
        self._read: dict[Path, tuple[dict[Path, _Stamp], Prompt]] = {}
        self._states: dict[Path, tuple[object, str | None, bool | None]] = {}
        self._commits: dict[Path, tuple[object, list[tuple[git.Commit, Prompt]]]] = {}

    def prompts(self) -> list[Prompt]:
        """Every prompt as its file says now, by name.

        Raises:
            PromptError: the folder is not there, a file cannot be read, or two files have one name.
        """
        found: dict[str, Prompt] = {}
        for path in self.files():
            prompt = self._parsed(path)
            if (other := found.get(prompt.name)) is not None:
                raise _two(prompt.name, file_of(other), path)
            found[prompt.name] = prompt
        return [self._stated(found[name]) for name in sorted(found)]

    def load(self, reference: Reference) -> Prompt:
        """The prompt of a reference: as its file is, or as Git has kept it.

        Raises:
            PromptError: there is no such prompt, label or version, or its file cannot be read.
        """
        prompt = self._named(reference.name)
        if reference.label is not None:
            return self._labelled(prompt, reference.label)
        if reference.version is None and reference.hash is None:
            return self._stated(prompt)
        for candidate in self.history(prompt):
            if _is(candidate, reference):
                return candidate
        known = ", ".join(dict.fromkeys(str(p.version) for p in self.history(prompt)))
        raise PromptError(f"{file_of(prompt)}: there is no version {reference}; the file and Git have {known}")

    def history(self, prompt: Prompt) -> Iterator[Prompt]:
        """The versions of a prompt, the newest first: the file as it is, then each commit that changed it."""
        yield self._stated(prompt)
        for _, old in self.commits(prompt):
            yield old

    def commits(self, prompt: Prompt) -> list[tuple[git.Commit, Prompt]]:
        """The commits that changed a prompt, and the prompt as each left it; the newest first."""
        path, stamp = file_of(prompt), self._git_stamp()
        if path not in self._commits or self._commits[path][0] != stamp:
            found: list[tuple[git.Commit, Prompt]] = []
            for commit in git.history(self._files_of(path)):
                if (old := self._at(path, commit)) is not None:
                    found.append((commit, old))
            self._commits[path] = (stamp, found)
        return self._commits[path][1]

    def files(self) -> list[Path]:
        """The files of prompts.

        Raises:
            PromptError: the folder is not there.
        """
        if not self.path.is_dir():
            raise PromptError(f"there is no folder {self.path} with prompts; name another in OTEL_PROMPT_PROMPTS")
        found = (p for p in self.path.rglob("*") if p.suffix in prompt_file.SUFFIXES)
        return sorted(p for p in found if _is_prompt(p.relative_to(self.path)))

    def load_file(self, path: Path) -> Prompt:
        """The prompt of one of the files.

        Raises:
            PromptError: it cannot be read.
        """
        return self._stated(self._parsed(path))

    def named(self, name: str) -> Prompt | None:
        """The prompt of a name; None where no file has it.

        Raises:
            PromptError: its file cannot be read, or two files have the name.
        """
        if not self.path.is_dir():
            return None
        found = [path for path in self.files() if self._name_of(path) == name]
        return self._named(name) if found else None

    def _name_of(self, path: Path) -> str:
        try:
            return self._parsed(path).name
        except PromptError:
            return path.stem

    def _named(self, name: str) -> Prompt:
        """The prompt of a name. That the file of another one cannot be read does not matter here."""
        found: dict[str, Path] = {}
        broken: PromptError | None = None
        for path in self.files():
            try:
                prompt = self._parsed(path)
            except PromptError as error:
                broken = error if broken is None or path.stem == name else broken
                continue
            if prompt.name == name and name in found:
                raise _two(name, found[name], path)
            found.setdefault(prompt.name, path)
        if name in found:
            return self._parsed(found[name])
        if broken is not None:
            raise broken
        raise PromptError(
            f"there is no prompt {name!r} in {self.path}; there are: {', '.join(sorted(found)) or 'none'}"
        )

    def _labelled(self, prompt: Prompt, label: str) -> Prompt:
        labels = self.labels.of(prompt.name)
        if label in labels:
            version = labels[label].version
            try:
                return replace(self.load(Reference(prompt.name, version=version)), label=label)
            except PromptError as error:
                raise PromptError(f"{self.labels.path}: label {label!r} is on version {version}, but {error}") from None
        if label in prompt.labels:
            return replace(self._stated(prompt), label=label)
        known = ", ".join(dict.fromkeys([*labels, *prompt.labels])) or "none"
        raise PromptError(
            f"{file_of(prompt)}: there is no label {label!r}; there are: {known}. "
            f"`otel-prompt prompts label {prompt.name} {label}` makes it"
        )

    def _parsed(self, path: Path) -> Prompt:
        """The prompt of a file, read again only where the file or one that it includes has changed."""
        if path in self._read and all(_stamp(file) == stamp for file, stamp in self._read[path][0].items()):
            return self._read[path][1]
        used: dict[Path, _Stamp] = {path: _stamp(path)}

        def read(file: Path) -> str | None:
            used[file] = _stamp(file)
            return _text(file) if file.is_file() else None

        prompt = _versioned(prompt_file.parse(_text(path), path, self.path, read))
        self._read[path] = (used, prompt)
        return prompt

    def _stated(self, prompt: Prompt) -> Prompt:
        """The prompt with its commit, asked of Git again only where something has changed."""
        path = file_of(prompt)
        stamp = (self._git_stamp(), self._read[path][0])
        if path not in self._states or self._states[path][0] != stamp:
            self._states[path] = (stamp, *git.state(self._files_of(path)))
        _, commit, dirty = self._states[path]
        return replace(prompt, commit=commit, dirty=dirty) if commit else prompt

    def _at(self, path: Path, commit: git.Commit) -> Prompt | None:
        """A prompt as a commit left it; None where it was no prompt then."""
        text = git.text_at(path, commit.id, commit.path)
        if text is None:
            return None
        try:
            old = prompt_file.parse(text, path, self.path, lambda file: git.text_at(file, commit.id))
        except PromptError:
            return None
        return _versioned(replace(old, commit=commit.id, dirty=False))

    def _files_of(self, path: Path) -> list[Path]:
        used = self._read[path][0] if path in self._read else {}
        return [path, *(file for file, stamp in used.items() if stamp is not None and file != path)]

    @cached_property
    def _git_files(self) -> list[Path]:
        """What changes with every commit and checkout."""
        found = git.directory(self.path)
        return [found / "index", found / "logs" / "HEAD"] if found else []

    def _git_stamp(self) -> tuple[_Stamp, ...]:
        return tuple(_stamp(file) for file in self._git_files)


def file_of(prompt: Prompt) -> Path:
    """The file of a prompt that is in one."""
    assert prompt.origin is not None and prompt.origin.file is not None  # noqa: PT018, S101 - those here all are
    return prompt.origin.file


def _is_prompt(path: Path) -> bool:
    return (
        not path.name.startswith("_")
        and path.stem.lower() != "readme"
        and not any(part.startswith(".") for part in path.parts)
    )


def _stamp(path: Path) -> _Stamp:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path} cannot be read: {error}") from None


def _versioned(prompt: Prompt) -> Prompt:
    return replace(prompt, version=prompt.version or prompt.template_hash[:SHORT_HASH], source="file")


def _is(prompt: Prompt, reference: Reference) -> bool:
    if reference.hash is not None:
        return prompt.template_hash.startswith(reference.hash)
    wanted = str(reference.version)
    return prompt.version in (wanted, wanted.removeprefix("v")) or prompt.template_hash[:SHORT_HASH] == wanted


def _two(name: str, one: Path, other: Path) -> PromptError:
    return PromptError(f"two files have the prompt name {name!r}: {one} and {other}; give one another 'name:'")
