"""Which traces a destination gets: by prompt, tag and kind, and what share of them.

A trace goes out whole or not at all, since a part of it is of little use. What it is about is often known late (a
request's span begins before the call to a model in it, but ends after it), so the spans of a trace that does not fit as
yet are held until one of them makes it fit, or its root ends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import Final, Generic, TypeVar

from .. import semconv
from ..dialects._base import is_about_models, tags
from ..errors import ConfigurationError
from ..span_record import SpanRecord

_T = TypeVar("_T")

MODEL: Final = "model"
ALL: Final = "all"
_TERMS: Final = ("prompt", "tag", "kind", "ratio")
_HELD: Final = 5_000
"""The most spans that wait for their trace to fit; then the oldest trace is given up."""

_TRACES: Final = 10_000
"""How many traces that fit are remembered."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a trace must have to go out: for each term, a span that fits one of its words. ``*`` stands for anything.

    Attributes:
        prompt: names of prompts.
        tag: labels.
        kind: ``model`` (a span that has to do with models), ``all``, or operations such as ``chat``.
        ratio: the share of traces; the same traces at every destination and in every process.
    """

    prompt: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    kind: tuple[str, ...] = (ALL,)
    ratio: float = 1.0

    def fits(self, record: SpanRecord) -> set[str]:
        """The terms that a span satisfies."""
        found: set[str] = set()
        if _like([str(record.attributes.get(semconv.PROMPT_NAME, ""))], self.prompt):
            found.add("prompt")
        if _like(tags(record), self.tag):
            found.add("tag")
        if (MODEL in self.kind and is_about_models(record)) or _like([record.operation or ""], self.kind):
            found.add("kind")
        return found

    def takes(self, spans: Iterable[SpanRecord]) -> bool:
        """Whether a trace is to go out, as far as these are its spans."""
        terms = self.terms
        return not terms or terms <= {term for record in spans for term in self.fits(record)}

    @property
    def terms(self) -> set[str]:
        """The terms that must be satisfied."""
        asked = {"prompt": self.prompt, "tag": self.tag, "kind": () if ALL in self.kind else self.kind}
        return {term for term, words in asked.items() if words}

    def samples(self, trace_id: str) -> bool:
        """Whether a trace is of the share, as OpenTelemetry's ``TraceIdRatioBased`` says it."""
        return self.ratio >= 1 or int(trace_id[16:], 16) < int(self.ratio * 2**64)


def parse(text: str, default: Filter) -> Filter:
    """A filter as it is written: ``prompt=summarize*|tone,tag=canary,kind=chat,ratio=0.1``.

    Raises:
        ConfigurationError: it cannot be.
    """
    found: dict[str, str] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        term, mark, value = (piece.strip() for piece in part.partition("="))
        if term not in _TERMS or not mark or not value:
            raise ConfigurationError(
                f"{part!r} is no term; say prompt=, tag=, kind= or ratio=, with commas between them"
            )
        found[term] = value
    words = {term: tuple(word.strip() for word in value.split("|")) for term, value in found.items()}
    return Filter(
        words.get("prompt", default.prompt),
        words.get("tag", default.tag),
        words.get("kind", default.kind),
        _share(found["ratio"]) if "ratio" in found else default.ratio,
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigurationError(f"ratio={text} is no share; say a number from 0 to 1")
    return share


def _like(values: Sequence[str], words: Sequence[str]) -> bool:
    return any(fnmatchcase(value, word) for value in values if value for word in words)


class Selection(Generic[_T]):
    """A filter at work on the spans of a process."""

    def __init__(self, wanted: Filter) -> None:
        self._filter = wanted
        self._terms = wanted.terms
        self._going: OrderedDict[str, None] = OrderedDict()
        self._waiting: OrderedDict[str, tuple[set[str], list[_T]]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def select(self, spans: Sequence[tuple[SpanRecord, _T]]) -> list[_T]:
        """What is to go out now: of these spans, and of those that were held."""
        sampled = [(record, item) for record, item in spans if self._filter.samples(record.trace_id)]
        if not self._terms:
            return [item for _, item in sampled]
        with self._lock:
            for record, item in sampled:
                self._add(record, item)
            found = self._released(dict.fromkeys(record.trace_id for record, _ in sampled))
            for record, _ in sampled:
                if record.parent_id is None or record.remote_parent:
                    self._give_up(record.trace_id)
            while self._held > _HELD:
                self._give_up(next(iter(self._waiting)))
        return found

    def _add(self, record: SpanRecord, item: _T) -> None:
        satisfied, items = self._waiting.setdefault(record.trace_id, (set(), []))
        satisfied |= self._filter.fits(record)
        items.append(item)
        self._held += 1

    def _released(self, touched: Iterable[str]) -> list[_T]:
        found: list[_T] = []
        for trace_id in touched:
            if trace_id in self._going or self._waiting[trace_id][0] >= self._terms:
                self._going[trace_id] = None
                self._going.move_to_end(trace_id)
                found += self._give_up(trace_id)
        while len(self._going) > _TRACES:
            self._going.popitem(last=False)
        return found

    def _give_up(self, trace_id: str) -> list[_T]:
        _, items = self._waiting.pop(trace_id, (set(), []))
        self._held -= len(items)
        return items
