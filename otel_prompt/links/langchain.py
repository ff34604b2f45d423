"""LangChain's templates, and LangSmith's prompts, which are such templates with the hub's names in their metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity, name_without_one

_ROLES = {"System": "system", "Human": "user", "AI": "assistant"}


def _identify(template: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity:
    metadata: Mapping[str, Any] = getattr(template, "metadata", None) or {}
    variables = {**_partial(template), **kwargs}
    if repo := metadata.get("lc_hub_repo"):
        owner, commit = metadata.get("lc_hub_owner"), metadata.get("lc_hub_commit_hash")
        full = f"{owner}/{repo}" if owner and owner != "-" else str(repo)
        return identity("langsmith", full, commit, _text(template), variables, id=f"{full}:{commit}")
    name = metadata.get("prompt_name") or getattr(template, "name", None) or name_without_one(template)
    return identity("langchain", str(name), metadata.get("prompt_version"), _text(template), variables)


def _partial(template: Any) -> dict[str, Any]:
    given: Mapping[str, Any] = getattr(template, "partial_variables", None) or {}
    return {name: value() if callable(value) else value for name, value in given.items()}


def _text(template: Any) -> Any:
    """The template as text, or as messages ``{role, content}``."""
    if (example := getattr(template, "example_prompt", None)) is not None:
        pieces = (getattr(template, "prefix", ""), _text(example), getattr(template, "suffix", ""))
        return str(getattr(template, "example_separator", "\n\n")).join(str(piece) for piece in pieces if piece)
    messages = getattr(template, "messages", None)
    if messages is None:
        return str(getattr(template, "template", template))
    return [_message(m) for m in messages]


def _message(m: Any) -> dict[str, Any]:
    kind = type(m).__name__.removesuffix("PromptTemplate").removesuffix("Message")
    if (name := getattr(m, "variable_name", None)) is not None:
        return {"type": "placeholder", "name": name}
    inner = getattr(m, "prompt", None)
    content = [_part(part) for part in inner] if isinstance(inner, list) else getattr(inner, "template", None)
    role = _ROLES.get(kind) or getattr(m, "role", None) or kind.lower()
    return {"role": role, "content": getattr(m, "content", "") if content is None else content}


def _part(part: Any) -> dict[str, Any]:
    text = getattr(part, "template", None)
    return {"type": "text", "text": text} if isinstance(text, str) else {"type": type(part).__name__}


LINKS = (
    Link("langchain_core.prompts.prompt", "PromptTemplate.format", _identify),
    Link("langchain_core.prompts.few_shot", "FewShotPromptTemplate.format", _identify),
    Link("langchain_core.prompts.few_shot", "FewShotPromptTemplate.aformat", _identify),
    Link("langchain_core.prompts.chat", "ChatPromptTemplate.format_messages", _identify),
    Link("langchain_core.prompts.chat", "ChatPromptTemplate.aformat_messages", _identify),
)
