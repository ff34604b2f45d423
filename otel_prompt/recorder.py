"""One call's span: begun with what a sampler needs, fed by chunks, ended exactly once with all the rest."""

from __future__ import annotations

from threading import Lock
from time import perf_counter
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode

from . import pricing, semconv
from .adoption import adopted
from .context import remember, surroundings
from .errors import shielded
from .invocation import Invocation, Json, PromptIdentity, span_name
from .mapping import to_attributes
from .processors.capture import without_content, without_large_blobs
from .processors.redact import nameable
from .prompts._recognition import recognised
from .prompts.automatic import automatic
from .providers._base import Call, Endpoint, Server, complaint, failure, fields, text_of
from .raised import error_text, error_type, http_status
from .span_writing import write_on
from .telemetry import Telemetry

_prices_loading = False


class Recorder:
    """The span of one call.

    It may be fed and ended in any thread; what is said after its end is not heard. Nothing is ``heard`` of a call that
    is neither sampled nor counted: its span, which holds nothing, is there for what is traced inside it.
    """

    __slots__ = (
        "telemetry", "endpoint", "inv", "heard", "span", "said", "owns", "recording", "instruments", "started",
        "streamed", "accumulate", "first", "last", "chunks", "reading", "attempts", "context", "_ending", "client",
        "request", "refusal", "fault", "whole", "__weakref__",
    )  # fmt: skip
    client: Any
    """The SDK's client, and its object of the request: what is done inside the call may be of other calls."""
    request: Any
    whole: bool
    """Whether what other SDKs are asked inside the call is the call."""

    def __init__(self, telemetry: Telemetry, endpoint: Endpoint, call: Call, server: Server, context: Context) -> None:
        global _prices_loading
        self.instruments = telemetry.instruments()
        prompts = [nameable(p, telemetry.clean) for p in _prompts(endpoint, call.body)]
        model = text_of(call.body.get("model"))
        if model is not None:
            model = telemetry.clean(model)
        self.telemetry = telemetry
        source = telemetry.clean(call.source) if call.source is not None else None
        self.span, self.owns = self._span(endpoint.operation, model, source, server, prompts, context)
        self.context = trace.set_span_in_context(self.span, context)
        self.recording = self.span.is_recording()
        self.attempts = 0
        self.heard = self.recording or self.instruments is not None
        if not self.heard:
            return
        self.endpoint = endpoint
        self.streamed: Json = {}
        self.first: float | None = None
        self.last = 0.0
        self.chunks = 0
        self.reading = False
        self.refusal: tuple[int, str | None] | None = None
        self.fault: BaseException | None = None
        self._ending = Lock()
        inv: Invocation | None = None
        if self.recording:
            with shielded:
                inv = endpoint.request(call)
                if not prompts and endpoint.operation in semconv.INFERENCE:
                    inv.attributes.update(automatic(call.body))
            if not _prices_loading:
                _prices_loading = True
                pricing.load_in_background()
        self.inv = inv = inv or Invocation(endpoint.operation, request_model=model)
        inv.provider, inv.server_address, inv.server_port = server.provider, server.address, server.port
        inv.stream, inv.prompts = call.stream, prompts
        if model is not None:
            inv.request_model = model
        self.accumulate = endpoint.accumulate
        self.started = perf_counter()

    def _span(
        self,
        operation: str,
        model: str | None,
        source: str | None,
        server: Server,
        prompts: list[PromptIdentity],
        context: Context,
    ) -> tuple[Span, bool]:
        """A new span, or the one that another instrumentation has opened for this very call."""
        outer = trace.get_current_span(context)
        if outer is not INVALID_SPAN and outer.is_recording() and adopted(outer, operation, model):
            self.said = ()
            if prompts:  # its owner may end it at a stream's last chunk, before the stream ends
                outer.set_attributes(_identity(prompts[0]))
            return outer, False
        attributes: dict[str, Any] = {semconv.OPERATION: operation, semconv.PROVIDER: server.provider}
        if model is not None:
            attributes[semconv.REQUEST_MODEL] = model
        if source is not None:
            attributes[semconv.DATA_SOURCE] = source
        if server.address is not None:
            attributes[semconv.SERVER_ADDRESS] = server.address
            if server.port is not None:
                attributes[semconv.SERVER_PORT] = server.port
        if prompts:
            attributes.update(_identity(prompts[0]))
        self.said = tuple(attributes)
        attributes.update(surroundings(context))
        name = span_name(operation, model or source)
        kind = SpanKind.INTERNAL if server.in_process else SpanKind.CLIENT
        return self.telemetry.tracer.start_span(name, context, kind, attributes), True

    def includes(self, request: Any) -> bool:
        """Whether a request that is made inside this call is this call."""
        return self.request is request or (self.whole and not (self.heard and self._ending.locked()))

    def beat(self) -> None:
        """Note that something of a stream has arrived now."""
        self.last = now = perf_counter()
        if self.first is None:
            self.first = now
        self.chunks += 1

    def chunk(self, chunk: Any) -> None:
        """``beat`` and ``hear`` in one: two calls for each chunk would cost more than what they do."""
        self.last = now = perf_counter()
        if self.first is None:
            self.first = now
        self.chunks += 1
        if self.accumulate is not None:
            shielded.run(self.accumulate, self.streamed, chunk)

    def hear(self, chunk: Any) -> None:
        """Take in a chunk of a stream, at once: an object that is held back costs more than it takes to read it."""
        if self.accumulate is not None:
            shielded.run(self.accumulate, self.streamed, chunk)

    def refuse(self, status: int, name: str | None) -> None:
        """Note that the service's answer has an HTTP status of an error, and what the SDK will raise of it."""
        if self.heard:
            self.refusal = status, name

    def fail(self, error: BaseException | None) -> None:
        """Note what has gone wrong, where the call is about to end by itself. That the caller left is no error."""
        if self.heard and not isinstance(error, GeneratorExit):
            self.fault = error

    def end(self, response: Any = None, error: BaseException | None = None) -> None:
        """End the span, if it has not ended: with the response, with what was streamed, with what went wrong."""
        if not self.heard:
            with shielded:
                self.span.end()
            return
        if not self._ending.acquire(blocking=False):
            return
        seconds = perf_counter() - self.started
        try:
            with shielded:
                self._finish(response, error or self.fault, seconds)
        finally:
            if self.owns:
                with shielded:  # a processor of the application's own may fail
                    self.span.end()

    def cut_short(self) -> None:
        """End, if it has not ended, for the process ends."""
        self.inv.attributes[semconv.CUT_SHORT] = True
        self.end()

    def _finish(self, response: Any, error: BaseException | None, seconds: float) -> None:
        inv = self.inv
        if self.first is not None:
            inv.time_to_first_chunk = self.first - self.started
        inv.attempts = self.attempts
        body = self.streamed or self._body(response)
        if self.refusal is not None:
            inv.http_status, name = self.refusal
            inv.error = name or failure(body) or str(inv.http_status)
            inv.error_message = complaint(body)
        elif body:
            self._read(body)
        raised = error_type(error) if error is not None else inv.error
        if raised is None and inv.http_status is not None:
            raised = str(inv.http_status)
        if raised is not None:
            raised = self.telemetry.clean(raised)
        if error is not None:
            inv.http_status = http_status(error) or inv.http_status  # else what the answer says of itself
        if self.instruments is not None and self.owns:
            per_chunk = (self.last - self.first) / (self.chunks - 1) if self.first and self.chunks > 1 else None
            with shielded:
                self.instruments.record(inv, seconds, per_chunk, raised)
        if self.recording:
            self._describe(error, raised)

    def _body(self, response: Any) -> Json:
        if self.endpoint.body is None or response is None:
            return {"text": response} if isinstance(response, str) else fields(response)
        with shielded:
            return self.endpoint.body(response)
        return {}

    def _read(self, body: Json) -> None:
        """What the answer says, and what it took: each by itself, so that an odd field loses nothing but itself."""
        inv = self.inv
        with shielded:
            if self.recording:
                self.endpoint.response(inv, body)
            else:
                inv.response_model, inv.error = text_of(body.get("model")), failure(body)
            if inv.response_model is not None:  # some services give back what they were asked for
                inv.response_model = self.telemetry.clean(inv.response_model)
        with shielded:
            if self.endpoint.usage is None:
                return
            inv.usage = self.endpoint.usage(body)
            if self.recording:
                inv.cost = pricing.price_of(inv)

    def _describe(self, error: BaseException | None, failure: str | None) -> None:
        """Write all that is known on the span, and on the event where one is wanted."""
        inv, telemetry, span = self.inv, self.telemetry, self.span
        if error is not None:
            inv.error_message = error_text(error)
        inv = without_large_blobs(inv) if telemetry.on_spans or telemetry.on_events else without_content(inv)
        attributes = to_attributes(inv, telemetry.write, telemetry.clean)
        if failure is not None:
            attributes[semconv.ERROR_TYPE] = failure
        if telemetry.on_events:
            telemetry.emit_details({**surroundings(self.context), **attributes}, span)
            if not telemetry.on_spans:
                inv = without_content(inv)
                attributes = to_attributes(inv, telemetry.write, telemetry.clean)
                if failure is not None:
                    attributes[semconv.ERROR_TYPE] = failure
        if telemetry.linker is not None:
            attributes.update(telemetry.linker.attributes(span, {**surroundings(self.context), **attributes}))
        if not self.owns:
            held: Any = getattr(span, "attributes", None) or {}
            attributes = {k: v for k, v in attributes.items() if k not in held}
            attributes.update(surroundings(self.context))
        if len(attributes) < telemetry.few_attributes:
            for name in self.said:  # the span has it since its start
                attributes.pop(name, None)
        else:
            # The SDK drops what was set first: what the call is comes last, also where the span has it already.
            attributes = dict(reversed(attributes.items()))
        if not span.is_recording():
            return
        write_on(span, attributes)
        if failure is not None and self.owns:
            message = telemetry.clean(inv.error_message)[:2000] if inv.error_message else None
            span.set_status(Status(StatusCode.ERROR, message or failure))
            exception = {semconv.EXCEPTION_TYPE: failure}
            if message:
                exception[semconv.EXCEPTION_MESSAGE] = message
            span.add_event(semconv.EXCEPTION_EVENT, exception)
        remember(span, inv.response_id)


def _prompts(endpoint: Endpoint, body: Json) -> list[PromptIdentity]:
    found = recognised(body)
    if endpoint.prompt is not None and (kept := endpoint.prompt(body)) is not None:
        return [kept, *found]
    return found


def _identity(prompt: PromptIdentity) -> dict[str, str]:
    version = {} if prompt.version is None else {semconv.PROMPT_VERSION: prompt.version}
    return {semconv.PROMPT_NAME: prompt.name, **version}
