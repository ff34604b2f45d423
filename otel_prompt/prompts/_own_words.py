"""Whether a rendered text can be known by its words: enough of them are the template's, and not somebody else's."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ..invocation import PromptIdentity

WHOLE: Final = 8
"""The fewest characters of a whole text that is known by its words alone: people say "yes" for many reasons. As many of
them are the template's own."""
_TAGS: Final = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#.{0,2000}?#\}|\{[A-Za-z_][^{}\"]*\}", re.DOTALL)
_ELSEWHERE: Final = re.compile(r"\{%-?\s*(?:include|extends|import|from)\b|\{\{\s*>")
"""What writes the words of another file into a template."""


def has_own_words(core: str, identity: PromptIdentity) -> bool:
    """Whether enough of a text is the template's, or there is nothing else in it."""
    values = sorted(map(str.strip, identity.variables.values()), key=len, reverse=True)
    if any(values) and identity.template is not None and not _says_something(identity.template):
        return False
    few = 0
    for value in values:
        if len(value) < 4:  # these letters stand anywhere
            few += len(value)
        else:
            core = core.replace(value, "")
    return not any(values) or len("".join(core.split())) - few >= WHOLE


@lru_cache(maxsize=256)
def _says_something(template: str) -> bool:
    """Whether a template has words enough beside its variables, which it may loop over, join and change as it likes."""
    return _ELSEWHERE.search(template) is not None or len("".join(_TAGS.sub("", template).split())) >= WHOLE
