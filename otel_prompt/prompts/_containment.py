"""Which of the texts rendered in a context stand inside another text, at a cost that hardly grows with its length.

To look for a text takes a microsecond for a few thousand characters; to look for one character takes that for a hundred
thousand. So of each rendered text a character is kept that is rare in most texts, and the few that follow it. A text is
looked through for the rare characters alone, from both of its ends, and compared only where one stands.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from ..invocation import PromptIdentity

SHORTEST: Final = 24
"""The fewest characters that are known inside another text."""
REMEMBERED: Final = 16
"""How many texts a context remembers."""
SEARCHED: Final = 200_000
"""The most characters of one text that are searched for a rendered one."""
LOOKS: Final = 7
"""What the search of one request may cost, in looks for one character, of 0.1 to 0.3 us each."""

_KEY: Final = 8
_REACH: Final = 32
"""The rare character stands among so many first ones: what a template begins with, all its texts have in common."""
_SHORT: Final = 400
"""So many characters are searched for every rendered text, whatever has been spent."""
_EXACT: Final = 3_000
"""Within so many a text is looked for as a whole where its rare character stands at more places than are looked at."""
_COMPARED: Final = 400
_PASSED: Final = 16_000
"""How many characters are compared, and passed over, in the time of one look."""
_RARE: Final = "~^|`\\@$%&+<>[]{}=_*#ZQXJKVYUG;!?/zqWNOERLHDFBPMSCATI98765430xj\"21()k:-v'b\n,pwgfymc.duhlrsnioate "
"""Characters, those first that are the fewest in prose, documents and code alike."""
_RANKS: Final = {ord(character): chr(rank) for rank, character in enumerate(_RARE, 1)}

Margins: TypeAlias = tuple[str, str]
"""The white space before and after a text."""
Entry: TypeAlias = tuple[str, PromptIdentity, str, int, Margins]
"""A text, its prompt, the characters it is looked for by (none if it is not), where they stand, what was around it."""


class Recent:
    """The texts rendered last in a context. It never changes, so that contexts can share it.

    Args:
        entries: the texts, the newest last.
    """

    __slots__ = ("by_key", "entries", "rare", "shortest")

    def __init__(self, entries: tuple[Entry, ...] = ()) -> None:
        self.entries = entries
        self.by_key: dict[str, list[Entry]] = {}
        self.rare: dict[str, list[str]] = {}
        self.shortest = min([len(entry[0]) for entry in entries if entry[2]], default=SEARCHED)
        for entry in reversed(entries):
            if key := entry[2]:
                if key in self.by_key:
                    self.by_key[key].append(entry)
                else:
                    self.by_key[key] = [entry]
                    self.rare.setdefault(key[0], []).append(key)

    def and_(self, text: str, identity: PromptIdentity, margins: Margins = ("", "")) -> Recent:
        """These and one more, as many as are remembered."""
        others = [e for e in self.entries if e[0] != text or e[4] != margins or not same(e[1], identity)]
        at = _mark(text)
        key = text[at : at + _KEY] if SHORTEST <= len(text) <= SEARCHED else ""
        return Recent((*others[1 - REMEMBERED :], (text, identity, key, at, margins)))


NOTHING: Final = Recent()


def same(one: PromptIdentity, other: PromptIdentity) -> bool:
    """Whether two are of one prompt, in one version."""
    return one is other or (one.name, one.version, one.template_hash) == (
        other.name,
        other.version,
        other.template_hash,
    )


def inside(text: str, recent: Recent, looks: int = LOOKS) -> tuple[list[PromptIdentity], int]:
    """The prompts of the rendered texts within a longer text, in the order in which they stand there.

    Args:
        text: the longer text.
        recent: the texts that are looked for, the newest first.
        looks: what it may cost.

    Returns:
        The prompts, and the looks that are left.
    """
    found: list[Entry] = []
    by_key, length = recent.by_key, len(text)
    share = max(2, looks // (2 * len(recent.rare)))
    for character, keys in recent.rare.items():
        if looks <= 0 and length > _SHORT:
            break
        looks -= 1
        # From the beginning and from the end by turns: what is put around a rendered text is seldom long on both sides.
        front, back = -1, length
        for look in range(share):
            if look & 1:
                at = back = text.rfind(character, front + 1, back)
            else:
                at = front = text.find(character, front + 1, back)
            if at < 0:
                looks -= 1 + length // _PASSED
                break
            looks -= 2
            if (entries := by_key.get(text[at : at + _KEY])) is not None:
                found += [entry for entry in entries if _stands(text, entry, at)]
        else:
            if length <= _SHORT or (length <= _EXACT and looks > 0):
                looks -= len(keys) * (1 + length // _COMPARED)
                found += [entry for key in keys if key in text for entry in by_key[key] if entry[0] in text]
    if found:
        found += _around(text, found, recent)
    if len(found) > 1:
        return _separate(text, found), looks
    return [found[0][1]] if found else [], looks


def _around(text: str, found: list[Entry], recent: Recent) -> list[Entry]:
    """The texts of other prompts that stand in a text and hold one that was found, and that no look has met."""
    return [
        entry
        for entry in recent.entries
        if any(
            len(inner[0]) < len(entry[0]) <= len(text) and not same(inner[1], entry[1]) and inner[0] in entry[0]
            for inner in found
        )
        and entry not in found
        and entry[0] in text
    ]


def _stands(text: str, entry: Entry, at: int) -> bool:
    """Whether a rendered text stands in a longer one, with its rare character where one was found."""
    known = entry[0]
    start = at - entry[3]
    # The end first: many texts of a template begin alike.
    end = start + len(known)
    return start >= 0 and text.endswith(known[-_KEY:], 0, end) and end <= len(text) and text.startswith(known, start)


def _mark(text: str) -> int:
    """Where the rarest character stands that so many follow."""
    last = max(min(len(text) - _KEY, _REACH) + 1, 1)
    ranks = text[:last].translate(_RANKS)
    rarest = min(ranks, default="")
    # Of letters of another script any is as rare as the next.
    return ranks.find(rarest) if rarest < "\x7f" else last // 2


def _separate(text: str, found: list[Entry]) -> list[PromptIdentity]:
    """Those that stand in a text side by side: one within another's place is that other's. Of two prompts: neither."""
    taken: list[tuple[int, int, PromptIdentity | None]] = []
    prompts: dict[str, PromptIdentity | None] = {}
    for known, identity, *_ in found:
        other = prompts.setdefault(known, identity)
        prompts[known] = identity if other is not None and same(other, identity) else None
    for known, identity in sorted(prompts.items(), key=lambda r: -len(r[0])):
        start = text.find(known)
        while start >= 0 and any(start < end and begin < start + len(known) for begin, end, _ in taken):
            start = text.find(known, start + 1)
        if start >= 0:
            taken.append((start, start + len(known), identity))
    return [identity for _, _, identity in sorted(taken, key=lambda t: t[0]) if identity is not None]
