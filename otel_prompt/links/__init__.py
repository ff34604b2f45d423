"""Prompts of other libraries, known again at the call: what an application renders with them carries its identity.

The libraries' own methods render; what they give is noted, never changed. One file per library,
with one value: ``LINKS``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import Any, Final

import wrapt

from ..errors import shielded
from ..prompts._recognition import note
from ._base import Link

LIBRARIES: Final = ("mlflow", "langfuse", "langchain", "llama_index", "jinja2")
"""LangSmith's prompts are LangChain templates that carry the hub's names in their metadata."""

Undo = Callable[[], None]


class Linking:
    """The links of all libraries, in place until ``remove``. A library that is not imported is linked when it is."""

    def __init__(self) -> None:
        self._active = True
        self._undo: list[Undo] = []
        for name in LIBRARIES:
            for link in import_module(f"{__name__}.{name}").LINKS:
                if link.module in sys.modules:
                    self._apply(link, sys.modules[link.module])
                else:
                    wrapt.register_post_import_hook(partial(self._apply, link), link.module)

    def remove(self) -> None:
        """Every method as it was."""
        self._active = False
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _apply(self, link: Link, module: Any) -> None:
        with shielded:
            owner, _, name = link.method.rpartition(".")
            cls = getattr(module, owner, None)
            original = vars(cls).get(name) if cls is not None else None
            if not self._active or original is None:
                return
            wrapped = wrapt.FunctionWrapper(original, partial(self._rendered, link))
            setattr(cls, name, wrapped)
            self._undo.append(partial(_restore, cls, name, wrapped, original))

    def _rendered(self, link: Link, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        library = link.module.partition(".")[0]
        if not self._active or library in _rendering.get():
            return wrapped(*args, **kwargs)
        with _within(library):
            result = wrapped(*args, **kwargs)
        if inspect.iscoroutine(result):
            return self._awaited(link, instance, args, kwargs, result)
        with shielded:
            _note(link, instance, args, kwargs, result)
        return result

    async def _awaited(self, link: Link, instance: Any, args: tuple[Any, ...], kwargs: Any, pending: Any) -> Any:
        with _within(link.module.partition(".")[0]):
            result = await pending
        with shielded:
            _note(link, instance, args, kwargs, result)
        return result


_rendering: ContextVar[tuple[str, ...]] = ContextVar("otel_prompt_rendering", default=())
"""The libraries that are rendering a prompt: what one renders inside, as a chat its messages, is a part of that."""


@contextmanager
def _within(library: str) -> Generator[None]:
    before = _rendering.get()
    _rendering.set((*before, library))
    try:
        yield
    finally:
        # Set, not reset: a coroutine may be closed in another context.
        _rendering.set(before)


def _note(link: Link, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    identity = link.identify(instance, args, kwargs)
    if identity is not None:
        for text in _texts(result):
            note(text, identity)


def _texts(result: Any) -> Iterator[str]:
    """The texts that a rendered prompt consists of: a text, messages as mappings, messages as objects."""
    if isinstance(result, str):
        yield result
    elif isinstance(result, (list, tuple)):
        for message in result:
            content = message.get("content") if isinstance(message, dict) else getattr(message, "content", None)
            if isinstance(content, str):
                yield content
            elif isinstance(content, (list, tuple)):
                yield from (p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))


def _restore(cls: Any, name: str, wrapped: Any, original: Any) -> None:
    if vars(cls).get(name) is wrapped:
        setattr(cls, name, original)
