"""How a tool that has scores of its own is told of judgements: which requests, and what its answer means. Data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final, TypeAlias

from ..invocation import Json
from ..score import Score

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Told:
    """One request.

    Attributes:
        method: of HTTP.
        path: what comes after the tool's address.
        body: its JSON.
        instead: the request to make where the tool has the judgement already, which is status 409.
    """

    method: str
    path: str
    body: Any
    instead: Told | None = None


Ask: TypeAlias = Callable[[str, Mapping[str, str]], Any]
"""Ask a tool for a path with a query: its JSON; None where it does not say."""


def _nothing(_: Ask, __: Mapping[str, str]) -> dict[str, str]:
    return {}


def _none(_: Any, __: Sequence[Score]) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class ScoreApi:
    """One tool's interface.

    Attributes:
        title: the tool's name, in a sentence.
        keys: the variables that hold its key.
        tell: the requests that say some judgements, with what was learnt. Said again, they change nothing.
        together: one request tells of many traces.
        knows_spans: it refuses, with 404, to judge a span that it has not got.
        learn: what the requests need to know of the tool, from the headers that it is sent or from itself; asked
            again before each delivery until it says something.
        refused: why some traces' judgements were not taken, by trace id, where an answer says so of each.
    """

    title: str
    keys: str
    tell: Callable[[Sequence[Score], Mapping[str, str]], Iterator[Told]]
    together: bool = True
    knows_spans: bool = True
    learn: Callable[[Ask, Mapping[str, str]], dict[str, str]] = _nothing
    refused: Callable[[Any, Sequence[Score]], dict[str, str]] = _none


def moment(nanoseconds: int) -> str:
    """A time since the epoch as ISO 8601 has it."""
    return (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat().replace("+00:00", "Z")


def source(score: Score) -> Json:
    """Who judges, and what else is known of a judgement, for where a tool has no field for it."""
    return {**score.metadata, "source": score.source.value, **({"judge": score.judge} if score.judge else {})}
