"""Anthropic's SDK: its own service, the clients of it for Bedrock, Vertex and Foundry, and servers that speak its API.

A batch is no inference that is waited for, and counting tokens is none at all: neither is traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Json
from . import _stainless
from ._anthropic_completions import COMPLETIONS
from ._anthropic_messages import MESSAGES
from ._base import Endpoint
from ._hosts import local_name, name_of

_PLATFORMS: Mapping[str, str] = {
    "BaseBedrockClient": "aws.bedrock",
    "BaseMantleClient": "aws.bedrock",
    "BaseVertexClient": "gcp.vertex_ai",
    "BaseFoundryClient": "azure.ai.inference",
    "AnthropicAWS": "anthropic",  # its own platform, on others' machines
    "AsyncAnthropicAWS": "anthropic",
    "BaseGoogleCloudClient": "anthropic",
}
"""The conventions' names by the classes of the SDK's clients, which may be pointed at any host."""


def provider_name(client: Any, host: str, port: int | None) -> str:
    """The conventions' name of who answers a client."""
    for base in type(client).__mro__:
        if (platform := _PLATFORMS.get(base.__name__)) is not None:
            return platform
    return name_of(host) or local_name(host, port) or "anthropic_compatible"


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer calls itself so."""
    match body.get("type"):
        case "message" if "stop_reason" in body:
            return MESSAGES
        case "completion" if "completion" in body:
            return COMPLETIONS
        case _:
            return None


PROVIDER = _stainless.provider(
    "anthropic",
    oldest="0.80",
    naming=provider_name,
    own_spans=("_base_client.start_api_call_span",),
    answer=answer,
    endpoints={"POST /v1/messages": MESSAGES, "POST /v1/complete": COMPLETIONS},
)
