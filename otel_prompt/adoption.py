"""Another instrumentation's open span of the call that is being made: it is written on that, and has no second one."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from opentelemetry.trace import Span

from . import semconv

_adopted: WeakSet[Span] = WeakSet()
"""The spans that a call of ours is already written on: one span, one call."""

_FOREIGN_KINDS = ("LLM", "EMBEDDING")


def adopted(span: Span, operation: str, model: str | None) -> bool:
    """Whether an open span is of this call, and of no other one yet; from now on it is this one's."""
    if not _is_of(span, operation, model):
        return False
    _adopted.add(span)
    return True


def _is_of(span: Span, operation: str, model: str | None) -> bool:
    """Whether it is about the call; what one takes for a chat is a completion of text to another: the model tells."""
    scope: Any = getattr(span, "instrumentation_scope", None)
    if scope is None or scope.name == semconv.SCOPE or span in _adopted:
        return False
    held: Any = getattr(span, "attributes", None) or {}
    if (said := held.get(semconv.OPERATION)) is not None:
        one_model = model is not None and held.get(semconv.REQUEST_MODEL) == model
        return said == operation or (one_model and {said, operation} <= semconv.MODEL_CALLS)
    return held.get("openinference.span.kind") in _FOREIGN_KINDS or held.get("llm.request.type") == operation
