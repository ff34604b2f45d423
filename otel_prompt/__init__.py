"""Which version of a prompt did what, at what cost, how well, and in which of the tools you already run.

    import otel_prompt
    otel_prompt.instrument()

The first names here are all that most programs need; https://opentelemetry.io says what a tracer provider is.
"""

from __future__ import annotations

from .config import Capture, Settings
from .context import Current, attributes, current
from .errors import ConfigurationError, MissingExtraError, OtelPromptError, PromptError, StoreError
from .pipeline import instrument, uninstrument
from .prompts import Prompt, PromptBundle, load_prompt, load_prompt_async
from .steps import agent, retriever, step, tool, workflow

__all__ = [
    "Capture",
    "ConfigurationError",
    "Current",
    "MissingExtraError",
    "OtelPromptError",
    "Prompt",
    "PromptBundle",
    "PromptError",
    "Settings",
    "StoreError",
    "agent",
    "attributes",
    "current",
    "instrument",
    "load_prompt",
    "load_prompt_async",
    "retriever",
    "step",
    "tool",
    "uninstrument",
    "workflow",
]
