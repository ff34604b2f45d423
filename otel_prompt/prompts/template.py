"""A template as one text, from which its hash is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from ..encoding import encode


def text_of(template: str | Sequence[Any]) -> str:
    """A text as it is; messages as JSON. Each message's role comes first and its content next, whoever wrote it how."""
    if isinstance(template, str):
        return template
    return encode([_ordered(message) if isinstance(message, Mapping) else message for message in template])


def hash_of(text: str, used: Iterable[tuple[str, str, str]] = ()) -> str:
    """The sha256 of a template's text, and of the files that it uses, in hex."""
    digest = sha256(text.encode("utf-8", "replace"))
    for name, inner, _ in used:
        digest.update(f"\0{name}\0{inner}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _ordered(message: Mapping[str, Any]) -> dict[str, Any]:
    first = {key: message[key] for key in ("role", "content") if key in message}
    return first | {key: message[key] for key in sorted(message) if key not in first}
