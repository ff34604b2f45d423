"""The endpoints of ``litellm``, whose functions make their calls by the real client of ``openai``."""

from __future__ import annotations

import os
import warnings
from functools import partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import endpoints
from endpoint import Endpoint
from openai_double import MAKERS

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it is fetched when the library is imported
if find_spec("litellm"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm  # noqa: F401 - of what it warns then, nothing is ours

ITS_WARNINGS = (
    ".*`ReadOnly` qualifier:UserWarning",
    "Pydantic serializer warnings:UserWarning",
    "The `dict` method is deprecated",
    "coroutine 'Logging:RuntimeWarning",  # of what it logs by itself, when the loop ends
)
"""What the library says at times, or Pydantic of it."""

CHAT = Endpoint(
    "litellm chat",
    "completion",
    {"model": "openai/gpt-4o", "messages": endpoints.QUESTION},
    "chat",
    endpoints.CHAT.answer,
    endpoints.CHAT.events,
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    stream_arguments={"stream_options": {"include_usage": True}},
    sdk="litellm",
    done=("[DONE]",),
    raw=False,
    refused="exceptions.openai.APIStatusError",
    failed="exceptions.openai.APIError",
)
ALL = (CHAT,)


def client(service: Any, *, asynchronous: bool = False, **options: Any) -> Any:
    """LiteLLM's functions, with a client of a service."""
    import litellm

    inner = service.client(asynchronous=asynchronous, **options)
    names = ("completion", "text_completion", "embedding", "responses", "image_generation")
    prefix = "a" if asynchronous else ""
    return SimpleNamespace(**{n: partial(getattr(litellm, prefix + n), client=inner, api_key="k") for n in names})


MAKERS["litellm"] = client
