"""The decoding parameters among the many things that a service keeps beside a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_NAMES: Final = (
    "temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "frequency_penalty", "presence_penalty",
    "seed", "stop",
)  # fmt: skip


def parameters(config: Any) -> dict[str, Any]:
    """What of a configuration a model is called with."""
    if not isinstance(config, Mapping):
        return {}
    return {name: config[name] for name in _NAMES if config.get(name) is not None}


def model(config: Any) -> str | None:
    """The model that a configuration names."""
    if not isinstance(config, Mapping):
        return None
    found = config.get("model") or config.get("model_name")
    return found if isinstance(found, str) else None
