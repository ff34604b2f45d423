"""The loop that Google's SDK runs by itself where it is given functions as tools, and the tools that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..semconv import EXECUTE_TOOL, INVOKE_AGENT
from ._base import Doing, SdkStep, child, children, fields, text_of
from ._google_content import parts
from ._google_models import wire


def _loop(name: str) -> Any:
    def doing(_: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Doing | None:
        """A call that may become several: one with functions to call, where that is not switched off."""
        config = fields(kwargs.get("config"))
        held = config.get("tools")
        tools: list[Any] = list(held) if isinstance(held, (list, tuple)) else []
        if not any(callable(tool) or hasattr(tool, "call_tool") for tool in tools):
            return None
        automatic = child(config, "automatic_function_calling")
        most = automatic.get("maximum_remote_calls")
        if automatic.get("disable") or (isinstance(most, int) and most <= 0):
            return None
        if any(fields(tool).get("function_declarations") for tool in tools if not callable(tool)):
            return None  # the SDK leaves the loop to the application where it is to call others, too
        return Doing(name, {"contents": kwargs.get("contents")})

    return doing


def _said(value: Any) -> str:
    """The text of an answer, or of all chunks of one."""
    found: list[str] = []
    for answer in value if isinstance(value, list) else [value]:
        for candidate in children(wire(answer) or {}, "candidates")[:1]:
            said = parts(child(candidate, "content"))
            found += [part["content"] for part in said if part["type"] == "text"]
    return "".join(found)


def _function(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Doing:
    given, function = (*args, *kwargs.values())[:2]
    return Doing(getattr(function, "__name__", None) or type(function).__name__, fields(given), function)


def _of_mcp(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Doing:
    called = fields((*args, *kwargs.values())[-1])
    return Doing(text_of(called.get("name")) or "", child(called, "args"))


def _as_it_is(value: Any) -> Any:
    return value


STEPS = (
    SdkStep("models.Models.generate_content", INVOKE_AGENT, _loop("generate_content"), _said),
    SdkStep("models.AsyncModels.generate_content", INVOKE_AGENT, _loop("generate_content"), _said),
    SdkStep("models.Models.generate_content_stream", INVOKE_AGENT, _loop("generate_content_stream"), _said, True),
    SdkStep("models.AsyncModels.generate_content_stream", INVOKE_AGENT, _loop("generate_content_stream"), _said, True),
    SdkStep("_extra_utils.invoke_function_from_dict_args", EXECUTE_TOOL, _function, _as_it_is),
    SdkStep("_extra_utils.invoke_function_from_dict_args_async", EXECUTE_TOOL, _function, _as_it_is),
    SdkStep("_adapters.McpToGenAiToolAdapter.call_tool", EXECUTE_TOOL, _of_mcp, _as_it_is),
)
