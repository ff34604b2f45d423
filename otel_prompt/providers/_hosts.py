"""Who answers at an address: the conventions' provider names by host, for all SDKs that can be pointed anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from ._base import Server

HOSTS: Mapping[str, str] = {
    "openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "inference.ai.azure.com": "azure.ai.inference",
    "groq.com": "groq",
    "deepseek.com": "deepseek",
    "x.ai": "x_ai",
    "mistral.ai": "mistral_ai",
    "perplexity.ai": "perplexity",
    "openrouter.ai": "openrouter",
    "together.xyz": "together",
    "together.ai": "together",
    "moonshot.ai": "moonshot_ai",
    "moonshot.cn": "moonshot_ai",
    "anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "fireworks.ai": "fireworks",
    "cerebras.ai": "cerebras",
    "deepinfra.com": "deepinfra",
    "nebius.com": "nebius",
    "sambanova.ai": "sambanova",
    "huggingface.co": "hugging_face",
    "githubusercontent.com": "github",
    "models.github.ai": "github",
    "api.nvidia.com": "nvidia",
    "cohere.ai": "cohere",
    "cohere.com": "cohere",
    "aliyuncs.com": "alibaba_cloud",
    "amazonaws.com": "aws.bedrock",
    "ollama.com": "ollama",
}
"""The conventions' name of a service by its host; where they have none, the service's own."""

_LOCAL_PORTS: Mapping[int, str] = {11434: "ollama", 1234: "lm_studio"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - a name to compare with, nothing is bound


def name_of(host: str) -> str | None:
    """The name of the service that a host belongs to; None for a host that is not known."""
    for suffix, name in HOSTS.items():
        if host == suffix or host.endswith("." + suffix):
            return name
    return "gcp.vertex_ai" if host.endswith("-aiplatform.googleapis.com") else None  # the region comes first


def local_name(host: str, port: int | None) -> str | None:
    """The name of a server on this machine, by its port; None for another machine."""
    return _LOCAL_PORTS.get(port or 0, "local") if host in _LOOPBACK else None


@lru_cache(maxsize=1000)
def server_at(url: str, otherwise: str) -> Server:
    """Who answers at a URL; ``otherwise`` is the name of who does at a host that is not known."""
    host, port = address(url)
    return Server(name_of(host or "") or local_name(host or "", port) or otherwise, host, port)


@lru_cache(maxsize=1000)
def address(url: str) -> tuple[str | None, int | None]:
    """The host and the port of a URL; None for what it does not say."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = parts.hostname or None
    return host, (port or {"https": 443, "http": 80}.get(parts.scheme)) if host else None
