"""A sticky split: which of several versions a key gets, always the same one for the same key."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from ..errors import PromptError


def choose(name: str, split: Mapping[str, float], key: str) -> str:
    """The version for a key: by the key's hash, so that every process and every day gives the same one.

    A version whose share grows keeps the keys that it had, if versions stay in their order.

    Args:
        name: the prompt's name; two prompts split one set of users independently.
        split: each version's share; shares are taken relative to their sum.
        key: who is asked: a user, a session.

    Raises:
        PromptError: there is no share, or one is negative.
    """
    total = sum(split.values())
    if not split or not 0 < total < float("inf") or min(split.values()) < 0:
        raise PromptError(f"prompt {name!r}: a split takes shares such as {{'3': 0.9, '4': 0.1}}, not {dict(split)!r}")
    point = int.from_bytes(sha256(f"{name}\0{key}".encode("utf-8", "replace")).digest()[:8], "big") / 2**64 * total
    reached = 0.0
    for version, share in split.items():
        reached += share
        if point < reached:
            return version
    return list(split)[-1]
