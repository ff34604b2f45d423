"""Names that W&B and Weave accept: of projects, artifacts, aliases, objects."""

from __future__ import annotations

import re
from typing import Final

DEFAULT_PROJECT: Final = "otel-prompt"
_MOST: Final = 128


def accepted(text: str) -> str:
    """A name as near to the text as may be."""
    return re.sub(r"[^\w.\-]+", "-", text).strip("-.")[:_MOST] or "unnamed"
