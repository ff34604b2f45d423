"""What the value of a setting may be, from code, a file or the environment; what it may not be is said in a few words.

Every function here raises ``ConfigurationError`` with what to say instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from .errors import ConfigurationError

_E = TypeVar("_E", bound=Enum)


class Capture(Enum):
    """Where the text of prompts and answers is recorded."""

    NO_CONTENT = "no_content"
    SPAN_ONLY = "span_only"
    EVENT_ONLY = "event_only"
    SPAN_AND_EVENT = "span_and_event"

    @property
    def on_spans(self) -> bool:
        """Whether spans carry content."""
        return self in (Capture.SPAN_ONLY, Capture.SPAN_AND_EVENT)

    @property
    def on_events(self) -> bool:
        """Whether events carry content."""
        return self in (Capture.EVENT_ONLY, Capture.SPAN_AND_EVENT)


class RunPer(Enum):
    """What one run of a tracker stands for."""

    VARIANT = "variant"
    CALL = "call"


class WandbMode(Enum):
    """How runs come to W&B."""

    ONLINE = "online"
    OFFLINE = "offline"
    DISABLED = "disabled"


def names(value: str | Iterable[str]) -> tuple[str, ...]:
    """Names by commas, or a list of them."""
    items = value.split(",") if isinstance(value, str) else list(value)
    return tuple(item.strip() for item in items if item.strip())


def exporters(value: str | Iterable[str]) -> tuple[str, ...]:
    """Names of exporters; the store has two, since ``OTEL_TRACES_EXPORTER`` names packages."""
    return tuple("store" if name == "otel_prompt" else name for name in names(value))


_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def flag(value: bool | str) -> bool:
    """Yes or no, as people and other tools write it."""
    if (word := str(value).strip().lower()) not in _FLAGS:
        raise ConfigurationError("say true or false")
    return _FLAGS[word]


def choice(kind: type[_E], value: _E | str) -> _E:
    """One of an enumeration's values."""
    if isinstance(value, kind):
        return value
    try:
        return kind(str(value).strip().lower())
    except ValueError:
        raise ConfigurationError(f"say one of {', '.join(str(k.value) for k in kind)}") from None


def capture(value: Capture | bool | str) -> Capture:
    """Where content is recorded: by name, or whether at all."""
    if isinstance(value, Capture):
        return value
    if str(value).strip().lower() in _FLAGS:
        return Capture.SPAN_ONLY if flag(value) else Capture.NO_CONTENT
    try:
        return choice(Capture, str(value))
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}, true, false") from None


def wandb_mode(value: WandbMode | str) -> WandbMode:
    """W&B's mode, also by the names that it had before."""
    older = {"dryrun": "offline", "run": "online", "shared": "online"}
    return choice(WandbMode, older.get(value.strip().lower(), value) if isinstance(value, str) else value)


def length(value: int | str) -> int:
    """A number of characters."""
    try:
        number = int(value)
    except (ValueError, OverflowError):
        number = 0
    if number < 100:
        raise ConfigurationError("say a number of characters, 100 or more")
    return number


def whole(value: int | str) -> int:
    """A whole number that is not negative."""
    try:
        number = int(value)
    except (ValueError, OverflowError):
        number = -1
    if number < 0:
        raise ConfigurationError("say a whole number, 0 or more")
    return number


def positive(value: float | str) -> float:
    """A number that is not negative."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise ConfigurationError("say a number, 0 or more")
    return number


def address(value: str) -> str:
    """The address of a web page, without the stroke at its end."""
    parts = urlsplit(str(value).strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError("say http://host or https://host")
    return parts.geturl().rstrip("/")


def path(value: str | Path) -> Path:
    """A path; ``~`` is the user's own folder."""
    if not isinstance(value, (str, Path)) or not str(value).strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError("say a path")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ConfigurationError("there is no such user, whose folder ~ would be") from None


def filters(value: Mapping[str, str]) -> dict[str, str]:
    """Which filter is whose: exporters' names, and filters as ``exporters.selection`` reads them."""
    if not isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - it is what a user wrote
        raise ConfigurationError("say which filter is whose: a table of exporters' names and filters")
    return {str(name).lower().replace("_", "-"): str(text) for name, text in value.items()}
