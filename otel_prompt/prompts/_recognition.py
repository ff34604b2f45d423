"""How a rendered text is known again in a request: by the object, by the text, by what contains it.

1. The text object itself: a ``str`` that remembers. It is plain text to everything else, and any operation on it
   (slice, join, f-string, JSON) gives plain text.
2. The very same text as one rendered recently, white space around it aside: in this context first, then in this
   process.
3. A text that contains one of at least 24 characters rendered in this context; where two overlap, the longer.

No match, no link: a wrong link is worse than none. So a text that two prompts gave is neither's, unless the white space
around it tells them apart; and one that is all variables, as ``{{question}}`` gives it, is known by the object alone:
its words are somebody's, who may say them elsewhere. While nothing has been rendered, nothing is looked at.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, TypeAlias

from ..invocation import Json, PromptIdentity
from ._containment import LOOKS, NOTHING, SEARCHED, Margins, Recent, inside, same
from ._own_words import WHOLE, has_own_words
from .in_yaml import teach_yaml

KNOWN: Final = 512
"""How many texts a process remembers, and how many characters of them in all."""
KNOWN_CHARACTERS: Final = 4_000_000
LONG: Final = 256
"""A text of more characters is remembered by some of them: to hash a long one takes longer than all the rest."""
FIRST: Final = 2
LATEST: Final = 4
"""Of a long conversation, so many messages of its beginning and of its end are looked at."""


class Rendered(str):
    """A text that remembers which prompt made it. Pickled, copied or encoded, it is plain text."""

    # Pydantic takes an object of any other module than Python's own for what a model may be read from: a field that is
    # a model or a text, as Google's SDK has them, would be given an empty model in place of the text.
    __module__ = "builtins"
    __slots__ = ("_prompt",)
    _prompt: PromptIdentity

    def __reduce_ex__(self, protocol: Any) -> tuple[type[str], tuple[str]]:
        return str, (str.__str__(self),)

    def __copy__(self) -> str:
        return str.__str__(self)

    def __deepcopy__(self, memo: Any) -> str:
        return str.__str__(self)


_lock = Lock()
_Key: TypeAlias = str | tuple[int, str, str, str]
_Renders: TypeAlias = tuple[tuple[Margins, PromptIdentity], ...]
"""Which prompts gave a text, the latest last."""
_MOST_PROMPTS: Final = 4
"""Of so many prompts one text is remembered; two are enough to know that it is ambiguous."""
_known: OrderedDict[_Key, tuple[str, _Renders]] = OrderedDict()
_lengths: dict[int, int] = {}
_characters = 0
_recent: ContextVar[Recent] = ContextVar("otel_prompt_rendered", default=NOTHING)


def _after_fork() -> None:
    """Another thread of the parent may hold the lock."""
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def rendered(text: str, identity: PromptIdentity) -> Rendered:
    """The text as one that remembers ``identity``, and is remembered itself for a while."""
    teach_yaml(Rendered)
    found = Rendered(text)
    found._prompt = identity
    note(str.__str__(found), identity)
    return found


def note(text: str, identity: PromptIdentity) -> None:
    """Remember for a while, in this context and in this process, that a prompt gave a text."""
    global _characters
    # Libraries take off the white space around a text.
    core = text.strip()
    own = has_own_words(core, identity)
    if not own:
        core = text = ""  # which stands for: something was rendered
    margins = _margins(text, core)
    if own and len(core) <= SEARCHED:
        _recent.set(_recent.get().and_(core, identity, margins))
    key = _key(core)
    with _lock:
        if not _known:
            _characters = 0
        if key not in _known:
            _lengths[len(core)] = _lengths.get(len(core), 0) + 1
            _characters += len(core)
        before = _known.get(key, (core, ()))
        others = [r for r in before[1] if before[0] == core and (r[0] != margins or not same(r[1], identity))]
        _known[key] = (core, (*others[1 - _MOST_PROMPTS :], (margins, identity)))
        _known.move_to_end(key)
        while len(_known) > KNOWN or (_characters > KNOWN_CHARACTERS and len(_known) > 1):
            _, (old, _) = _known.popitem(last=False)
            _characters -= len(old)
            _lengths[len(old)] -= 1
            if not _lengths[len(old)]:
                del _lengths[len(old)]


def _margins(text: str, core: str) -> Margins:
    start = len(text) - len(text.lstrip())
    return text[:start], text[start + len(core) :]


def _key(core: str) -> _Key:
    length = len(core)
    if length <= LONG:
        return core
    middle = length // 2
    return length, core[:64], core[middle : middle + 64], core[-64:]


def recognised(body: Json) -> list[PromptIdentity]:
    """The prompts whose rendered texts stand in a request.

    The first is *the* prompt of the call: the one that fills the system message or, without one, the last message of
    the user. The others follow, those of later messages first.
    """
    if not _known:
        return []
    recent = _recent.get()
    ranked: list[tuple[int, int, PromptIdentity]] = []
    left: list[tuple[int, str]] = []
    place, looks = 0, LOOKS
    for rank, text in texts(body):
        place -= 1
        if type(text) is Rendered:
            ranked.append((rank, place, text._prompt))
            continue
        core = text if text and " " < text[0] < "\x7f" and " " < text[-1] < "\x7f" else _stripped(text)
        length = len(core)
        # Its length costs nothing and rules nearly all out.
        if length in _lengths and length >= WHOLE and (identity := _exactly(text, core, recent)) is not None:
            ranked.append((rank, place, identity))
        elif recent.shortest < length <= SEARCHED:
            if rank == OTHER:
                left.append((place, core))
            else:
                found, looks = inside(core, recent, looks)
                ranked += [(rank, place, identity) for identity in found]
    # The latest first, for as long as it is cheap: a prompt in an earlier message was on an earlier span already.
    while left and looks > 2:
        place, core = left.pop()
        found, looks = inside(core, recent, looks - 2)
        ranked += [(OTHER, place, identity) for identity in found]
    if len(ranked) > 1:
        ranked.sort(key=lambda entry: entry[:2])
        return list({id(identity): identity for _, _, identity in ranked}.values())
    return [identity for _, _, identity in ranked]


def _stripped(text: str) -> str:
    """A text without white space around it; a long one only if one of that length is known: to strip it copies it."""
    if len(text) > LONG and len(text) - 128 + len(text[:64].lstrip()) + len(text[-64:].rstrip()) not in _lengths:
        return text
    return text.strip()


def _exactly(text: str, core: str, recent: Recent) -> PromptIdentity | None:
    """The prompt of a whole text; None if there is none, or several."""
    found = tuple((entry[4], entry[1]) for entry in recent.entries if entry[0] == core)
    if not found:
        held = _known.get(_key(core))
        if held is None or held[0] != core:
            return None
        found = held[1]
        _use(core)
    margins = _margins(text, core)
    alike = [identity for around, identity in found if around == margins] or [identity for _, identity in found]
    return alike[-1] if all(same(identity, alike[-1]) for identity in alike) else None


def _use(core: str) -> None:
    """A text that is in use stays known, however many others are rendered after it."""
    key = _key(core)
    with _lock:
        if key in _known:
            _known.move_to_end(key)


SYSTEM, LAST, OTHER = 0, 1, 2
_SYSTEM_ROLES: Final = ("system", "developer")
_RANKS: Final = (
    ("system", SYSTEM),
    ("instructions", SYSTEM),
    ("preamble", SYSTEM),
    ("systemInstruction", SYSTEM),
    ("system_instruction", SYSTEM),
    ("prompt", LAST),
    ("inputText", LAST),
    ("message", LAST),
)
"""The fields of a request that stand beside the messages, and the rank of their texts."""
_ALONE: Final = frozenset(name for name, _ in _RANKS)
_LISTS: Final = ("messages", "input", "contents")
_INSIDE: Final = ("content", "text", "parts", "output")


def texts(body: Json) -> list[tuple[int, str]]:
    """The texts of a request in the order of the conversation, each with its rank: ``SYSTEM``, ``LAST``, ``OTHER``."""
    found: list[tuple[int, str]] = []
    if not _ALONE.isdisjoint(body):
        for name, rank in _RANKS:
            if (held := body.get(name)) is not None:
                _add(found, rank, held, 0)
    for name in _LISTS:
        held = body.get(name)
        if isinstance(held, str):
            found.append((LAST, held))
        elif isinstance(held, (list, tuple)):
            _add_messages(found, held)
    return found


def _add_messages(found: list[tuple[int, str]], messages: Sequence[Any]) -> None:
    count = last = len(messages)
    while last:
        last -= 1
        message = messages[last]
        if isinstance(message, str) or (isinstance(message, dict) and message.get("role") == "user"):
            break
    looked_at: Iterable[int] = range(count)
    if count > FIRST + LATEST:
        between = (last,) if FIRST <= last < count - LATEST else ()
        looked_at = (*range(FIRST), *between, *range(count - LATEST, count))
    for n in looked_at:
        message = messages[n]
        rank = LAST if n == last else OTHER
        if isinstance(message, dict):
            if rank == OTHER and message.get("role") in _SYSTEM_ROLES:
                rank = SYSTEM
            if isinstance(content := message.get("content"), str):
                found.append((rank, content))
                continue
        _add(found, rank, message, 0)


def _add(found: list[tuple[int, str]], rank: int, value: Any, depth: int) -> None:
    if isinstance(value, str):
        found.append((rank, value))
    elif depth < 6:
        if isinstance(value, dict):
            for name in _INSIDE:
                if name in value:
                    _add(found, rank, value[name], depth + 1)
        elif isinstance(value, (list, tuple)):
            for item in value:
                _add(found, rank, item, depth + 1)
