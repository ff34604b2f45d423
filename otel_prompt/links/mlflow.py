"""MLflow's registry: ``mlflow.genai.load_prompt("prompts:/summarize/3").format(...)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity

_OPTIONS = ("allow_partial", "use_jinja_sandbox")


def _identify(prompt: Any, _: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity | None:
    variables = {k: v for k, v in kwargs.items() if k not in _OPTIONS}
    aliases = getattr(prompt, "aliases", None) or ()
    return identity(
        "mlflow",
        prompt.name,
        prompt.version,
        prompt.template,
        variables,
        label=next(iter(aliases), None),
        id=getattr(prompt, "uri", None),
    )


LINKS = (Link("mlflow.entities.model_registry.prompt_version", "PromptVersion.format", _identify),)
