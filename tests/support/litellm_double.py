"""LiteLLM under the names that the tests know of the clients: its exceptions are those of ``openai``."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import litellm
from litellm import CustomStreamWrapper
from openai import APIError, APIStatusError

APIConnectionError = APIError
Stream = AsyncStream = CustomStreamWrapper
_FUNCTIONS = ("completion", "text_completion", "embedding", "responses", "image_generation")
__all__ = ["APIStatusError"]


def client_of(service: Any, *, asynchronous: bool = False, **options: Any) -> Any:
    """Its functions, with a client of a service."""
    inner = service.client(asynchronous=asynchronous, **options)
    prefix = "a" if asynchronous else ""
    return SimpleNamespace(
        **{name: partial(getattr(litellm, prefix + name), client=inner, api_key="k") for name in _FUNCTIONS}
    )
