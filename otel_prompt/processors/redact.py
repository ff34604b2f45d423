r"""Secrets are taken out of everything that is captured, before it is on a span.

It works on text and on JSON alike: no pattern can match a quote, so what was valid JSON stays so. In JSON, a line's
end is the two characters ``\n``; the start of a secret is therefore looked for after such escapes as well.
A marker never repeats any of what it stands for. The time that it takes grows with the text's length and no faster,
whatever the text is: it may be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from ..invocation import PromptIdentity
from .secret_names import MARKER, names_secret, without_named

__all__ = ["MARKER", "nameable", "redact"]

_TOKEN = r"[A-Za-z0-9_-]"
_BEFORE: Final = (
    r"\\[nrtbf]", r"\\x[0-9A-Fa-f]{2}", r"\\u[0-9A-Fa-f]{4}", "%[0-9A-Fa-f]{2}", r"\[m", r"[\[;]\dm",
    r"[\[;]\d\dm", r"[\[;]\d\d\dm",
)  # fmt: skip
"""What ends in a letter and is no part of a word: an escape of JSON or of Python, a URL's, a terminal's colour."""


def _keys(prefixes: str, rest: str) -> tuple[str, str]:
    """Keys that start with one of some prefixes (by spaces) and go on as ``rest``, but not inside a word.

    What stands before a key is looked at after its prefix: an expression that begins with letters is searched for fast.
    """
    starts = [re.escape(prefix) for prefix in prefixes.split()]
    each = (f"{s}(?:(?<![A-Za-z0-9]{s})|{'|'.join(f'(?<={before}{s})' for before in _BEFORE)})" for s in starts)
    return f"(?:{'|'.join(each)}){rest}", MARKER


_BEARER: Final = r"(?:\s|\\+[nrt])+)(?=[^\s\"\\]*\d)[A-Za-z0-9._~+/=-]{12,}"
_PART: Final = r"[A-Za-z0-9_-]{8,}\."
# The first lookahead keeps it linear: where it holds, the lazy part ends at its first "eyJ" that is long enough.
_JWT: Final = (
    rf"(?<!{_TOKEN})(?={_TOKEN}+\.{_PART})((?:{_TOKEN}*?(?<![A-Za-z0-9]))??"
    rf"(?:(?<=\\)[nrtbf]|(?<=\\)(?:u[0-9A-Fa-f]{{2}}|x)[0-9A-Fa-f]{{2}}|(?<=%)[0-9A-Fa-f]{{2}}|(?<=[\[;])\d{{0,3}}m)??)"
    rf"eyJ{_PART}{_PART}{_TOKEN}*"
)
_PRIVATE_KEY: Final = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^\"\\]|\\[^\"])*?"
    r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|(?=\\?\")|\Z)"
)
_GROUPS: Final = [
    # OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse, xAI, Perplexity, NVIDIA, Tavily, GitLab, PyPI, Slack
    (
        "-",
        re.compile(r"-[A-Za-z0-9_-]{10}"),
        [
            _keys("sk- pk-lf- xai- pplx- nvapi- tvly- glpat- pypi-", _TOKEN + "{16,}"),
            _keys("xoxb- xoxp- xoxa- xoxs- xoxr- xapp-", "[A-Za-z0-9-]{10,}"),
        ],
    ),
    # Groq, Replicate, Hugging Face, Fireworks, LangSmith, W&B, GitHub, npm, DigitalOcean, Stripe
    (
        "_",
        re.compile(r"_[A-Za-z0-9_-]{10}"),
        [
            _keys(
                "gsk_ r8_ hf_ fw_ lsv2_ wandb_v1_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ npm_ dop_v1_", _TOKEN + "{20,}"
            ),
            _keys("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", "[A-Za-z0-9]{10,}"),
        ],
    ),
    # Amazon, Google, Azure
    (
        "A",
        re.compile("A(?:KIA|SIA|Iza|ccountKey=)"),
        [
            _keys("AKIA ASIA", "[A-Z0-9]{16}"),
            _keys("AIza", _TOKEN + "{30,}"),
            (r"(AccountKey=)[A-Za-z0-9+/=]{20,}", rf"\1{MARKER}"),
        ],
    ),
    ("9", re.compile(r"ya29\."), [_keys("ya29.", "[A-Za-z0-9._-]{20,}")]),
    ("G", re.compile(r"SG\."), [_keys("SG.", "[A-Za-z0-9._-]{20,}")]),
    ("d", re.compile("dapi[0-9a-f]"), [_keys("dapi", "[0-9a-f]{32}")]),
    (
        "J",
        re.compile("eyJ"),
        [
            (_JWT, rf"\1{MARKER}"),
        ],
    ),
    ("r", re.compile(r"earer[\s\\]"), [(rf"\b([Bb]earer{_BEARER}", rf"\1{MARKER}")]),
    ("R", re.compile(r"EARER[\s\\]"), [(rf"\b(BEARER{_BEARER}", rf"\1{MARKER}")]),
    (
        "K",
        re.compile("KEY(?: BLOCK)?-----"),
        [
            (_PRIVATE_KEY, MARKER),
        ],
    ),
    # A password may hold "@" and "/". On the web a path may hold "@", and what stands before it may be a port.
    (
        "@",
        re.compile("://"),
        [
            (r"(?<!http)(?<!https)(://[^\s/:@\"\\]*:)(?:[^\s/\"\\]|/(?!/))+(?=@)", rf"\1{MARKER}"),
            (r"(://[^\s/:@\"\\]*:)[^\s/\"\\]+(?=@)", rf"\1{MARKER}"),
            (
                r"(://[^\s/:@\"\\]*:)(?!\d{1,5}[/?#]|\[REDACTED\]@)(?:[^\s/@\"\\]|/(?!/))+(?=@)",
                rf"\1{MARKER}",
            ),
        ],
    ),
]
"""(a character, a probe, [(a pattern, what replaces it)]). Looking for one character costs next to nothing; the probe
starts with a fixed text and costs little; the patterns cost more, are seldom tried, and
are compiled then."""


_FILTERS: Final = [(character, probe.search, patterns) for character, probe, patterns in _GROUPS]


_compiled: Final = cache(re.compile)


def redact(text: str) -> str:
    """The text, or JSON, with every known kind of secret replaced by ``MARKER``."""
    return _redact_short(text) if len(text) <= 256 else _redact(text)


def _redact(text: str) -> str:
    for character, probed, patterns in _FILTERS:
        if character in text and probed(text) is not None:
            for pattern, replacement in patterns:
                text = _compiled(pattern).sub(replacement, text)
    return without_named(text) if names_secret(text) is not None else text


_redact_short = lru_cache(maxsize=4096)(_redact)


def nameable(prompt: PromptIdentity, clean: Callable[[str], str]) -> PromptIdentity:
    """The identity without secrets in what names it; its template and variables are content, and written as such."""
    changed: dict[str, Any] = {}
    for field in ("name", "version", "label", "id"):
        value = getattr(prompt, field)
        if isinstance(value, str) and (cleaned := clean(value)) != value:
            changed[field] = cleaned
    return msgspec.structs.replace(prompt, **changed) if changed else prompt
