"""A response that an SDK opens by a block: ``with http.stream(...) as response``.

The call is made as the block is entered, so that its span is the current one then; what the body says is heard as the
SDK reads it. What goes wrong inside the block, in the SDK or on the wire, is the call's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wrapt

from .recorder import Recorder

Made = Callable[[Recorder, Any, tuple[Any, ...], dict[str, Any]], Any]
"""Makes a call that a recorder has been begun for, and gives what comes back."""


def opened(block: Any, recorder: Recorder, made: Made, made_async: Made) -> Any:
    """The block, such that ``recorder`` hears what is read inside it."""
    return _AsyncBlock(block, recorder, made_async) if hasattr(block, "__aenter__") else _Block(block, recorder, made)


class _Watched(wrapt.ObjectProxy):  # pyright: ignore[reportMissingTypeArgument] - generic only in the stubs
    def __init__(self, block: Any, recorder: Recorder, made: Made) -> None:
        super().__init__(block)
        self._self_recorder, self._self_made = recorder, made

    def __del__(self) -> None:
        self._self_recorder.end()


class _Block(_Watched):
    def __enter__(self) -> Any:
        return self._self_made(self._self_recorder, self.__wrapped__.__enter__, (), {})

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        self._self_recorder.fail(error)
        return self.__wrapped__.__exit__(kind, error, traceback)


class _AsyncBlock(_Watched):
    async def __aenter__(self) -> Any:
        return await self._self_made(self._self_recorder, self.__wrapped__.__aenter__, (), {})

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        self._self_recorder.fail(error)
        return await self.__wrapped__.__aexit__(kind, error, traceback)
