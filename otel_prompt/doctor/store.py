"""The local store: whether it can be written, what is in it, and what still waits there."""

from __future__ import annotations

from datetime import datetime

from ..config import Settings
from ..errors import StoreError
from ..exporters.store import Store
from ..wording import counted
from .findings import Finding, Level
from .folders import unwritable

_AREA = "destinations"
_ADVICE = "make it writable, or name another file in OTEL_PROMPT_STORE"


def examine(settings: Settings) -> Finding:
    """The finding about the store. A store that is not there yet is not made."""
    it = Store(settings.store)
    path = it.path
    subject = f"store {path}"
    if not path.exists():
        if (folder := unwritable(path.parent)) is not None:
            return Finding(_AREA, Level.PROBLEM, subject, f"cannot be made: {folder} is not writable", _ADVICE)
        return Finding(_AREA, Level.OK, subject, "is made with the first span; nothing is recorded yet")
    try:
        it.check_writable()
        newest = it.spans(limit=1)
        count = it.count()
        waiting = it.outbox.waiting()
    except StoreError as error:
        return Finding(_AREA, Level.PROBLEM, "store", str(error), _ADVICE)
    finally:
        it.close()
    if not newest:
        return Finding(_AREA, Level.OK, subject, "can be written; nothing is recorded yet")
    last = datetime.fromtimestamp(newest[0].start / 1e9).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006 - local time
    text = f"can be written; {counted(count, 'span')}, the last of {last}"
    behind = ", ".join(f"{n} for {name}" for name, n in waiting.items())
    if behind:
        advice = "they go out with the application's next calls, or now: otel-prompt sync"
        return Finding(_AREA, Level.NOTE, subject, f"{text}; traces still to be delivered: {behind}", advice)
    return Finding(_AREA, Level.OK, subject, text)
