"""Wrap a provider's methods, so that each call becomes one span; and take the wrapping off again.

Sync, async, streamed and raw calls are told apart by what comes back, here and nowhere else.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import GeneratorType
from typing import Any

import wrapt
from opentelemetry import context as otel
from opentelemetry.trace import NonRecordingSpan, NoOpTracer

from .body import hear
from .context import open_call, suppressed
from .errors import logger, shielded
from .file_body import hear_file
from .opening import opened
from .prompts._recognition import Rendered
from .providers._base import Provider
from .recorder import Recorder
from .sdk_steps import run_step
from .seam import seam
from .stream import watch
from .telemetry import Telemetry

Undo = Callable[[], None]
_NOTHING: dict[str, Any] = {}


class Patch:
    """One provider's methods, wrapped when its SDK is imported and unwrapped by ``remove``."""

    def __init__(self, provider: Provider, telemetry: Telemetry) -> None:
        self.provider, self.telemetry = provider, telemetry
        self.active = True
        self.missing: list[str] = []
        self._undo: list[Undo] = []
        self._applied: set[str] = set()
        for module in provider.modules():
            if module in sys.modules:
                # Another thread may be importing it at this moment: this waits until it is whole.
                self._apply(import_module(module))
            else:
                wrapt.register_post_import_hook(self._apply, module)

    def _apply(self, module: Any) -> None:
        """Wrap what the table has in a module. A function that is not there leaves the others as they are."""
        it, here = self.provider, module.__name__
        if not self.active or here in self._applied:
            return
        self._applied.add(here)
        own = (it.own_spans, _own_span), (it.own_tracers, _own_tracer)
        for paths, wrapper in ((it.methods, None), (it.former, None), (it.attempts, self._attempt), *own):
            for path in paths:
                if it.place(path)[0] == here:
                    self._wrap(module, path, wrapper, None if wrapper is not None else "its calls are not traced")
        if here == it.module:
            for path in it.strict:
                self._wrap(module, path, _of_plain_texts, "that may refuse a rendered prompt")
            for step in it.steps:
                self._wrap(module, step.path, partial(run_step, step, self), "that is not traced")

    def _wrap(self, module: Any, path: str, wrapper: Callable[..., Any] | None, lost: str | None) -> None:
        """Put a wrapper around a function; None for the one that traces. ``lost``: what is, if it is not there."""
        try:
            place = seam(module, self.provider.place(path)[1])
        except AttributeError:
            if path in self.provider.former:
                return
            self.missing.append(path)
            if lost is not None:
                logger.warning(
                    "otel-prompt: %s has no %s in the installed version; %s. "
                    "`otel-prompt doctor` says which versions are supported.",
                    self.provider.distribution,
                    path,
                    lost,
                )
            return
        if wrapper is None:
            wrapper = self._call_async if inspect.iscoroutinefunction(place.original) else self._call
        wrapped = wrapt.FunctionWrapper(place.original, wrapper)
        place.put(wrapped)
        self._undo.append(partial(place.restore, wrapped))

    def remove(self) -> None:
        """Everything as it was. A wrapper that another one has since been put around stays, and does nothing."""
        self.active = False
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _call(self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if (recorder := self._begin(wrapped, instance, args, kwargs)) is None:
            return wrapped(*args, **kwargs)
        return self._made(recorder, wrapped, args, kwargs)

    def _made(self, recorder: Recorder, wrapped: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        call, span = open_call.set(recorder), otel.attach(recorder.context)
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            recorder.end(self._unparsed(error), error)
            raise
        finally:
            otel.detach(span)
            open_call.reset(call)
        return self._settle(result, recorder)

    async def _call_async(self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if (recorder := self._begin(wrapped, instance, args, kwargs)) is None:
            return await wrapped(*args, **kwargs)
        return await self._made_async(recorder, wrapped, args, kwargs)

    async def _made_async(self, recorder: Recorder, wrapped: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        call, span = open_call.set(recorder), otel.attach(recorder.context)
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            recorder.end(self._unparsed(error), error)
            raise
        finally:
            _leave(call, span)
        return self._settle(result, recorder)

    def _begin(self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recorder | None:
        """The recorder of a call; None for one that is not traced: of another kind, or the one that is being made.

        A call that is made inside another, by an event hook, a transport or a task that was started there, is its own;
        unless the other SDK makes its calls by those of others.
        """
        with shielded:
            context = otel.get_current()
            if not self.active or suppressed(context):
                return None
            by_method = self.provider.by_method
            call = self.provider.call(args, kwargs) if by_method is None else by_method(wrapped, args, kwargs)
            if call is None or (endpoint := self.provider.endpoint(call.method, call.path)) is None:
                return None
            if (outer := open_call.get()) is not None and outer.includes(call.request):
                return None
            if (server := call.server or self.provider.server(instance, call.path)) is None:
                return None
            if self.telemetry.settings.stream_usage and self.provider.ask_for_usage is not None:
                self.provider.ask_for_usage(args, kwargs)
            recorder = Recorder(self.telemetry, endpoint, call, server, context)
            recorder.client, recorder.request, recorder.whole = instance, call.request, self.provider.calls_others
            return recorder
        return None

    def _attempt(self, wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Count an attempt of the call that is being made, by its client or of its request, where this records it."""
        recorder = open_call.get()
        if recorder is not None and recorder.telemetry is self.telemetry:
            request = recorder.request
            if recorder.client is client or (request is not None and any(arg is request for arg in args)):
                recorder.attempts += 1
        return wrapped(*args, **kwargs)

    def _settle(self, result: Any, recorder: Recorder) -> Any:
        """End now or, for a stream and for a body that is still to be read, when that ends."""
        if type(result) is GeneratorType:
            result = _begun_inside(result, recorder)
        if not recorder.heard:
            recorder.end()
            return result
        if (name := recorder.endpoint.unread) is not None and type(result) is dict and result.get(name) is not None:
            with shielded:
                recorder.hear({k: v for k, v in result.items() if k != name})
                if recorder.inv.stream:
                    result[name] = watch(result[name], recorder)
                else:
                    hear_file(result[name], recorder)
                return result
        raw: Any = getattr(result, "__dict__", _NOTHING).get("http_response")
        if raw is None and type(result).__mro__[-2:][0].__module__[:5] == "httpx":
            raw = result  # the HTTP response itself, or an SDK's own kind of one
        if raw is not None or recorder.inv.stream:
            with shielded:
                if raw is not None:
                    if refused := raw.status_code >= 400:
                        named = self.provider.refusal
                        recorder.refuse(raw.status_code, named(raw.status_code) if named is not None else None)
                    hear(raw, recorder, stream=recorder.inv.stream and not refused)
                    return result
                if hasattr(result, "__next__") or hasattr(result, "__anext__"):
                    return watch(result, recorder)
                if hasattr(result, "__enter__") or hasattr(result, "__aenter__"):
                    return opened(result, recorder, self._made, self._made_async)
        recorder.end(result)
        return result

    def _unparsed(self, error: BaseException) -> Any:
        with shielded:
            return self.provider.unparsed(error) if self.provider.unparsed is not None else None


def _leave(call: Any, span: Any) -> None:
    """Put the context back. A coroutine may be closed in another context, where there is nothing to put back."""
    try:
        open_call.reset(call)
    except ValueError:
        return
    otel.detach(span)


def _begun_inside(chunks: Any, recorder: Recorder) -> Any:
    """The chunks of a function that makes its request when the first one is wanted: inside the call, as others do."""
    call, span = open_call.set(recorder), otel.attach(recorder.context)
    try:
        first = next(chunks)
    except StopIteration:
        return
    finally:
        _leave(call, span)
    yield first
    yield from chunks


def _own_span(wrapped: Any, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """In place of the SDK's own span of a call that is being made, ours; another pipeline's is the application's wish.

    The SDK hands it on to the service and to what is traced inside, as it would its own. What it starts once an
    attempt is under way is of another call.
    """
    recorder = open_call.get()
    if recorder is None or recorder.attempts or not args:
        return wrapped(*args, **kwargs)
    with shielded:
        if _pipeline(args[0]) is _pipeline(recorder.telemetry.tracer):
            return NonRecordingSpan(recorder.span.get_span_context())
    return wrapped(*args, **kwargs)


def _own_tracer(wrapped: Any, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """In place of the tracer that the SDK is about to start its span with, one that gives the span of the call."""
    recorder = open_call.get()
    with shielded:
        if (
            recorder is not None
            and any(value is recorder.request for value in kwargs.values())
            and _pipeline(kwargs.get("tracer")) is _pipeline(recorder.telemetry.tracer)
        ):
            kwargs = {**kwargs, "tracer": NoOpTracer()}  # of no spans of its own it gives the current one's context
    return wrapped(*args, **kwargs)


def _of_plain_texts(wrapped: Any, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """In place of a function that takes no text but of the type itself, one that does."""
    return wrapped(*map(_plain, args), **kwargs)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str.__str__(value) if type(value) is Rendered else value


def _pipeline(tracer: Any) -> Any:
    """Where a tracer's spans go; of one that stands for another, that one's."""
    return getattr(getattr(tracer, "_tracer", tracer), "span_processor", tracer)
