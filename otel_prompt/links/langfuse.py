"""Langfuse: ``langfuse.get_prompt("summarize").compile(...)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity


def _identify(prompt: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity | None:
    labels = [label for label in getattr(prompt, "labels", None) or () if label != "latest"]
    return identity(
        "langfuse",
        prompt.name,
        prompt.version,
        prompt.prompt,
        kwargs,
        label="production" if "production" in labels else next(iter(labels), None),
    )


LINKS = (
    Link("langfuse.model", "TextPromptClient.compile", _identify),
    Link("langfuse.model", "ChatPromptClient.compile", _identify),
)
