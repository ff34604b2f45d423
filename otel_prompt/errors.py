"""What may go wrong, and the one shield that keeps what is ours away from the caller.

OtelPromptError
 +-- ConfigurationError   a setting, a client or an exporter that cannot be (also a ValueError)
 +-- PromptError          a template, or the variables given to it (also a ValueError)
 +-- FeedbackError        a judgement of nothing, or that is none (also a ValueError)
 +-- StoreError           a store that cannot be opened, read or written (also an OSError)
 +-- MissingExtraError    a library that is not installed; the message names the extra (also an ImportError)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Final, TypeVar

logger = logging.getLogger("otel_prompt")

_A = TypeVar("_A")
_B = TypeVar("_B")


class OtelPromptError(Exception):
    """The base of all errors that this package raises; its text is one sentence: what, where, what to do."""


class ConfigurationError(OtelPromptError, ValueError):
    """A setting, a client or an exporter that cannot be."""


class PromptError(OtelPromptError, ValueError):
    """A template, or the variables given to it."""


class FeedbackError(OtelPromptError, ValueError):
    """A judgement of nothing, or that is none."""


class StoreError(OtelPromptError, OSError):
    """A store that cannot be opened, read or written."""


class MissingExtraError(OtelPromptError, ImportError):
    """A library that is not installed."""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional library.

    Raises:
        MissingExtraError: it is not installed; the message names the extra that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.split(".", maxsplit=1)[0] != error.name.split(".")[0]:
            raise
        raise MissingExtraError(f"{module} is not installed: pip install 'otel-prompt[{extra}]'") from None


class _Shield:
    """Swallows what goes wrong in telemetry and logs it, once for each place and type."""

    __slots__ = ("logged", "reraise")

    def __init__(self) -> None:
        self.logged: set[tuple[str, int, type[BaseException]]] = set()
        self.reraise = False

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception) or self.reraise:
            return False
        self._log(error, traceback)
        return True

    def run(self, function: Callable[[_A, _B], None], a: _A, b: _B) -> None:
        """``with shielded: function(a, b)``, at the cost of a call: for what runs once for each chunk."""
        try:
            function(a, b)
        except Exception as error:
            if self.reraise:
                raise
            self._log(error, error.__traceback__)

    def _log(self, error: Exception, traceback: TracebackType | None) -> None:
        kind = type(error)
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        file, line = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) if traceback else ("?", 0)
        if (file, line, kind) not in self.logged and len(self.logged) < 1000:
            self.logged.add((file, line, kind))
            # Only the type and the place: an exception's own text may hold a prompt.
            logger.warning(
                "otel-prompt lost some telemetry (%s at %s:%d); your call is unaffected. Said once for this place.",
                kind.__name__,
                file,
                line,
            )


shielded: Final = _Shield()
"""``with shielded:`` — telemetry never breaks what it observes.

One object serves all, because entering it must cost next to nothing. The project's own tests set
``shielded.reraise``, so that a fault inside the shield fails them.
"""
