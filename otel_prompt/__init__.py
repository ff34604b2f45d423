"""Which version of a prompt did what, at what cost, how well, and in which of the tools you already run.

    import otel_prompt
    otel_prompt.instrument()

``instrument()`` traces every supported client that is installed. ``Prompt`` and ``load_prompt`` give texts that carry
their name and version to the call that uses them; ``workflow`` and the other steps join calls into one trace;
``attributes(...)`` says what surrounds them; ``current()`` is where they are recorded.
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
