"""The tools that a process tells of judgements, also one that makes no spans, such as what takes people's thumbs."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from ..config import Settings, traces_exporters
from ..errors import ConfigurationError, logger
from .recording import Recording

if TYPE_CHECKING:
    from .score_destination import ScoreDestination

SCORE_TOOLS: Final = ("langfuse", "langsmith", "phoenix")
"""What takes spans over OTLP, and has scores of its own."""

_ended: WeakSet[Recording] = WeakSet()


def score_destinations(settings: Settings) -> Iterator[ScoreDestination]:
    """Those that the settings send spans to. One whose address cannot be is told, and left out."""
    named = {name.replace("_", "-") for name in settings.exporters or traces_exporters() or ()}
    for tool in SCORE_TOOLS:
        if tool in named:
            from .score_destination import ScoreDestination

            try:
                yield ScoreDestination(tool, settings)
            except ConfigurationError as error:
                logger.error("otel-prompt: %s.", error)


def tell_tools(kept: Recording, settings: Settings) -> None:
    """Hand judgements on to the tools that the settings name, from now until the process ends."""
    found = list(score_destinations(settings))
    for each in found:
        kept.deliver_to(each)
    if found and not kept.is_used and kept not in _ended:
        _ended.add(kept)
        atexit.register(kept.close)
