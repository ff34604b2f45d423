"""How a prompt is named: ``summarize``, ``summarize@production``, ``summarize:3``, ``summarize#1f0c``, ``mlflow:``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..errors import PromptError

SCHEMES: Final = ("mlflow", "langfuse", "langsmith")
_LOCAL = re.compile(r"(?P<name>[^@:#]+)(?:@(?P<label>[^@:#]+)|:(?P<version>[^@#]+)|#(?P<hash>[0-9a-f]{4,64}))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """What is asked for: a name, and at most one of a label, a version and the start of a template's hash."""

    name: str
    label: str | None = None
    version: str | None = None
    hash: str | None = None
    scheme: str | None = None

    def __str__(self) -> str:
        tail = f"@{self.label}" if self.label else f":{self.version}" if self.version else ""
        tail = tail or (f"#{self.hash}" if self.hash else "")
        return f"{self.scheme}:{self.name}{tail}" if self.scheme else f"{self.name}{tail}"


def parse(text: str) -> Reference:
    """Read a reference.

    Raises:
        PromptError: it has another form.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PromptError(f"{text!r:.60} names no prompt; say name, name@label, name:version or name#hash as a text")
    scheme, colon, rest = text.partition(":")
    if colon and scheme in SCHEMES:
        return _remote(scheme, rest.removeprefix("//"), text)
    found = _LOCAL.fullmatch(text.strip())
    if found is None:
        raise PromptError(f"{text!r} names no prompt; say name, name@label, name:version or name#hash")
    return Reference(found["name"], found["label"], found["version"], found["hash"])


def _remote(scheme: str, rest: str, text: str) -> Reference:
    """``mlflow:name/3`` or ``name@alias``; ``langfuse:name:3`` or ``name@label``; ``langsmith:owner/name:commit``."""
    name, at, label = rest.partition("@")
    version = ""
    if not at:
        name, _, version = rest.rpartition("/") if scheme == "mlflow" else rest.partition(":")
        if scheme == "mlflow" and not name:
            name, version = version, ""
    if not name or (at and not label):
        mark = "/" if scheme == "mlflow" else ":"
        raise PromptError(f"{text!r} names no prompt; say {scheme}:name@label or {scheme}:name{mark}version")
    return Reference(name, label or None, version or None, scheme=scheme)
