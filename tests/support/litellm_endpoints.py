"""The endpoints of ``litellm``, whose functions make their calls by the real client of ``openai``."""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec

import endpoints
from endpoint import Endpoint

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
    double="litellm_double",
    raw=False,
    retries=False,
    remade=True,
)
ALL = (CHAT,)
