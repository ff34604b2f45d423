"""A request's parameters and tools, as services' own JSON has them."""

from __future__ import annotations

from typing import Any, Final

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Json

_RENAMED: Final = {
    "stop": "stop_sequences",
    "n": "choice.count",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "reasoning_effort": "reasoning.level",
    "encoding_format": "encoding_formats",
}
_LISTS: Final = frozenset({"stop_sequences", "encoding_formats"})
_NO_PARAMETER: Final = frozenset({"messages", "input", "instructions", "prompt", "tools", "functions"})


def parameters(given: Any) -> dict[str, Any]:
    """The attributes of a request's parameters."""
    found: dict[str, Any] = {}
    for key, value in given.items() if isinstance(given, dict) else ():
        if value is None or key in _NO_PARAMETER:
            continue
        name = _RENAMED.get(str(key), str(key))
        if key == "model":
            found[semconv.REQUEST_MODEL] = str(value)
        elif key == "stream":
            found[semconv.REQUEST_STREAM] = bool(value)
        else:
            prefix = semconv.REQUEST_PREFIX if name in semconv.REQUEST_PARAMETERS else semconv.PARAM_PREFIX
            found[prefix + name] = _plain([value] if name in _LISTS and isinstance(value, str) else value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    return value if isinstance(value, list) and all(isinstance(v, str) for v in value) else encode(value)


def tool(definition: Any) -> Json:
    """A tool's definition, flat, as the conventions have it."""
    given: Any = decoded(definition)
    if not isinstance(given, dict):
        return {"type": "function", "name": str(given)}
    inner = given.get("function")
    if isinstance(inner, dict):
        return {"type": "function", **inner}
    found = {"type": "function", **given}
    if "input_schema" in found:
        found["parameters"] = found.pop("input_schema")
    return found
