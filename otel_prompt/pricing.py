"""What a call cost, by the price table of the ``genai-prices`` package. Nothing is fetched.

The library works a price out in some 100 us. Its prices are linear in the counts, unless they have tiers; so it is
asked once for the price of each kind of token of a model, and again when what it said is an hour old, because some
prices change with the time of day.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from . import semconv
from .invocation import Cost, Invocation, Usage

_PROVIDERS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "aws.bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "moonshot_ai": "moonshotai",
    "hugging_face": "huggingface_together",
    "local": "openai",
    "openai_compatible": "openai",
    "anthropic_compatible": "anthropic",
}
"""The conventions' providers by their name in the table. A server of an unknown host that answers to the name of one
of OpenAI's models is a gateway to it; an open model on one's own machine has another name and no price."""

_FRESH_SECONDS = 3600.0
_KINDS = (
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "audio_input_tokens",
    "cache_write_1h_input_tokens",
)
_MILLION = 1_000_000
_MAKE_TOKENS = frozenset({semconv.CHAT, semconv.TEXT_COMPLETION})
_lock = threading.RLock()
"""Held while the library is asked, and so while it is imported. One thread may take it twice: garbage is collected at
any moment, and a stream that is dropped then has a price, too."""
_END_SECONDS: Final = 10.0
_FORK_SECONDS: Final = 10.0
"""How long a fork waits for an import that another thread is in; it takes some 0.3 s."""
_rates: dict[tuple[str, str, str | None], _Rates | None] = {}


@dataclass(frozen=True, slots=True)
class _Rates:
    """Dollars per token; of a subset, what it costs beyond its total's rate. None: the library must be asked."""

    until: float
    input: float = 0.0
    output: float = 0.0
    beyond: tuple[float, ...] = ()
    audio_output: float = 0.0
    linear: bool = True


def price_of(inv: Invocation) -> Cost | None:
    """The cost of a call; None also for a stream that was cut before it said how much it had made.

    Bedrock's models have prices by region, which the model that was asked for names and the answer does not.
    """
    usage = inv.usage
    unsaid = usage.output_tokens is None and (inv.stream or inv.operation in _MAKE_TOKENS)
    if usage.input_tokens is None or unsaid:
        return None
    names = (inv.response_model, inv.request_model)
    tier = inv.attributes.get(semconv.OPENAI_RESPONSE_SERVICE_TIER)
    for model in reversed(names) if inv.provider == "aws.bedrock" else names:
        if model is not None and (found := price(inv.provider, model, usage, tier)) is not None:
            return found
    return None


def price(provider: str, model: str, usage: Usage, tier: str | None = None) -> Cost | None:
    """The cost of a call; None where the model or its usage is not known, which is not the same as nothing.

    Args:
        provider: the conventions' provider name.
        model: the model that answered or, if it is not said, was asked for.
        usage: the tokens; without any there is no cost.
        tier: the service tier that answered.
    """
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    key = (provider, model, tier)
    rates = _rates.get(key, ...)
    if rates is ... or (rates is not None and rates.until < time.monotonic()):
        with _lock:
            rates = _rates[key] = _look_up(provider, model, tier)
            while len(_rates) > 2000:
                _rates.pop(next(iter(_rates)))
    if rates is None:
        return None
    if not rates.linear:
        return _calculated(provider, model, tier, usage)
    given = (usage.input_tokens or 0) * rates.input
    for name, beyond in zip(_KINDS, rates.beyond):
        given += (getattr(usage, name) or 0) * beyond
    made = (usage.output_tokens or 0) * rates.output + (usage.audio_output_tokens or 0) * rates.audio_output
    return Cost(round(given, 12), round(made, 12), round(given + made, 12))


def _look_up(provider: str, model: str, tier: str | None) -> _Rates | None:
    until = time.monotonic() + _FRESH_SECONDS
    found = _calculation(provider, model, tier, input_tokens=_MILLION, output_tokens=_MILLION)
    if found is None:
        return None
    if any(hasattr(value, "tiers") for value in vars(found.model_price).values()):
        return _Rates(until, linear=False)
    base = float(found.input_price)
    beyond = tuple(_beyond(provider, model, tier, kind, base) for kind in _KINDS)
    sound = {"input_tokens": 0, "output_tokens": _MILLION, "output_audio_tokens": _MILLION}
    output = float(found.output_price)
    audio = _calculation(provider, model, tier, **sound)
    spoken = float(audio.output_price) - output if audio is not None else 0.0
    return _Rates(until, base / _MILLION, output / _MILLION, beyond, spoken / _MILLION)


def _beyond(provider: str, model: str, tier: str | None, kind: str, base: float) -> float:
    """What a token of a kind costs beyond one of the kind that it is counted in."""
    counts = {"input_tokens": _MILLION}
    if (whole := _PART_OF.get(kind)) is not None:
        base += _beyond(provider, model, tier, whole, base) * _MILLION
        counts[_NAMES[whole]] = _MILLION
    found = _calculation(provider, model, tier, **counts, **{_NAMES[kind]: _MILLION})
    return (float(found.input_price) - base) / _MILLION if found is not None else 0.0


_NAMES = {
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_write_input_tokens": "cache_write_tokens",
    "cache_write_1h_input_tokens": "cache_write_1h_tokens",
    "audio_input_tokens": "input_audio_tokens",
    "audio_output_tokens": "output_audio_tokens",
}
"""Our names of the counts by the table's."""
_PART_OF = {"cache_write_1h_input_tokens": "cache_write_input_tokens"}
"""The kinds that are counted in another kind, and not in the input alone."""


def _calculated(provider: str, model: str, tier: str | None, usage: Usage) -> Cost | None:
    names = ("input_tokens", "output_tokens", *_KINDS, "audio_output_tokens")
    counts = {_NAMES.get(n, n): v for n in names if (v := getattr(usage, n))}
    found = _calculation(provider, model, tier, **counts)
    if found is None:
        return None
    return Cost(float(found.input_price), float(found.output_price), float(found.total_price))


def _calculation(provider: str, model: str, tier: str | None, **counts: int) -> Any:
    try:
        from genai_prices import Usage as Counts
        from genai_prices import calc_price
    except ImportError:
        return None
    context: Any = {"service_tier": tier} if tier else None
    try:
        return calc_price(
            Counts(**counts), model, provider_id=_PROVIDERS.get(provider, provider), price_context=context
        )
    except (LookupError, ValueError, ArithmeticError):
        return None


def load_in_background() -> None:
    """Read the price table while the first call waits for its answer; it takes some 0.3 s, once."""
    loading = threading.Thread(target=_load, daemon=True)
    loading.start()
    # A thread that is stopped in the middle of an import keeps the interpreter's import lock: then the process never
    # ends, if whatever is cleaned up last imports something.
    atexit.register(loading.join, _END_SECONDS)


def _load() -> None:
    with _lock:
        _calculation("openai", "gpt-4o", None)


def _before_fork() -> None:
    """Let no thread be in the middle of the import: in the child it would never end, and calls would wait for it."""
    _lock.acquire(timeout=_FORK_SECONDS)


def _after_fork() -> None:
    with suppress(RuntimeError):  # not ours: the wait was given up
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
