"""One file per SDK, each with one value: ``PROVIDER``. A file is imported when its SDK is to be instrumented."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from ..invocation import Invocation, Message
from ._base import Provider, fields

REGISTRY: Final[Mapping[str, str]] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "groq": "groq",
    "google-genai": "google",
    "mistral": "mistral",
    "cohere": "cohere",
    "ollama": "ollama",
    "huggingface": "huggingface",
    "litellm": "litellm",
    "together": "together",
    "chroma": "chroma",
    "qdrant": "qdrant",
    "pinecone": "pinecone",
    "weaviate": "weaviate",
    "lancedb": "lancedb",
    "llama-cpp": "llama_cpp",
    "transformers": "transformers",
    "vllm": "vllm",
    "bedrock": "bedrock",
    "aiobotocore": "aiobotocore",
}
"""The clients by the name that users give them -> the module here that knows them."""


def provider(name: str) -> Provider:
    """The provider of a client in ``REGISTRY``."""
    found: Provider = import_module(f"{__name__}.{REGISTRY[name]}").PROVIDER
    return found


def said(value: Any) -> list[Message]:
    """The messages of a client's answer, whichever client's it is; none of anything else."""
    body = fields(value)
    for name in REGISTRY if body else ():
        it = provider(name)
        # A program that has not imported the client has no answer of its.
        if it.answer is not None and it.module in sys.modules and (endpoint := it.answer(body)) is not None:
            found = Invocation(endpoint.operation)
            endpoint.response(found, body)
            return found.output_messages
    return []
