"""The conventions' names of former times, and what others have put beside them."""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded

_LISTS: Final = {semconv.FINISH_REASONS}
_FLAGS: Final = {semconv.REQUEST_STREAM}


def read(held: dict[str, Any]) -> dict[str, Any]:
    """What the former names mean. The sum of tokens, which no name of today has, is left out."""
    found: dict[str, Any] = {}
    for old, new in semconv.RENAMED.items():
        if (value := held.pop(old, None)) is None or value == "":
            continue
        if new in _LISTS and not isinstance(value, (list, tuple)):
            value = [str(value)]
        if new in _FLAGS:
            value = str(value).lower() == "true"
        found.setdefault(new, value)
    held.pop(semconv.TOTAL_TOKENS, None)
    found |= _raw_usage(held.pop(semconv.USAGE_RAW, None))
    for key in [key for key in held if key.startswith(semconv.USAGE_DETAILS_PREFIX)]:
        del held[key]  # backends that count all numbers under this name would count these twice
    if isinstance(reasons := decoded(held.get(semconv.FINISH_REASONS)), list):
        held[semconv.FINISH_REASONS] = [str(reason) for reason in reasons]
    return found


def _raw_usage(text: Any) -> dict[str, Any]:
    """Parts of the totals, from a service's own count."""
    raw: Any = decoded(text)
    if not isinstance(raw, dict):
        return {}
    given: Any = raw.get("prompt_tokens_details") or raw.get("input_tokens_details") or {}
    made: Any = raw.get("completion_tokens_details") or raw.get("output_tokens_details") or {}
    found = {
        semconv.CACHE_READ_TOKENS: given.get("cached_tokens") or raw.get("cache_read_input_tokens"),
        semconv.CACHE_WRITE_TOKENS: raw.get("cache_creation_input_tokens"),
        semconv.REASONING_TOKENS: made.get("reasoning_tokens"),
    }
    return {name: value for name, value in found.items() if isinstance(value, int)}
