"""The endpoints of Hugging Face's ``InferenceClient``, each with an answer of a server of one's own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import endpoints
from endpoint import Endpoint
from openai_double import MAKERS

DETAILS = {"finish_reason": "eos_token", "generated_tokens": 7, "seed": None, "prefill": [], "tokens": []}


def token(text: str, *, end: str | None = None) -> dict[str, Any]:
    """A piece of a generation; the last one has the whole."""
    more = {"generated_text": end, "details": DETAILS if end else None}
    return {"index": 1, "token": {"id": 1, "text": text, "logprob": 0.0, "special": end is not None}, **more}


def client(service: Any, *, asynchronous: bool = False, **_: Any) -> Any:
    """A client of a service."""
    import huggingface_hub
    from huggingface_hub.utils import _http

    http: Any = vars(_http).get("httpx2") or _http.httpx
    transport = http.MockTransport(service._reply_async if asynchronous else service._reply)
    if asynchronous:
        huggingface_hub.set_async_client_factory(lambda: http.AsyncClient(transport=transport))
        return huggingface_hub.AsyncInferenceClient("http://localhost:8080", token="hf_k")
    huggingface_hub.set_client_factory(lambda: http.Client(transport=transport))
    return huggingface_hub.InferenceClient("http://localhost:8080", token="hf_k")


if find_spec("huggingface_hub"):
    import huggingface_hub.inference._client
    import huggingface_hub.inference._generated._async_client  # noqa: F401 - what is imported is what is traced

MAKERS["huggingface_hub"] = client
_SDK: dict[str, Any] = {
    "sdk": "huggingface_hub",
    "raw": False,
    "refused": "errors.HfHubHTTPError",
    "failed": "errors.TextGenerationError",
    "fault": {"error": "overloaded", "error_type": "overloaded"},
}
CHAT = Endpoint(
    "hugging face chat",
    "chat_completion",
    {"messages": endpoints.QUESTION},
    "chat",
    endpoints.CHAT.answer,
    endpoints.CHAT.events,
    "Hello, world",
    "Hello, ",
    tokens=(11, 7),
    done=("[DONE]",),
    **_SDK,
)
GENERATION = Endpoint(
    "hugging face generation",
    "text_generation",
    {"prompt": "Say hello", "details": True},
    "text_completion",
    [{"generated_text": "Hello, world", "details": DETAILS}],
    (token("Hello"), token(", "), token("world"), token("</s>", end="Hello, world")),
    "Hello, world",
    "Hello, ",
    tokens=(None, 7),
    **_SDK,
)
FEATURES = Endpoint(
    "hugging face features", "feature_extraction", {"text": "one"}, "embeddings", [[0.1, 0.2, 0.3]], **_SDK
)
ALL = (CHAT, GENERATION, *((FEATURES,) if find_spec("numpy") else ()))  # the client gives arrays
