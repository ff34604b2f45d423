"""How a rendered text is known again in a request: by the object, by the text, by what contains it.

1. The text object itself: a ``str`` that remembers. It is plain text to everything else, and any operation on it
   (slice, join, f-string, JSON) gives plain text.
2. The very same text as one rendered recently, white space around it aside: in this context first, then in this
   process.
3. A text that contains one of at least ``SHORTEST`` characters rendered in this context; where two overlap, the longer.

No match, no link: a wrong link is worse than none. So a text that two prompts gave is neither's, unless the white space
around it tells them apart; and one that is all variables, as ``{{question}}`` gives it, is known by the object alone:
its words are somebody's, who may say them elsewhere. While nothing has been rendered, nothing is looked at.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, TypeAlias

from ..invocation import Json, PromptIdentity
from .in_yaml import teach_yaml

SHORTEST: Final = 24
WHOLE: Final = 8
"""The fewest characters of a whole text that is known by its words alone: people say "yes" for many reasons. As many of
them are the template's own."""
REMEMBERED: Final = 16
"""How many texts a context remembers."""
KNOWN: Final = 512
"""How many texts a process remembers, and how many characters of them in all."""
KNOWN_CHARACTERS: Final = 4_000_000
SEARCHED: Final = 200_000
"""The most characters of one text that are searched for a rendered one."""
HISTORY: Final = 16_000
"""The most characters of earlier messages that are searched, for all rendered texts together."""
FIRST: Final = 4
LATEST: Final = 16
"""Of a long conversation, so many messages of its beginning and of its end are looked at."""


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


_Margins: TypeAlias = tuple[str, str]
"""The white space before and after a text."""
_Renders: TypeAlias = tuple[tuple[_Margins, PromptIdentity], ...]
"""Which prompts gave a text, the latest last."""

_lock = Lock()
_known: OrderedDict[str, _Renders] = OrderedDict()
_lengths: dict[int, int] = {}
_characters = 0
_Recent: TypeAlias = tuple[tuple[str, PromptIdentity, int, _Margins], ...]
"""Texts with their prompts, how long a text must be to contain them, and what was around them."""
_MOST_PROMPTS: Final = 4
"""Of so many prompts one text is remembered; two are enough to know that it is ambiguous."""
_recent: ContextVar[_Recent] = ContextVar("otel_prompt_rendered", default=())


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
    own = _has_words_of_its_own(core, identity)
    if not own:
        core = text = ""  # which stands for: something was rendered
    margins = _margins(text, core)
    if own and len(core) <= SEARCHED:
        others = [r for r in _recent.get() if r[0] != core or r[3] != margins or not _same(r[1], identity)]
        within = len(core) if len(core) >= SHORTEST else SEARCHED
        _recent.set((*others[1 - REMEMBERED :], (core, identity, within, margins)))
    with _lock:
        if not _known:
            _characters = 0
        if core not in _known:
            _lengths[len(core)] = _lengths.get(len(core), 0) + 1
            _characters += len(core)
        others = [r for r in _known.get(core, ()) if r[0] != margins or not _same(r[1], identity)]
        _known[core] = (*others[1 - _MOST_PROMPTS :], (margins, identity))
        _known.move_to_end(core)
        while len(_known) > KNOWN or (_characters > KNOWN_CHARACTERS and len(_known) > 1):
            old, _ = _known.popitem(last=False)
            _characters -= len(old)
            _lengths[len(old)] -= 1
            if not _lengths[len(old)]:
                del _lengths[len(old)]


def _margins(text: str, core: str) -> _Margins:
    start = len(text) - len(text.lstrip())
    return text[:start], text[start + len(core) :]


def _same(one: PromptIdentity, other: PromptIdentity) -> bool:
    return one is other or (one.name, one.version, one.template_hash) == (
        other.name,
        other.version,
        other.template_hash,
    )


def _has_words_of_its_own(core: str, identity: PromptIdentity) -> bool:
    """Whether enough of a text is the template's, or there is nothing else in it."""
    values = sorted(map(str.strip, identity.variables.values()), key=len, reverse=True)
    few = 0
    for value in values:
        if len(value) < 4:  # these letters stand anywhere
            few += len(value)
        else:
            core = core.replace(value, "")
    return not any(values) or len("".join(core.split())) - few >= WHOLE


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
    for place, (rank, text) in enumerate(texts(body)):
        if type(text) is Rendered:
            ranked.append((rank, -place, text._prompt))
            continue
        core = text.strip()
        length = len(core)
        # Hashing a long text costs; its length costs nothing and rules nearly all out.
        if length in _lengths and length >= WHOLE and (identity := _exactly(text, core, recent)) is not None:
            ranked.append((rank, -place, identity))
        elif recent and SHORTEST < length <= SEARCHED:
            if rank == OTHER:
                left.append((place, core))
            else:
                ranked += [(rank, -place, identity) for identity in _inside(core, recent)]
    if left:
        ranked += [(OTHER, -place, identity) for place, identity in _in_history(left, recent)]
    if len(ranked) > 1:
        ranked.sort(key=lambda entry: entry[:2])
        return list({id(identity): identity for _, _, identity in ranked}.values())
    return [identity for _, _, identity in ranked]


def _exactly(text: str, core: str, recent: _Recent) -> PromptIdentity | None:
    """The prompt of a whole text; None if there is none, or several."""
    found = tuple((margins, identity) for known, identity, _, margins in recent if known == core)
    if not found:
        found = _known.get(core, ())
        if not found:
            return None
        _use(core)
    margins = _margins(text, core)
    alike = [identity for around, identity in found if around == margins] or [identity for _, identity in found]
    return alike[-1] if all(_same(identity, alike[-1]) for identity in alike) else None


def _inside(core: str, recent: _Recent) -> list[PromptIdentity]:
    """The prompts of the texts within a text."""
    length = len(core)
    found = [r for r in recent if r[2] < length and r[0] in core]
    return _separate(core, found) if len(found) > 1 else [r[1] for r in found]


def _in_history(left: list[tuple[int, str]], recent: _Recent) -> Iterator[tuple[int, PromptIdentity]]:
    """The prompts within earlier messages, from the latest back for as long as it is cheap.

    A prompt in an earlier message was on the span of an earlier call already.
    """
    budget = HISTORY // len(recent)
    for place, core in reversed(left):
        budget -= len(core)
        if budget < 0:
            return
        for identity in _inside(core, recent):
            yield place, identity


def _use(core: str) -> None:
    """A text that is in use stays known, however many others are rendered after it."""
    with _lock:
        if core in _known:
            _known.move_to_end(core)


def _separate(text: str, inside: Sequence[tuple[str, PromptIdentity, int, _Margins]]) -> list[PromptIdentity]:
    """Those that stand in a text side by side: one within another's place is that other's. Of two prompts: neither."""
    taken: list[tuple[int, int, PromptIdentity | None]] = []
    prompts: dict[str, PromptIdentity | None] = {}
    for known, identity, *_ in inside:
        other = prompts.setdefault(known, identity)
        prompts[known] = identity if other is not None and _same(other, identity) else None
    for known, identity in sorted(prompts.items(), key=lambda r: -len(r[0])):
        start = text.find(known)
        while start >= 0 and any(start < end and begin < start + len(known) for begin, end, _ in taken):
            start = text.find(known, start + 1)
        if start >= 0:
            taken.append((start, start + len(known), identity))
    return [identity for _, _, identity in sorted(taken, key=lambda t: t[0]) if identity is not None]


SYSTEM, LAST, OTHER = 0, 1, 2
_SYSTEM_ROLES: Final = ("system", "developer")
_LISTS: Final = ("messages", "input", "contents")
_INSIDE: Final = ("content", "text", "parts", "output")


def texts(body: Json) -> list[tuple[int, str]]:
    """The texts of a request in the order of the conversation, each with its rank: ``SYSTEM``, ``LAST``, ``OTHER``."""
    found: list[tuple[int, str]] = []
    for name, rank in (("system", SYSTEM), ("instructions", SYSTEM), ("prompt", LAST)):
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
    last = len(messages)
    for message in reversed(messages):
        last -= 1
        if isinstance(message, str) or (isinstance(message, dict) and message.get("role") == "user"):
            break
    for n, message in enumerate(messages):
        if FIRST <= n < len(messages) - LATEST and n != last:
            continue
        rank = LAST if n == last else OTHER
        if isinstance(message, dict):
            if message.get("role") in _SYSTEM_ROLES:
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
