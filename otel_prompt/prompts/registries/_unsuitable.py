"""A prompt that a registry has no form for."""

from __future__ import annotations

from ...errors import PromptError


class UnsuitableError(PromptError):
    """The prompt is at fault, not the registry: others can be pushed all the same."""
