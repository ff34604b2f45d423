"""Times as people say them on a command line: ``90s``, ``30m``, ``1h``, ``2d``, ``1w`` ago, or an ISO date."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ..errors import ConfigurationError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def nanoseconds(said: str | None, now: datetime | None = None) -> int | None:
    """The moment that was said, in nanoseconds since the epoch; a time without a zone is local.

    Raises:
        ConfigurationError: it is no time.
    """
    if said is None:
        return None
    try:
        if (ago := _AGO.fullmatch(said.strip().lower())) is not None:
            then = (now or datetime.now().astimezone()) - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
        else:
            then = datetime.fromisoformat(said.strip().replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{said!r} is no time: say 30m, 1h, 2d, 2026-03-01 or 2026-03-01T14:00") from None
    return int(then.timestamp() * 1e9)
