"""LangChain's templates, and LangSmith's prompts, which are such templates with the hub's names in their metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity


def _identify(template: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity | None:
    metadata: Mapping[str, Any] = getattr(template, "metadata", None) or {}
    variables = {**_partial(template), **kwargs}
    if repo := metadata.get("lc_hub_repo"):
        owner, commit = metadata.get("lc_hub_owner"), metadata.get("lc_hub_commit_hash")
        full = f"{owner}/{repo}" if owner and owner != "-" else str(repo)
        return identity("langsmith", full, commit, _text(template), variables, id=f"{full}:{commit}")
    name = metadata.get("prompt_name") or getattr(template, "name", None)
    if not name:
        return None
    return identity("langchain", str(name), metadata.get("prompt_version"), _text(template), variables)


def _partial(template: Any) -> dict[str, Any]:
    given: Mapping[str, Any] = getattr(template, "partial_variables", None) or {}
    return {name: value() if callable(value) else value for name, value in given.items()}


def _text(template: Any) -> Any:
    """The template as text, or as messages ``{role, content}``."""
    messages = getattr(template, "messages", None)
    if messages is None:
        return str(getattr(template, "template", template))
    return [
        {
            "role": type(m).__name__.removesuffix("MessagePromptTemplate").removesuffix("Message").lower(),
            "content": getattr(getattr(m, "prompt", None), "template", None) or str(getattr(m, "content", m)),
        }
        for m in messages
    ]


LINKS = (
    Link("langchain_core.prompts.prompt", "PromptTemplate.format", _identify),
    Link("langchain_core.prompts.chat", "ChatPromptTemplate.format_messages", _identify),
    Link("langchain_core.prompts.chat", "ChatPromptTemplate.aformat_messages", _identify),
)
