"""Prompts: a template with a name and a version, and how a rendered text is known again at the call that uses it."""

from __future__ import annotations

from ._prompt import Prompt
from ._recognition import Rendered

__all__ = ["Prompt", "Rendered"]
