"""The steps that an SDK takes by itself: its own loop around a model, and the tools that the loop uses."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, Protocol

from opentelemetry import context as otel

from .context import suppressed
from .errors import shielded
from .providers._base import Doing, SdkStep
from .semconv import EXECUTE_TOOL, INVOKE_AGENT
from .step_recorder import AGENT, TOOL, StepKind, StepRecorder
from .steps import MARK, inside, inside_chunks
from .telemetry import Telemetry

_KINDS: Final[Mapping[str, StepKind]] = {INVOKE_AGENT: AGENT, EXECUTE_TOOL: TOOL}


class Tracing(Protocol):
    """What an SDK is traced by, for as long as that is active."""

    active: bool
    telemetry: Telemetry


class _SdkStepRecorder(StepRecorder):
    """A step of an SDK's: what it gives is one of the SDK's own objects."""

    def __init__(self, step: SdkStep, doing: Doing, telemetry: Telemetry) -> None:
        super().__init__(_KINDS[step.operation], doing.name, doing.function, None, (), doing.given, telemetry)
        self._result = step.result

    def returned(self, value: Any) -> Any:
        """Note what the model or the tool said in it."""
        with shielded:
            super().returned(self._result(value))
        return value


def run_step(step: SdkStep, tracing: Tracing, wrapped: Any, _: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    """Run an SDK's function, inside a step if this run of it is one."""
    doing = None
    with shielded:
        if tracing.active and not suppressed(otel.get_current()):
            doing = step.doing(args, kwargs)
    # The application's own tool has a span of its own.
    if doing is None or getattr(doing.function, MARK, None) == step.operation:
        return wrapped(*args, **kwargs)
    begun = doing

    def begin(*_: Any) -> StepRecorder:
        return _SdkStepRecorder(step, begun, tracing.telemetry)

    if not step.chunks or not inspect.iscoroutinefunction(wrapped):
        return inside(begin, wrapped)(*args, **kwargs)

    async def later() -> Any:
        return inside_chunks(begin, await wrapped(*args, **kwargs))

    return later()
