"""Langfuse: ``langfuse.get_prompt("summarize").compile(...)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity


def _identify(prompt: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity | None:
    if getattr(prompt, "is_fallback", False):
        return None  # the application's own text, in place of a prompt that could not be loaded
    labels = [label for label in getattr(prompt, "labels", None) or () if label != "latest"]
    return identity(
        "langfuse",
        prompt.name,
        prompt.version,
        _template(prompt.prompt),
        kwargs,
        label="production" if "production" in labels else next(iter(labels), None),
        id=f"{prompt.name}:{prompt.version}",
    )


def _template(template: Any) -> Any:
    """The template as Langfuse's service has it: its client marks each message with a type."""
    if isinstance(template, str):
        return template
    return [m if "content" not in m else {"role": m["role"], "content": m["content"]} for m in template]


LINKS = (
    Link("langfuse.model", "TextPromptClient.compile", _identify),
    Link("langfuse.model", "ChatPromptClient.compile", _identify),
)
