"""What is likely wrong with the prompts of a folder, for an author and for CI."""

from __future__ import annotations

import msgspec

from ..errors import PromptError
from ..processors.redact import redact
from ._prompt import Prompt
from .folder import SHORT_HASH, Folder
from .formats import format_of


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: in which file, by which rule, and what to do."""

    file: str
    rule: str
    message: str


def lint(folder: Folder) -> list[Finding]:
    """Everything found in the files of a folder, file by file.

    Raises:
        PromptError: the folder is not there.
    """
    found: list[Finding] = []
    names: dict[str, str] = {}
    for path in folder.files():
        file = str(path)
        try:
            prompt = folder.load_file(path)
        except PromptError as error:
            found.append(Finding(file, "unreadable", str(error)))
            continue
        if prompt.name in names:
            message = f"the prompt name {prompt.name!r} is that of {names[prompt.name]} too; give one another 'name:'"
            found.append(Finding(file, "duplicate-name", message))
        names[prompt.name] = file
        found += [*_named(prompt, file), *_variables(prompt, file), *_version(folder, prompt, file)]
        found += _secrets(path.read_text("utf-8"), file)
    return found


def _named(prompt: Prompt, file: str) -> list[Finding]:
    if not set(prompt.name) & set("@:#"):
        return []
    message = f"no reference can name {prompt.name!r}: '@', ':' and '#' begin a label, a version and a hash"
    return [Finding(file, "name", message)]


def _variables(prompt: Prompt, file: str) -> list[Finding]:
    """Variables are compared only where the file declares any."""
    if not prompt.declared:
        return []
    used = _used(prompt)
    unused = [
        Finding(file, "unused-variable", f"{v!r} is declared and not used") for v in prompt.declared if v not in used
    ]
    return unused + [
        Finding(file, "undeclared-variable", f"{v!r} is used and not declared; add it to 'variables'")
        for v in used
        if v not in prompt.declared
    ]


def _used(prompt: Prompt) -> list[str]:
    language = format_of(prompt.format, prompt.where)
    placeholders = [] if isinstance(prompt.template, str) else [m["name"] for m in prompt.template if "name" in m]
    return [
        *placeholders,
        *(name for n, text in prompt.texts() for name in language.variables(text, prompt.where.at(n))),
    ]


def _version(folder: Folder, prompt: Prompt, file: str) -> list[Finding]:
    """A version that was another template once: whoever asks for it cannot know which of the two there is."""
    if prompt.version == prompt.template_hash[:SHORT_HASH]:
        return []
    for commit, old in folder.commits(prompt):
        if old.version == prompt.version and old.template_hash != prompt.template_hash:
            message = f"version {prompt.version} was another template in commit {commit.id[:8]}; give it a new version"
            return [Finding(file, "version-not-bumped", message)]
    return []


def _secrets(text: str, file: str) -> list[Finding]:
    return [
        Finding(file, "secret", f"line {n} holds what looks like a secret; pass it as no part of a prompt")
        for n, line in enumerate(text.splitlines(), 1)
        if redact(line) != line
    ]
