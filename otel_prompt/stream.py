"""The SDK's own stream, watched: a proxy that is, to ``isinstance`` and to every attribute, the stream itself.

A proxy and not a hook inside the stream, because the SDKs' streams refer to themselves: only what the caller alone
holds is freed at the moment when the caller lets go of it.
"""

from __future__ import annotations

import copy
from inspect import isasyncgenfunction
from typing import Any

import wrapt

from .at_exit import end_at_exit
from .errors import shielded
from .recorder import Recorder
from .tap import tap


def watch(stream: Any, recorder: Recorder) -> Any:
    """The stream, such that ``recorder`` hears every chunk and the end, however it ends."""
    if (response := getattr(stream, "response", None)) is not None:
        _on_close(response, recorder)
    end_at_exit(recorder, recorder.telemetry)
    if not hasattr(stream, "__anext__"):
        return Stream(stream, recorder) if hasattr(stream, "__next__") else Events(stream, recorder)
    return EitherStream(stream, recorder) if hasattr(stream, "__next__") else AsyncStream(stream, recorder)


def _on_close(response: Any, recorder: Recorder) -> None:
    """End the span when the HTTP response is closed: SDK helpers that hold a stream close that, not the stream."""
    for name in ("close", "aclose"):
        if hasattr(response, name):
            with shielded:
                tap(response, name, _closing(getattr(response, name), recorder))


def _closing(close: Any, recorder: Recorder) -> Any:
    """The end of the span, then ``close``. While a chunk is being read, its reader knows better how it ends."""

    def closing(*args: Any, **kwargs: Any) -> Any:
        if not recorder.reading:
            recorder.end()
        return close(*args, **kwargs)

    return closing


class _Watched(wrapt.ObjectProxy):  # pyright: ignore[reportMissingTypeArgument] - generic only in the stubs
    """A stream that is copied, pickled and shown as the stream itself is."""

    def __init__(self, stream: Any, recorder: Recorder) -> None:
        super().__init__(stream)
        self._self_recorder = recorder

    def __copy__(self) -> Any:
        return copy.copy(self.__wrapped__)

    def __deepcopy__(self, memo: Any) -> Any:
        return copy.deepcopy(self.__wrapped__, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__wrapped__.__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __getattr__(self, name: str) -> Any:
        # A stream has one of the two, or none, or both: the watched one has what it has.
        found = super().__getattr__(name)
        return _closing(found, self._self_recorder) if name in ("close", "aclose") else found

    def __del__(self) -> None:
        self._self_recorder.end()


class Events(_Watched):
    """A watched synchronous stream that only ``iter`` reads, as botocore's."""

    def __iter__(self) -> Any:
        # A generator, as the SDK's own is: between two chunks it keeps its names, where a method would look them up.
        recorder, chunks = self._self_recorder, iter(self.__wrapped__)
        while True:
            recorder.reading = True
            try:
                chunk = next(chunks)
            except StopIteration:
                recorder.end()
                return
            except BaseException as error:
                recorder.end(error=error)
                raise
            finally:
                recorder.reading = False
            recorder.chunk(chunk)
            yield chunk

    def __enter__(self) -> Any:
        self.__wrapped__.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        self._self_recorder.end(error=None if isinstance(error, GeneratorExit) else error)
        return self.__wrapped__.__exit__(kind, error, traceback)


class Stream(Events):
    """A watched synchronous stream."""

    def __next__(self) -> Any:
        recorder = self._self_recorder
        recorder.reading = True
        try:
            chunk = next(self.__wrapped__)
        except StopIteration:
            recorder.end()
            raise
        except BaseException as error:
            recorder.end(error=error)
            raise
        finally:
            recorder.reading = False
        recorder.chunk(chunk)
        return chunk


class AsyncStream(_Watched):
    """A watched asynchronous stream."""

    def __init__(self, stream: Any, recorder: Recorder) -> None:
        super().__init__(stream, recorder)
        # aiobotocore's has a generator of all its events for what should give the next one.
        self._self_chunks = aiter(stream) if isasyncgenfunction(getattr(type(stream), "__anext__", None)) else stream

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        recorder = self._self_recorder
        recorder.reading = True
        try:
            chunk = await self._self_chunks.__anext__()
        except StopAsyncIteration:
            recorder.end()
            raise
        except BaseException as error:
            recorder.end(error=error)
            raise
        finally:
            recorder.reading = False
        recorder.chunk(chunk)
        return chunk

    async def __aenter__(self) -> Any:
        await self.__wrapped__.__aenter__()
        return self

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        self._self_recorder.end(error=None if isinstance(error, GeneratorExit) else error)
        return await self.__wrapped__.__aexit__(kind, error, traceback)


class EitherStream(Stream, AsyncStream):
    """A watched stream that is read in either way."""
