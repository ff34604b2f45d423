"""Write many attributes on a span at once, where all are as the SDK would leave them.

The SDK looks at each value by itself, which takes as long as the making of a span. Ours are texts, numbers and lists
of texts, so one look over them is enough. What else there is, another SDK's span or a limit, goes the SDK's way.
"""

from __future__ import annotations

from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.trace import Span

_CLEAN = frozenset({str, int, float, bool})


def write_on(span: Span, attributes: dict[str, Any]) -> None:
    """``span.set_attributes(attributes)``, sooner; of the mapping's lists it may make tuples, as the SDK does."""
    held: Any = getattr(span, "_attributes", None)
    if type(held) is not BoundedAttributes or not _is_clean(attributes) or not _written(span, held, attributes):
        span.set_attributes(attributes)


def _is_clean(attributes: dict[str, Any]) -> bool:
    """Whether the SDK would change nothing, once lists of texts are the tuples that it makes of them."""
    for name, value in attributes.items():
        kind = type(value)
        if kind not in _CLEAN:
            if kind not in (list, tuple) or any(type(item) is not str for item in value):
                return False
            attributes[name] = tuple(value)
    return True


def _written(span: Any, held: Any, attributes: dict[str, Any]) -> bool:
    """Whether the attributes were written: the span goes on, has no limit of length, and room for all of them."""
    try:
        with span._lock, held._lock:
            inside: dict[str, Any] = held._dict
            room = held.maxlen is None or len(inside) + len(attributes) <= held.maxlen
            if not room or held.max_value_len is not None or not span.is_recording():
                return False
            inside.update(attributes)
    except AttributeError:  # another version of the SDK, which keeps them elsewhere
        return False
    return True
