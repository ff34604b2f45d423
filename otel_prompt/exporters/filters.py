"""Whose filter is which, as users set them: in ``OTEL_PROMPT_<NAME>_FILTER``, or in the setting ``filters``."""

from __future__ import annotations

from functools import cache
from typing import Final

from ..config import Settings
from ..errors import ConfigurationError, logger
from .selection import Filter, parse

FILTERED: Final = (
    *("jaeger", "langfuse", "langsmith", "mlflow", "mlflow-otlp"),
    *("phoenix", "wandb", "weave", "weave-otlp"),
)
"""The exporters that have a filter. Those of ``otlp`` and ``console`` are the SDK's own, which
``opentelemetry-instrument`` sets up by itself: nothing of ours is in between. The store has all there is to choose
from."""


def chosen(name: str, default: Filter, settings: Settings) -> Filter:
    """The filter of an exporter; where the user's cannot be, that is said once, and the exporter's own is taken."""
    text = settings.filters.get(name)
    if text is None:
        return default
    if (sentence := fault(name, text)) is not None:
        _say(sentence)
        return default
    return parse(text, default)


def check(settings: Settings) -> None:
    """Say of each filter that cannot be, or is nobody's, what is wrong with it."""
    for name, text in settings.filters.items():
        if (sentence := fault(name, text)) is not None:
            _say(sentence)


def fault(name: str, text: str) -> str | None:
    """What is wrong with a filter, and what becomes of it; None for nothing."""
    if name not in FILTERED:
        why = ", and a Collector can choose what it hands on of `otlp`" if name == "otlp" else ""
        return f"the filter of {name!r} has no effect: filters are for {', '.join(FILTERED)}{why}"
    try:
        parse(text, Filter())
    except ConfigurationError as error:
        return f"the filter of {name} is {text!r}, of which {error}. It is left out"
    return None


@cache
def _say(sentence: str) -> None:
    """Several parts of a process ask for the same filter."""
    logger.error("otel-prompt: %s.", sentence)
