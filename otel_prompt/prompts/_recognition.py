"""How a rendered text is known again in a request: by the object, by the text, by what contains it.

1. The text object itself: a ``str`` that remembers. It is plain text to everything else, and any operation on it
   (slice, join, f-string, JSON) gives plain text.
2. The very same text as one rendered recently in this process.
3. A text that contains one rendered in this context, of at least ``SHORTEST`` characters; the longest wins.

No match, no link: a wrong link is worse than none. While nothing has been rendered, nothing is looked at.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
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
    found._prompt = identity  # pyright: ignore[reportPrivateUsage]
    plain = str.__str__(found)
    _recent.set((*_recent.get()[1 - REMEMBERED :], (plain, identity)))
    with _lock:
        if plain in _known:
            _known.move_to_end(plain)
        else:
            _lengths[len(plain)] = _lengths.get(len(plain), 0) + 1
        _known[plain] = identity
        if len(_known) > KNOWN:
            old, _ = _known.popitem(last=False)
            _lengths[len(old)] -= 1
            if not _lengths[len(old)]:
                del _lengths[len(old)]
    return found


def recognised(body: Json) -> list[PromptIdentity]:
    """The prompts whose rendered text stands in a request, the one that fills the last message first."""
    if not _known:
        return []
    found: dict[int, PromptIdentity] = {}
    for text in _texts(body, 0):
        if (identity := _recognise(text)) is not None:
            found.pop(id(identity), None)
            found[id(identity)] = identity
    return list(found.values())[::-1]


def _recognise(text: str) -> PromptIdentity | None:
    if type(text) is Rendered:
        return text._prompt  # pyright: ignore[reportPrivateUsage]
    recent = _recent.get()
    # Hashing a long text costs; its length costs nothing and rules nearly all out.
    if len(text) in _lengths and len(text) >= WHOLE:
        for known, identity in reversed(recent):
            if known == text:
                return identity
        if (identity := _known.get(text)) is not None:
            return identity
    if not SHORTEST <= len(text) <= SEARCHED:
        return None
    inside = [r for r in recent if SHORTEST <= len(r[0]) < len(text) and r[0] in text]
    return max(inside, key=lambda r: len(r[0]))[1] if inside else None


_HOLDERS: Final = ("system", "instructions", "prompt", "messages", "input", "contents", "content", "text")


def _texts(value: Any, depth: int) -> Iterator[str]:
    """The texts of a request that a person or a program wrote, in the order of the conversation."""
    if isinstance(value, str):
        yield value
    elif depth < 8:
        items: Iterable[Any] = ()
        if isinstance(value, dict):
            items = (value[name] for name in _HOLDERS if name in value)  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(value, (list, tuple)):
            items = value  # pyright: ignore[reportUnknownVariableType]
        for item in items:
            yield from _texts(item, depth + 1)
