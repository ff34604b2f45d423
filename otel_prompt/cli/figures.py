"""How figures are written for people. What is not known is a dash, which is not zero."""

from __future__ import annotations

from datetime import datetime
from math import floor, log10
from typing import Any, Final

UNKNOWN: Final = "-"


def seconds(value: float | None) -> str:
    """``0.42s``, ``12.3s``, ``2m05s``."""
    if value is None:
        return UNKNOWN
    if value < 9.995:
        return f"{value:.2f}s"
    if value < 99.95:
        return f"{value:.1f}s"
    return f"{int(value // 60)}m{int(value % 60):02d}s"


def dollars(value: float | None) -> str:
    """``$12.30``, ``$0.0123``, ``$0.000012``: at least two digits that are not leading zeros."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 1:
        return f"${value:.2f}"
    places = 4 if value == 0 else max(4, 1 - floor(log10(abs(value))))
    whole, _, fraction = f"{value:.{places}f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<4}"


def tokens(given: int | None, made: int | None) -> str:
    """``in/out``; a dash where the service did not say."""
    if given is None and made is None:
        return UNKNOWN
    return f"{UNKNOWN if given is None else given}/{UNKNOWN if made is None else made}"


def plain(value: Any) -> str:
    """A value as it is; a number without needless digits."""
    if value is None:
        return UNKNOWN
    return f"{value:g}" if isinstance(value, float) else str(value)


def moment(nanoseconds: int, now: datetime | None = None) -> str:
    """A time of today by the clock, an earlier one by its date: eight characters, ten for another year."""
    then, now = datetime.fromtimestamp(nanoseconds / 1e9), now or datetime.now()  # noqa: DTZ005, DTZ006 - local time
    if then.date() == now.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%d %b}" if then.year == now.year else f"{then:%Y-%m-%d}"


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
