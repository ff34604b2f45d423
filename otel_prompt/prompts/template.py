"""A template as one text, from which its hash is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from ..encoding import encode


def text_of(template: str | Sequence[Any]) -> str:
    """A text as it is; messages as JSON. Each message's role comes first and its content next, whoever wrote it how."""
    if isinstance(template, str):
        return template
    return encode([_ordered(message) if isinstance(message, Mapping) else message for message in template])


def hash_of(text: str) -> str:
    """The sha256 of a template's text, in hex."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _ordered(message: Mapping[str, Any]) -> dict[str, Any]:
    first = {key: message[key] for key in ("role", "content") if key in message}
    return first | {key: message[key] for key in sorted(message) if key not in first}
