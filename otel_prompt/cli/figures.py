"""How figures are written for people. What is not known is a dash, which is not zero."""

from __future__ import annotations

from datetime import datetime
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
    """``$0.0123``; amounts below a hundredth of a cent keep two digits: ``$0.0000052``."""
    if value is None:
        return UNKNOWN
    if value == 0 or value >= 0.0001:
        return f"${value:.4f}" if value < 1 else f"${value:.2f}"
    return f"${value:.{3 + next(n for n in range(1, 30) if value * 10 ** (n + 2) >= 1)}f}".rstrip("0")


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
