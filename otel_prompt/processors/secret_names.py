"""Secrets that are known by their name: ``{"api_key": "..."}``, whatever the value looks like.

It works on text, as ``redact`` does, and so finds JSON inside a text inside JSON: a quote of the n-th level has
``2**n - 1`` backslashes before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

MARKER: Final = "[REDACTED]"

_LONGEST: Final = 64
"""The most characters of a name that is looked at."""
_ENDS: Final = (
    "apikey apikeys accesskey secretkey privatekey signingkey encryptionkey masterkey authkey accountkey sharedkey "
    "subscriptionkey servicekey rolekey secret password passwd pwd passphrase credential "
    "authorization sessioncookie authcookie setcookie "
    "accesstoken refreshtoken authtoken oauthtoken idtoken bearertoken sessiontoken securitytoken csrftoken xsrftoken "
    "apitoken secrettoken sastoken deploytoken registrytoken githubtoken gitlabtoken hftoken huggingfacetoken "
    "slacktoken bottoken npmtoken pypitoken"
)
_WHOLE: Final = frozenset({"token", "cookie", "jwt", "xauthtoken"})
"""In the names of this field ``token`` has another meaning more often than not: eos_token, max_tokens, tokenizer."""
_SECRET: Final = re.compile(f".*(?:{'|'.join(_ENDS.split())})")
_NO_SECRETS: Final = frozenset({"PWD", "OLDPWD"})
_NAME: Final = re.compile(r"[\w.$/-]+(?: [\w.$/-]+){0,2}")
"""A sentence is no name."""
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")

_THREE: Final = "key|eys|ken|ret|ord|swd|pwd|kie|jwt|ial|ase|ion"
"""The last three letters of the names."""
_CLASSES: Final = ["".join({c for end in _THREE.split("|") for c in (end[n], end[n].upper())}) for n in range(3)]
_CANDIDATE: Final = re.compile(
    rf""":(?:(?<=[{_CLASSES[0]}][{_CLASSES[1]}][{_CLASSES[2]}]["']:)(?<=(?i:{_THREE})["']:)(?<!ption["']:)"""
    rf"""|(?<=["'\\][\s"']:))"""
)
"""A colon after what may be the end of such a name, quoted. A colon is looked for first, then one letter at a time,
which costs next to nothing; what is escaped, or has a space before its colon, is seldom and always looked at."""
_SPACE: Final = re.compile(r"\s{0,8}")
_QUOTE: Final = re.compile(r"""(\\{0,63})(["'])""")
_NUMBER: Final = re.compile(r"-?\d[\w.+-]{0,40}")
_NEXT: Final = re.compile(r"\s{0,8},\s{0,8}")
_SINGLE_END: Final = re.compile(r"""['"\n]""")
_TOKEN_OF_A_MODEL: Final = re.compile(r"""\\{0,63}["']\s?,\s{0,8}\\{0,63}["'](?:logprob|top_logprobs|bytes)\b""")
_PLACEHOLDER: Final = re.compile(
    r"\s*|\{.*\}|<.*>|\$\{?[A-Z_][A-Z0-9_]*\}?|\*+|string|str|null|None|" + re.escape(MARKER), re.DOTALL
)
"""No secret, but what stands for one: in a template, in a schema, in a text that was cleaned before."""


names_secret: Final = _CANDIDATE.search
"""Not None if a text may name a secret; almost always it is None, and ``without_named`` has nothing to do."""


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a name is that of a secret, in any spelling: ``api_key``, ``X-Api-Key``, ``dbPassword``."""
    if len(name) > _LONGEST or name in _NO_SECRETS or _NAME.fullmatch(name) is None:
        return False
    plain = _SEPARATORS.sub("", name.lower())
    return plain in _WHOLE or _SECRET.fullmatch(plain) is not None


def without_named(text: str) -> str:
    """The text, or JSON, with every string and number that has the name of a secret replaced by ``MARKER``."""
    pieces: list[str] = []
    done = 0
    for found in _CANDIDATE.finditer(text):
        colon = found.start()
        if colon < done or (named := _name_before(text, colon)) is None:
            continue
        for start, end, marker in _values(text, colon + 1, *named):
            pieces += text[done:start], marker
            done = end
    return "".join([*pieces, text[done:]]) if pieces else text


def _name_before(text: str, colon: int) -> tuple[str, str] | None:
    """The name before a colon, if it is a secret's, and the quote that it stands in, with its backslashes."""
    end = colon - 1 if text[colon - 1] in "\"'" else colon - 2
    quote, head = text[end], text[max(0, end - _LONGEST - 64) : end]
    key = head.rstrip("\\")
    start = key.rfind(quote)
    if start < 0 or not is_secret(name := key[start + 1 :]):
        return None
    return name, head[len(key) :] + quote


def _values(text: str, at: int, name: str, quote: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what replaces it) of the value after a colon, or of each in a list of them."""
    at = _after(_SPACE, text, at)
    if text.startswith("[", at):
        at = _after(_SPACE, text, at + 1)
        while (span := _string(text, at, name)) is not None:
            yield *span, MARKER
            closed = _QUOTE.match(text, span[1])
            comma = _NEXT.match(text, closed.end()) if closed else None
            if comma is None:
                return
            at = comma.end()
    elif (span := _string(text, at, name)) is not None:
        yield *span, MARKER
    elif name.lower() not in _WHOLE and (number := _NUMBER.match(text, at)) is not None:
        yield at, number.end(), f"{quote}{MARKER}{quote}"


def _after(space: re.Pattern[str], text: str, at: int) -> int:
    found = space.match(text, at)
    return at if found is None else found.end()


def _string(text: str, at: int, name: str) -> tuple[int, int] | None:
    """Where the inside of a string begins and ends; None if there is none here, or nothing that is secret."""
    opened = _QUOTE.match(text, at)
    if opened is None:
        return None
    start = opened.end()
    end = _closed(text, start, len(opened[1])) if opened[2] == '"' else _closed_single(text, start)
    if end - start <= 80 and _PLACEHOLDER.fullmatch(text, start, end):
        return None
    if name.lower() == "token" and _TOKEN_OF_A_MODEL.match(text, end):
        return None
    return start, end


def _closed(text: str, start: int, backslashes: int) -> int:
    """Where a string ends that began with so many backslashes and a quote; the end of what it stands in ends it too."""
    at = start
    while (quote := text.find('"', at)) >= 0:
        run = quote - at - len(text[at:quote].rstrip("\\"))
        level = ~run & (run + 1)  # 2 ** the level of this quote
        if level <= backslashes + 1:
            return quote - level + 1
        at = quote + 1
    return len(text)


def _closed_single(text: str, start: int) -> int:
    """Where a string in single quotes ends, as Python writes it: before a quote of either kind."""
    found = _SINGLE_END.search(text, start)
    if found is None:
        return len(text)
    end = found.start()
    return end if found[0] != '"' else start + len(text[start:end].rstrip("\\"))
