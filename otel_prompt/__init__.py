"""Which version of a prompt did what, at what cost, how well, and in which of the tools you already run.

    import otel_prompt
    otel_prompt.instrument()

The first names here are all that most programs need; https://opentelemetry.io says what a tracer provider is.
"""

from __future__ import annotations

from .config import Capture, Settings
from .context import Current, attributes, current
from .errors import ConfigurationError, FeedbackError, MissingExtraError, OtelPromptError, PromptError, StoreError
from .feedback import feedback
from .pipeline import instrument, uninstrument
from .prompts import Prompt, PromptBundle, load_prompt, load_prompt_async
from .score import Score, ScoreSource
from .steps import agent, retriever, step, tool, workflow

__all__ = [
    "Capture",
    "ConfigurationError",
    "Current",
    "FeedbackError",
    "MissingExtraError",
    "OtelPromptError",
    "Prompt",
    "PromptBundle",
    "PromptError",
    "Score",
    "ScoreSource",
    "Settings",
    "StoreError",
    "agent",
    "attributes",
    "current",
    "feedback",
    "instrument",
    "load_prompt",
    "load_prompt_async",
    "retriever",
    "step",
    "tool",
    "uninstrument",
    "workflow",
]
