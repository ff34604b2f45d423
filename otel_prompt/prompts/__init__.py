"""Prompts: templates with a name and a version, where they live, and how a rendered text is known again at its call."""

from __future__ import annotations

from ._prompt import Prompt
from ._recognition import Rendered
from .load import PromptBundle, load_prompt, load_prompt_async
from .variables import Variable

__all__ = ["Prompt", "PromptBundle", "Rendered", "Variable", "load_prompt", "load_prompt_async"]
