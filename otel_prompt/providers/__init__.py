"""One file per SDK, each with one value: ``PROVIDER``. A file is imported when its SDK is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from ..invocation import Invocation, Message
from ._base import Provider, fields


class Listed(NamedTuple):
    """Where a client is known, and what a program that uses it has imported."""

    file: str
    package: str


REGISTRY: Final[Mapping[str, Listed]] = {
    "openai": Listed("openai", "openai"),
    "anthropic": Listed("anthropic", "anthropic"),
    "groq": Listed("groq", "groq"),
    "google-genai": Listed("google", "google.genai"),
    "mistral": Listed("mistral", "mistralai"),
    "cohere": Listed("cohere", "cohere"),
    "ollama": Listed("ollama", "ollama"),
    "huggingface": Listed("huggingface", "huggingface_hub"),
    "litellm": Listed("litellm", "litellm"),
    "together": Listed("together", "together"),
    "chroma": Listed("chroma", "chromadb"),
    "qdrant": Listed("qdrant", "qdrant_client"),
    "pinecone": Listed("pinecone", "pinecone"),
    "weaviate": Listed("weaviate", "weaviate"),
    "lancedb": Listed("lancedb", "lancedb"),
    "llama-cpp": Listed("llama_cpp", "llama_cpp"),
    "transformers": Listed("transformers", "transformers"),
    "vllm": Listed("vllm", "vllm"),
    "bedrock": Listed("bedrock", "botocore"),
    "aiobotocore": Listed("aiobotocore", "aiobotocore"),
}
"""The clients by the name that users give them."""


def provider(name: str) -> Provider:
    """The provider of a client in ``REGISTRY``."""
    found: Provider = import_module(f"{__name__}.{REGISTRY[name].file}").PROVIDER
    return found


def said(value: Any) -> list[Message]:
    """The messages of a client's answer, whichever client's it is; none of anything else."""
    body = fields(value)
    # A program that has not imported a client has no answer of its.
    for it in [provider(name) for name, client in REGISTRY.items() if client.package in sys.modules] if body else ():
        if it.answer is not None and (endpoint := it.answer(body)) is not None:
            found = Invocation(endpoint.operation)
            endpoint.response(found, body)
            return found.output_messages
    return []
