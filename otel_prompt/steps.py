"""``@workflow @agent @tool @retriever @step``: a function's every call as one span, and what it calls inside it.

Functions, coroutines, generators, async generators and methods keep their kind. A generator's span is open for as long
as it runs, and current only while its own body runs: between two items the caller's current span is the caller's own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar, overload

from .context import enter, leave
from .errors import ConfigurationError
from .step_recorder import AGENT, RETRIEVER, STEP, TOOL, WORKFLOW, StepKind, StepRecorder

_F = TypeVar("_F", bound=Callable[..., Any])
Begin = Callable[[tuple[Any, ...], dict[str, Any]], StepRecorder]
MARK = "otel_prompt_step"
"""The attribute of a decorated function that says which operation each of its calls is."""
_MOST_ITEMS = 10_000
"""The most items of a generator that are kept for its output."""


@overload
def workflow(function: _F, /) -> _F: ...
@overload
def workflow(*, name: str | None = None) -> Callable[[_F], _F]: ...
def workflow(function: Any = None, /, *, name: str | None = None) -> Any:
    """A whole task: ``invoke_workflow``. The name is the function's, unless one is given."""
    return _decorate(WORKFLOW, function, name)


@overload
def agent(function: _F, /) -> _F: ...
@overload
def agent(*, name: str | None = None) -> Callable[[_F], _F]: ...
def agent(function: Any = None, /, *, name: str | None = None) -> Any:
    """An agent's turn: ``invoke_agent``. Its description is the docstring's first line."""
    return _decorate(AGENT, function, name)


@overload
def tool(function: _F, /) -> _F: ...
@overload
def tool(*, name: str | None = None) -> Callable[[_F], _F]: ...
def tool(function: Any = None, /, *, name: str | None = None) -> Any:
    """A tool's use: ``execute_tool``, with its arguments and its result."""
    return _decorate(TOOL, function, name)


@overload
def retriever(function: _F, /) -> _F: ...
@overload
def retriever(*, name: str | None = None) -> Callable[[_F], _F]: ...
def retriever(function: Any = None, /, *, name: str | None = None) -> Any:
    """A search: ``retrieval``, with the query and the documents. The name is the data source's."""
    return _decorate(RETRIEVER, function, name)


@overload
def step(function: _F, /) -> _F: ...
@overload
def step(*, name: str | None = None) -> Callable[[_F], _F]: ...
def step(function: Any = None, /, *, name: str | None = None) -> Any:
    """Anything else that is worth a span."""
    return _decorate(STEP, function, name)


def _decorate(kind: StepKind, function: Any, name: str | None) -> Any:
    if function is None:
        return functools.partial(_wrap, kind, name=name)
    return _wrap(kind, function, name=name)


def _wrap(kind: StepKind, function: Any, *, name: str | None) -> Any:
    """A function of the same kind that does the same inside a span.

    Raises:
        ConfigurationError: what is decorated is nothing that can be called.
    """
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_wrap(kind, function.__func__, name=name))
    if not callable(function):
        raise ConfigurationError(f"a step is a function, not {function!r}; a name is given as name=...")
    begin = functools.partial(StepRecorder, kind, name or _name(function), function, _signature(function))
    found = inside(begin, function)
    setattr(found, MARK, kind.operation)
    return found


def inside(begin: Begin, function: Any) -> Any:
    """A function of the same kind, whose every call is inside the step that ``begin`` begins with its arguments."""
    body = _body(function)
    if inspect.isasyncgenfunction(body):
        return _async_generator(begin, function)
    if inspect.isgeneratorfunction(body):
        return _generator(begin, function)
    if inspect.iscoroutinefunction(body):

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with begin(args, kwargs) as recorder:
                return recorder.returned(await function(*args, **kwargs))

        return run_async

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with begin(args, kwargs) as recorder:
            return recorder.returned(function(*args, **kwargs))

    return run


def inside_chunks(begin: Begin, chunks: Any) -> Any:
    """An asynchronous generator as one that is walked inside the step that ``begin`` begins at the first chunk."""
    return _async_generator(begin, lambda: chunks)()


def _name(function: Any) -> str:
    """A function's name; of a partial the function's in it, of a callable object its class's."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", None) or type(function).__name__


def _body(function: Any) -> Any:
    """What is run: of a callable object its method."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or isinstance(function, type):
        return function
    return function.__call__


def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except ValueError:  # some of the functions that are built in have none
        return None


def _generator(begin: Begin, function: Any) -> Any:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Iterator[Any]:
        recorder, body = begin(args, kwargs), function(*args, **kwargs)
        given: list[Any] = []
        resume, value = body.send, None
        with recorder.ending():
            while True:
                entry = enter(recorder.context)
                try:
                    item = resume(value)
                except StopIteration as stop:
                    recorder.returned(_joined(given) if given or stop.value is None else stop.value)
                    return stop.value
                finally:
                    leave(entry)
                if len(given) < _MOST_ITEMS:
                    given.append(item)
                try:
                    resume, value = body.send, (yield item)
                except GeneratorExit:
                    recorder.returned(_joined(given))
                    body.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - the body decides what to do with it
                    resume, value = body.throw, error

    return run


def _async_generator(begin: Begin, function: Any) -> Any:
    @functools.wraps(function)
    async def run(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        recorder, body = begin(args, kwargs), function(*args, **kwargs)
        given: list[Any] = []
        resume, value = body.asend, None
        with recorder.ending():
            while True:
                entry = enter(recorder.context)
                try:
                    item = await resume(value)
                except StopAsyncIteration:
                    recorder.returned(_joined(given))
                    return
                finally:
                    leave(entry)
                if len(given) < _MOST_ITEMS:
                    given.append(item)
                try:
                    resume, value = body.asend, (yield item)
                except GeneratorExit:
                    recorder.returned(_joined(given))
                    await body.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - the body decides what to do with it
                    resume, value = body.athrow, error

    return run


def _joined(items: list[Any]) -> Any:
    """What a generator gave: texts as one text, all else as a list."""
    return "".join(items) if items and all(isinstance(i, str) for i in items) else items
