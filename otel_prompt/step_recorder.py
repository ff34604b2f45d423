"""One call of a step: a span that is current while the step's own code runs, and ends once."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from . import semconv, telemetry
from .at_exit import end_at_exit
from .context import enter, leave, suppressed, surroundings
from .errors import shielded
from .invocation import span_name
from .processors.secret_names import is_secret
from .providers import said
from .raised import error_text, error_type


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind of step: its operation, its kind of span, and what its name, input and output are called."""

    operation: str | None
    name: str
    input: str
    output: str
    description: str | None = None
    span_kind: SpanKind = SpanKind.INTERNAL


WORKFLOW = StepKind(semconv.INVOKE_WORKFLOW, semconv.WORKFLOW_NAME, semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES)
AGENT = StepKind(
    semconv.INVOKE_AGENT,
    semconv.AGENT_NAME,
    semconv.INPUT_MESSAGES,
    semconv.OUTPUT_MESSAGES,
    semconv.AGENT_DESCRIPTION,
)
TOOL = StepKind(
    semconv.EXECUTE_TOOL, semconv.TOOL_NAME, semconv.TOOL_ARGUMENTS, semconv.TOOL_RESULT, semconv.TOOL_DESCRIPTION
)
RETRIEVER = StepKind(
    semconv.RETRIEVAL,
    semconv.DATA_SOURCE,
    semconv.RETRIEVAL_QUERY,
    semconv.RETRIEVAL_DOCUMENTS,
    span_kind=SpanKind.CLIENT,
)
STEP = StepKind(None, semconv.STEP_NAME, semconv.STEP_INPUT, semconv.STEP_OUTPUT)


class StepRecorder:
    """The span of one call. ``with recorder:`` it is current, and then ends; ``recorder.ending()`` only ends it."""

    def __init__(
        self,
        kind: StepKind,
        name: str,
        function: Any,
        signature: inspect.Signature | None,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        signals: telemetry.Telemetry | None = None,
    ) -> None:
        self.kind = kind
        self.telemetry = signals or telemetry.current()
        around = otel.get_current()
        self.span: Span = trace.INVALID_SPAN
        self._ending = Lock()
        if not suppressed(around):
            with shielded:
                self.span = self._span(name, function, around)
        self.context = trace.set_span_in_context(self.span, around) if self.span.is_recording() else around
        with shielded:
            if self.span.is_recording() and self.telemetry.on_spans:
                given = _arguments(signature, args, kwargs)
                if given or kind is TOOL:  # only of a tool is it worth saying that it was given nothing
                    self._set(kind.input, given)

    def _span(self, name: str, function: Any, around: otel.Context) -> Span:
        kind, name = self.kind, self.telemetry.clean(name)
        attributes: dict[str, Any] = {**surroundings(around), kind.name: name}
        if kind.operation is not None:
            attributes[semconv.OPERATION] = kind.operation
        if kind is TOOL:
            attributes[semconv.TOOL_TYPE] = "function"
        if kind.description and (text := inspect.getdoc(function)):
            attributes[kind.description] = self.telemetry.clean(text.splitlines()[0])
        title = span_name(kind.operation, name) if kind.operation else name
        return self.telemetry.tracer.start_span(title, around, kind.span_kind, attributes)

    def __enter__(self) -> StepRecorder:
        self._entry = enter(self.context)
        return self

    def __exit__(self, _: Any, error: BaseException | None, __: Any) -> None:
        leave(self._entry)
        self.end(error)

    @contextmanager
    def ending(self) -> Generator[None]:
        """End with the block; the span is current only where the block makes it so."""
        end_at_exit(self, self.telemetry)
        try:
            yield
        except BaseException as error:
            self.end(error)
            raise
        finally:
            self.end()

    def returned(self, value: Any) -> Any:
        """Note what the step gives, and give it."""
        with shielded:
            if self.span.is_recording() and self.telemetry.on_spans:
                self._set(self.kind.output, value)
        return value

    def cut_short(self) -> None:
        """End, if it has not ended, for the process ends."""
        with shielded:
            if self.span.is_recording():
                self.span.set_attribute(semconv.CUT_SHORT, True)
        self.end()

    def end(self, error: BaseException | None = None) -> None:
        """End the span, if it has not ended."""
        if not self._ending.acquire(blocking=False):
            return
        with shielded:
            if error is not None and not isinstance(error, GeneratorExit) and self.span.is_recording():
                failure = error_type(error)
                message = self.telemetry.clean(error_text(error))[:2000] if self.telemetry.on_spans else ""
                self.span.set_attribute(semconv.ERROR_TYPE, failure)
                self.span.set_status(Status(StatusCode.ERROR, message or failure))
                about = {semconv.EXCEPTION_TYPE: failure, **({semconv.EXCEPTION_MESSAGE: message} if message else {})}
                self.span.add_event(semconv.EXCEPTION_EVENT, about)
        with shielded:
            if self.telemetry.linker is not None and self.span.is_recording():
                self.span.set_attributes(self.telemetry.linker.attributes(self.span, surroundings(self.context)))
        with shielded:  # a processor of the application's own may fail
            self.span.end()

    def _set(self, name: str, value: Any) -> None:
        if name in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES):
            value = _messages("user" if name == semconv.INPUT_MESSAGES else "assistant", value, self.telemetry)
        elif name == semconv.RETRIEVAL_QUERY:
            value = _only(value)
            if isinstance(value, str):
                self.span.set_attribute(name, self.telemetry.clean(str.__str__(value)))
                return
        self.span.set_attribute(name, self.telemetry.write(value))


def _arguments(signature: inspect.Signature | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        bound = signature.bind(*args, **kwargs).arguments if signature is not None else None
    except TypeError:
        bound = None
    if bound is None:
        return {**{str(n): a for n, a in enumerate(args)}, **kwargs}
    return {name: value for n, (name, value) in enumerate(bound.items()) if n or name not in ("self", "cls")}


def _only(value: Any) -> Any:
    """The one argument without its name, unless a secret is known by that."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    [(name, only)] = value.items()
    return value if is_secret(str(name)) else only


def _messages(role: str, value: Any, signals: telemetry.Telemetry) -> list[Any]:
    """A step's input or output as messages: a client's answer as what it says, a text as it is, all else as JSON."""
    value = _only(value) if role == "user" else value
    if isinstance(value, str):
        content = str.__str__(value)
    elif role == "assistant" and (messages := said(value)):
        return messages
    else:
        content = signals.write(value)
    return [{"role": role, "parts": [{"type": "text", "content": content}]}]
