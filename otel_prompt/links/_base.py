"""What a link is: a method that renders, and who made what it renders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..encoding import encode
from ..invocation import PromptIdentity


@dataclass(frozen=True, slots=True)
class Link:
    """One rendering method of a library.

    Attributes:
        module: the module that has the class.
        method: ``"Class.method"``.
        identify: the prompt of (the instance, its arguments); None where it has no name.
    """

    module: str
    method: str
    identify: Callable[[Any, tuple[Any, ...], Mapping[str, Any]], PromptIdentity | None]


def identity(
    source: str,
    name: str,
    version: Any,
    template: Any,
    variables: Mapping[str, Any],
    *,
    label: str | None = None,
    id: str | None = None,  # noqa: A002 - the library's own word
) -> PromptIdentity:
    """A prompt of another library, in our terms."""
    text = template if isinstance(template, str) else encode(template)
    return PromptIdentity(
        name,
        None if version is None else str(version),
        text,
        sha256(text.encode("utf-8", "replace")).hexdigest(),
        {str(k): v if isinstance(v, str) else encode(v) for k, v in variables.items()},
        label=label,
        source=source,
        id=id,
    )
