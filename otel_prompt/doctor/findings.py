"""What a look at an installation finds: one fact a record, in words that a newcomer can act on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

import msgspec


class Level(str, Enum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True):
    """One fact.

    Attributes:
        area: which part of the installation it is about.
        level: ``problem`` for what keeps calls from being recorded or delivered.
        subject: what it is about, as the user would name it.
        text: what is so.
        advice: what to do about it.
    """

    area: str
    level: Level
    subject: str
    text: str
    advice: str | None = None


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether no finding is a problem."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2]))
