"""LiteLLM: functions that speak OpenAI's APIs to their caller, and to each service its own.

They are listened at inside LiteLLM's own decorator: there a call is heard however the function was imported, an answer
from LiteLLM's cache is no call, and each attempt of a router is one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..invocation import Json, Usage
from ._base import Call, Provider, Server, child, children, counts, fields
from ._hosts import address, local_name, name_of
from ._litellm_names import NAMES
from ._openai_chat import CHAT, usage
from ._openai_chat import accumulate as grow_chat
from ._openai_completions import COMPLETIONS
from ._openai_completions import accumulate as grow_completion
from ._openai_media import EMBEDDINGS, IMAGES, TRANSCRIPTS
from ._openai_responses import RESPONSES

_KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "completion": ("/chat/completions", ("model", "messages")),
    "text_completion": ("/completions", ("prompt", "model")),
    "embedding": ("/embeddings", ("model", "input")),
    "responses": ("/responses", ("input", "model")),
    "image_generation": ("/images/generations", ("prompt", "model")),
    "transcription": ("/audio/transcriptions", ("model", "file")),
}
"""The functions, each with the path that stands for it here and the names of its first arguments."""


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The call as LiteLLM is asked it; None for one with fallbacks, each of which is a call of its own."""
    log = kwargs.get("litellm_logging_obj")
    kind = _KINDS.get(str(getattr(log, "call_type", "")).removeprefix("a"))
    if kind is None or kwargs.get("fallbacks"):
        return None
    path, names = kind
    body: Json = {**kwargs, **dict(zip(names, args))}
    if isinstance(body.get("response_format"), type):  # a class for the answer
        body["response_format"] = {"type": "json_schema"}
    base = body.get("api_base") or body.get("base_url")
    asked = (body.get("model"), body.get("custom_llm_provider"), base)
    if all(value is None or isinstance(value, str) for value in asked):
        body["model"], who = _routed(*asked)
    else:
        who = _unrouted()
    return Call("POST", path, body, body.get("stream") is True, log, server=who)


def _unrouted(*_: Any) -> Server:
    return Server("litellm")


@lru_cache(maxsize=512)
def _routed(model: str | None, provider: str | None, base: str | None) -> tuple[str | None, Server]:
    """The model as the service is asked for it, and who answers, by LiteLLM's own routing."""
    litellm: Any = sys.modules["litellm"]
    start = (model or "").partition("/")[0]
    if model and (provider or start in litellm.provider_list or start in litellm.model_cost):
        # For a model of nobody it prints a list of providers, which the call itself is about to do.
        try:
            model, provider, _, known = litellm.get_llm_provider(model, provider, base)
            base = known or base
        except (litellm.exceptions.BadRequestError, ValueError):
            provider = provider or start
    host, port = address(base or "")
    name = NAMES.get(provider or "", provider)
    if provider in (None, "openai", "custom_openai") and host:  # any server that speaks its API
        name = name_of(host) or local_name(host, port) or "openai_compatible"
    return model, Server(name or "litellm", host, port)


def ask_for_usage(_: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Add ``stream_options.include_usage`` to a streamed chat that does not say; only on ``stream_usage``."""
    if isinstance(kwargs, dict) and kwargs.get("stream") and "messages" in kwargs and not kwargs.get("stream_options"):
        kwargs["stream_options"] = {"include_usage": True}


def _with_counts(accumulate: Callable[[Json, Any], None]) -> Callable[[Json, Any], None]:
    """Grow an answer. Where the caller did not ask for the tokens, LiteLLM has them beside the fields of a chunk."""

    def grow(body: Json, chunk: Any) -> None:
        accumulate(body, {**fields(chunk), "choices": children(fields(chunk), "choices")})
        beside = fields(getattr(chunk, "_hidden_params", None)).get("usage")
        if fields(beside).get("prompt_tokens"):  # zeros are LiteLLM's own, who was told nothing
            body["usage"] = beside

    return grow


def _usage(body: Json) -> Usage:
    """OpenAI's counts, and what was written to a cache by the names that LiteLLM has for it."""
    found = usage(body)
    said = child(body, "usage")
    if found.cache_write_input_tokens is None:
        details = child(said, "prompt_tokens_details")
        written = details.get("cache_creation_tokens") or said.get("cache_creation_input_tokens")
        [found.cache_write_input_tokens] = counts(written)
    return found


PROVIDER = Provider(
    "litellm",
    "litellm",
    "litellm",
    oldest="1.80",
    methods=tuple(f"{prefix}{name}/original_function" for name in _KINDS for prefix in ("", "a")),
    call=call,
    server=_unrouted,
    ask_for_usage=ask_for_usage,
    calls_others=True,
    unasked={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    endpoints={
        "POST /chat/completions": replace(CHAT, usage=_usage, accumulate=_with_counts(grow_chat)),
        "POST /completions": replace(COMPLETIONS, usage=_usage, accumulate=_with_counts(grow_completion)),
        "POST /embeddings": EMBEDDINGS,
        "POST /responses": RESPONSES,
        "POST /images/generations": IMAGES,
        "POST /audio/transcriptions": TRANSCRIPTS,
    },
)
