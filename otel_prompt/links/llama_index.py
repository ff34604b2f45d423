"""LlamaIndex's templates, rendered by the application or by a query engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..invocation import PromptIdentity
from ._base import Link, identity, name_without_one

_OPTIONS: Final = ("llm", "messages_to_prompt", "completion_to_prompt")


def _identify(template: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity:
    metadata: Mapping[str, Any] = getattr(template, "metadata", None) or {}
    name = metadata.get("prompt_name") or _kind(metadata.get("prompt_type")) or name_without_one(template)
    held: Mapping[str, Any] = getattr(template, "kwargs", None) or {}
    variables = {k: v for k, v in {**held, **kwargs}.items() if k not in _OPTIONS}
    return identity("llama_index", str(name), metadata.get("prompt_version"), _text(template), variables)


def _kind(kind: Any) -> str | None:
    """LlamaIndex's name of one of its own prompts, such as ``text_qa``; applications' prompts are all ``custom``."""
    name = str(getattr(kind, "value", kind) or "custom")
    return name if name != "custom" else None


def _text(template: Any) -> Any:
    """The template as text, or as messages ``{role, content}``."""
    messages = getattr(template, "message_templates", None)
    if messages is None:
        return str(getattr(template, "template", None) or getattr(template, "template_str", template))
    return [{"role": str(getattr(m.role, "value", m.role)), "content": m.content or ""} for m in messages]


LINKS = (
    # A text's messages are made from what its ``format`` gives.
    Link("llama_index.core.prompts.base", "PromptTemplate.format", _identify),
    Link("llama_index.core.prompts.base", "ChatPromptTemplate.format_messages", _identify),
    Link("llama_index.core.prompts.rich", "RichPromptTemplate.format", _identify),
    Link("llama_index.core.prompts.rich", "RichPromptTemplate.format_messages", _identify),
)
