"""What a client raised, as a span tells of it: its type, its text, the HTTP status in it."""

from __future__ import annotations

from .errors import shielded

_STATUS = ("status_code", "code")
"""Where SDKs' exceptions have the HTTP status."""


def error_type(error: BaseException) -> str:
    """The exception's name, with its package: ``openai.RateLimitError``, ``TimeoutError``."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def error_text(error: BaseException) -> str:
    """What the exception says of itself; nothing, where it fails to."""
    with shielded:
        return str(error)
    return ""


def http_status(error: BaseException) -> int | None:
    """The status that the exception has, as each SDK calls it, or its response does; None without one."""
    said = (getattr(error, name, None) for name in _STATUS)
    answered = getattr(getattr(error, "response", None), "status_code", None)
    # Some have 0 or -1 where there was no answer.
    return next((status for status in (*said, answered) if isinstance(status, int) and status > 0), None)
