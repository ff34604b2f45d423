r"""Secrets are taken out of everything that is captured, before it is on a span.

It works on text and on JSON alike: no pattern can match a quote, so what was valid JSON stays so. In JSON, a line's
end is the two characters ``\n``; the start of a secret is therefore looked for after those as well.
A marker never repeats any of what it stands for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MARKER: Final = "[REDACTED]"
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_TOKEN = r"[A-Za-z0-9_-]"


def _keys(prefixes: str, rest: str) -> tuple[re.Pattern[str], str]:
    """Keys that start with one of some prefixes (by spaces) and go on as ``rest``."""
    return re.compile(f"{_START}(?:{'|'.join(map(re.escape, prefixes.split()))}){rest}"), MARKER


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
        re.compile(r"_[A-Za-z0-9_-]{15}"),
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
            (re.compile(r"(AccountKey=)[A-Za-z0-9+/=]{20,}"), rf"\1{MARKER}"),
        ],
    ),
    ("9", re.compile(r"ya29\."), [_keys("ya29.", "[A-Za-z0-9._-]{20,}")]),
    ("G", re.compile(r"SG\."), [_keys("SG.", "[A-Za-z0-9._-]{20,}")]),
    ("d", re.compile("dapi[0-9a-f]"), [_keys("dapi", "[0-9a-f]{32}")]),
    ("J", re.compile("eyJ"), [_keys("eyJ", r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")]),
    (
        "r",
        re.compile(r"earer\s"),
        [(re.compile(r"\b([Bb]earer\s+)(?=[^\s\"\\]*\d)[A-Za-z0-9._~+/=-]{12,}"), rf"\1{MARKER}")],
    ),
    (
        "R",
        re.compile(r"EARER\s"),
        [(re.compile(r"\b(BEARER\s+)(?=[^\s\"\\]*\d)[A-Za-z0-9._~+/=-]{12,}"), rf"\1{MARKER}")],
    ),
    (
        "K",
        re.compile("KEY-----"),
        [
            (
                re.compile(
                    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^\"]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|(?=\")|\Z)"
                ),
                MARKER,
            )
        ],
    ),
    ("@", re.compile("://"), [(re.compile(r"(://[^\s/:@\"\\]*:)[^\s/@\"\\]+(?=@)"), rf"\1{MARKER}")]),
]
"""(a character, a probe, [(a pattern, what replaces it)]). Looking for one character costs next to nothing; the probe
starts with a fixed text and costs little; the patterns cost a hundred times that and are seldom tried."""


def redact(text: str) -> str:
    """The text, or JSON, with every known kind of secret replaced by ``MARKER``."""
    return _redact_short(text) if len(text) <= 256 else _redact(text)


def _redact(text: str) -> str:
    for character, probe, patterns in _GROUPS:
        if character in text and probe.search(text) is not None:
            for pattern, replacement in patterns:
                text = pattern.sub(replacement, text)
    return text


_redact_short = lru_cache(maxsize=4096)(_redact)
