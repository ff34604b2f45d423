"""How a rendered text is known again in a request: by the object, by the text, by what contains it.

1. The text object itself: a ``str`` that remembers. It is plain text to everything else, and any operation on it
   (slice, join, f-string, JSON) gives plain text.
2. The very same text as one rendered recently: in this context first, then in this process.
3. A text that contains one of at least ``SHORTEST`` characters rendered in this context; where two overlap, the longer.

No match, no link: a wrong link is worse than none. While nothing has been rendered, nothing is looked at.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final

from ..invocation import Json, PromptIdentity

SHORTEST: Final = 24
WHOLE: Final = 8
"""The fewest characters of a whole text that is known by its words alone: people say "yes" for many reasons."""
REMEMBERED: Final = 16
KNOWN: Final = 512
SEARCHED: Final = 200_000
"""The most characters of one text that are searched for a rendered one."""


class Rendered(str):
    """A text that remembers which prompt made it. Pickled, copied or encoded, it is plain text."""

    __slots__ = ("_prompt",)
    _prompt: PromptIdentity

    def __reduce_ex__(self, protocol: Any) -> tuple[type[str], tuple[str]]:
        return str, (str.__str__(self),)

    def __copy__(self) -> str:
        return str.__str__(self)

    def __deepcopy__(self, memo: Any) -> str:
        return str.__str__(self)


_lock = Lock()
_known: OrderedDict[str, PromptIdentity] = OrderedDict()
_lengths: dict[int, int] = {}
_recent: ContextVar[tuple[tuple[str, PromptIdentity], ...]] = ContextVar("otel_prompt_rendered", default=())


def rendered(text: str, identity: PromptIdentity) -> Rendered:
    """The text as one that remembers ``identity``, and is remembered itself for a while."""
    found = Rendered(text)
    found._prompt = identity
    note(str.__str__(found), identity)
    return found


def note(text: str, identity: PromptIdentity) -> None:
    """Remember for a while, in this context and in this process, that a prompt gave a text."""
    _recent.set((*_recent.get()[1 - REMEMBERED :], (text, identity)))
    with _lock:
        if text in _known:
            _known.move_to_end(text)
        else:
            _lengths[len(text)] = _lengths.get(len(text), 0) + 1
        _known[text] = identity
        if len(_known) > KNOWN:
            old, _ = _known.popitem(last=False)
            _lengths[len(old)] -= 1
            if not _lengths[len(old)]:
                del _lengths[len(old)]


def recognised(body: Json) -> list[PromptIdentity]:
    """The prompts whose rendered texts stand in a request.

    The first is *the* prompt of the call: the one that fills the system message or, without one, the last message of
    the user. The others follow, those of later messages first.
    """
    if not _known:
        return []
    ranked: list[tuple[int, int, PromptIdentity]] = []
    for place, (rank, text) in enumerate(_texts(body)):
        for identity in _recognise(text):
            ranked.append((rank, -place, identity))
    if len(ranked) > 1:
        ranked.sort(key=lambda entry: entry[:2])
    found: dict[int, PromptIdentity] = {}
    for _, _, identity in ranked:
        found.setdefault(id(identity), identity)
    return list(found.values())


def _recognise(text: str) -> Sequence[PromptIdentity]:
    if type(text) is Rendered:
        return (text._prompt,)
    recent = _recent.get()
    # Hashing a long text costs; its length costs nothing and rules nearly all out.
    if len(text) in _lengths and len(text) >= WHOLE:
        for known, identity in reversed(recent):
            if known == text:
                return (identity,)
        if (identity := _known.get(text)) is not None:
            return (identity,)
    if not SHORTEST <= len(text) <= SEARCHED:
        return ()
    inside = [r for r in reversed(recent) if SHORTEST <= len(r[0]) < len(text) and r[0] in text]
    return _separate(text, inside) if len(inside) > 1 else [identity for _, identity in inside]


def _separate(text: str, inside: list[tuple[str, PromptIdentity]]) -> list[PromptIdentity]:
    """Those that stand in a text side by side: one within another's place is that other's."""
    taken: list[tuple[int, int, PromptIdentity]] = []
    for known, identity in sorted(inside, key=lambda r: -len(r[0])):
        start = text.find(known)
        while start >= 0 and any(start < end and begin < start + len(known) for begin, end, _ in taken):
            start = text.find(known, start + 1)
        if start >= 0:
            taken.append((start, start + len(known), identity))
    return [identity for _, _, identity in sorted(taken, key=lambda t: t[0])]


_SYSTEM, _LAST, _OTHER = 0, 1, 2
_LISTS: Final = ("messages", "input", "contents")
_INSIDE: Final = ("content", "text", "parts", "output")


def _texts(body: Json) -> Iterator[tuple[int, str]]:
    """The texts of a request with their rank, in the order of the conversation."""
    for name in ("system", "instructions"):
        for text in _strings(body.get(name), 0):
            yield _SYSTEM, text
    for text in _strings(body.get("prompt"), 0):
        yield _LAST, text
    for name in _LISTS:
        held = body.get(name)
        if isinstance(held, str):
            yield _LAST, held
        elif isinstance(held, (list, tuple)):
            yield from _of_messages(held)


def _of_messages(messages: Sequence[Any]) -> Iterator[tuple[int, str]]:
    roles = [m.get("role") if isinstance(m, dict) else "user" if isinstance(m, str) else None for m in messages]
    last = len(roles) - 1 - roles[::-1].index("user") if "user" in roles else -1
    for n, message in enumerate(messages):
        rank = _SYSTEM if roles[n] in ("system", "developer") else _LAST if n == last else _OTHER
        for text in _strings(message, 0):
            yield rank, text


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if depth < 6:
            for name in _INSIDE:
                if name in value:
                    yield from _strings(value[name], depth + 1)
    elif isinstance(value, (list, tuple)) and depth < 6:
        for item in value:
            yield from _strings(item, depth + 1)
