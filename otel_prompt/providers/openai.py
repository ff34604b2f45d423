"""OpenAI's SDK: its own service, Azure's, and the many that speak its API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..invocation import Json
from . import _stainless
from ._base import Endpoint, Provider
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS
from ._openai_media import EMBEDDINGS, IMAGES, MODERATIONS, SPEECH, TRANSCRIPTS
from ._openai_responses import RESPONSES, RETRIEVE

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


def provider_name(client: Any, host: str, port: int | None) -> str:
    """The conventions' name of who answers at an address; a custom domain of an Azure client is still Azure."""
    for suffix, name in HOSTS.items():
        if host == suffix or host.endswith("." + suffix):
            return name
    if any(base.__name__ == "BaseAzureClient" for base in type(client).__mro__):
        return "azure.ai.openai"
    return _LOCAL_PORTS.get(port or 0, "local") if host in _LOOPBACK else "openai_compatible"


def ask_for_usage(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Add ``stream_options.include_usage`` to a streamed request that does not say; only on ``stream_usage``."""
    options = kwargs["options"] if "options" in kwargs else args[1]
    body = options.json_data
    if kwargs.get("stream") and isinstance(body, dict) and not body.get("stream_options"):
        options.json_data = {**body, "stream_options": {"include_usage": True}}


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer calls itself so."""
    match body.get("object"):
        case "chat.completion":
            return CHAT
        case "response":
            return RESPONSES
        case "text_completion":
            return COMPLETIONS
        case _:
            return None


PROVIDER = Provider(
    name="openai",
    module="openai",
    distribution="openai",
    oldest=2,
    methods=("OpenAI.request", "AsyncOpenAI.request"),
    attempts=("OpenAI._prepare_request", "AsyncOpenAI._prepare_request"),
    call=_stainless.call,
    server=partial(_stainless.server, name=provider_name),
    unparsed=_stainless.unparsed,
    ask_for_usage=ask_for_usage,
    answer=answer,
    endpoints={
        "POST /chat/completions": CHAT,
        "POST /responses": RESPONSES,
        "GET /responses/{}": RETRIEVE,
        "POST /completions": COMPLETIONS,
        "POST /embeddings": EMBEDDINGS,
        "POST /images/generations": IMAGES,
        "POST /images/edits": IMAGES,
        "POST /images/variations": IMAGES,
        "POST /audio/speech": SPEECH,
        "POST /audio/transcriptions": TRANSCRIPTS,
        "POST /audio/translations": TRANSCRIPTS,
        "POST /moderations": MODERATIONS,
    },
)
