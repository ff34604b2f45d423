"""MLflow's own automatic tracing beside ours: in MLflow, one call is one trace.

Where ``mlflow.openai.autolog()`` and its siblings would begin a trace of a call that goes to MLflow from here, they
step aside: ours has the prompt's version, the cost and the run. Inside a trace that the application makes itself, with
``@mlflow.trace``, autolog's span stays, since it is a step of that trace. Then our span says in which trace it is, and
no second one is made of it; its run has the call all the same.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import wrapt
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from .. import semconv
from ..config import Settings
from ..errors import shielded
from ..providers import REGISTRY

_MODULE: Final = "mlflow.utils.autologging_utils.config"
_SEAM: Final = ("AutoLoggingConfig", "init")
"""What each of MLflow's integrations asks at each call whether it is to be traced."""

_OTHERWISE: Final = {"gemini": "google-genai"}
"""MLflow's names of integrations whose client has another one here."""

_theirs: ContextVar[str | None] = ContextVar("otel_prompt_mlflow_trace", default=None)
"""MLflow's trace in which its autolog has begun a span of the call that is being made here."""


class AutologAside(SpanProcessor):
    """Has MLflow's automatic tracing of the clients that we trace step aside, until it is shut down.

    Args:
        settings: which clients we trace.
    """

    def __init__(self, settings: Settings) -> None:
        self._clients = frozenset(REGISTRY if settings.clients is None else settings.clients)
        self._active = True
        self._undo: Any = None
        if _MODULE in sys.modules:
            self._apply(sys.modules[_MODULE])
        else:
            wrapt.register_post_import_hook(self._apply, _MODULE)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Say on a call's span which trace of MLflow's has it."""
        del parent_context
        with shielded:
            scope = span.instrumentation_scope
            if (trace_id := _theirs.get()) is None or scope is None or scope.name != semconv.SCOPE:
                return
            if trace_id == _open_trace():
                span.set_attribute(semconv.MLFLOW_TRACE, trace_id)

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing: all is said at the start."""

    def shutdown(self) -> None:
        """Leave MLflow as it was."""
        self._active = False
        if self._undo is not None:
            self._undo()
            self._undo = None

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept here."""
        del timeout_millis
        return True

    def _apply(self, module: Any) -> None:
        with shielded:
            owner, name = _SEAM
            cls = getattr(module, owner, None)
            original = vars(cls).get(name) if cls is not None else None
            if not self._active or original is None:
                return
            wrapped = wrapt.FunctionWrapper(original, self._asked)
            setattr(cls, name, wrapped)
            self._undo = partial(_restore, cls, name, wrapped, original)

    def _asked(self, wrapped: Any, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What an integration is to log of the call that it has in hand."""
        answer = wrapped(*args, **kwargs)
        with shielded:
            flavor = kwargs["flavor_name"] if "flavor_name" in kwargs else args[0]
            if self._active and _OTHERWISE.get(flavor, flavor) in self._clients and answer.log_traces:
                trace_id = _open_trace()
                answer.log_traces = trace_id is not None
                _theirs.set(trace_id)
        return answer


def _open_trace() -> str | None:
    """MLflow's id of the trace that the application has open here; None if there is none."""
    tracing: Any = sys.modules.get("mlflow.tracing.provider")
    span = tracing.get_current_otel_span() if tracing is not None else None
    if span is None or not span.is_recording():
        return None
    return f"tr-{span.get_span_context().trace_id:032x}"


def _restore(cls: Any, name: str, wrapped: Any, original: Any) -> None:
    if vars(cls).get(name) is wrapped:
        setattr(cls, name, original)
