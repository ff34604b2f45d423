"""Mistral's SDK: its own service, and the clients of it for Azure and Vertex.

Reading documents (OCR), files and batches are no inference that is waited for, and are not traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from ..encoding import decode
from ..invocation import Json
from ._base import Call, Endpoint, Provider, Server
from ._hosts import server_at
from ._mistral_chat import CHAT, EMBEDDINGS, FILL_IN
from ._mistral_conversations import CONVERSATIONS
from ._openai_media import MODERATIONS


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """The wire's view of a request, which is ready to be sent: the SDK has checked it and made JSON of it."""
    request = kwargs["request"] if "request" in kwargs else args[1]
    body: Any = {}
    if request.headers.get("content-type") == "application/json":
        body = decode(request.content)
    # The SDK marks the path of a stream and, on Vertex, where all have one path, what is asked for.
    address, _, mark = str(request.url).partition("#")
    address = f"{address}/fim" if mark == "fim" else address
    return Call(request.method, address, body if type(body) is dict else {}, kwargs.get("stream") is True, request)


def server(_: Any, address: str) -> Server:
    """Who answers at an address; a host that is not known is a gateway to it."""
    return server_at(address, "mistral_ai")


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer calls itself so."""
    return {"chat.completion": CHAT, "conversation.response": CONVERSATIONS}.get(str(body.get("object")))


def _packages() -> tuple[str, ...]:
    """The SDK's package and those for other clouds. Since 2.0 all are in a namespace, found without import."""
    spec = find_spec("mistralai")
    if spec is not None and spec.origin is not None:
        return "mistralai", "mistralai_azure", "mistralai_gcp"
    return "mistralai.client", "mistralai.azure.client", "mistralai.gcp.client"


_PACKAGE, *_OTHER_CLOUDS = _packages()
_METHODS = ("basesdk.BaseSDK.do_request", "basesdk.BaseSDK.do_request_async")
_ERRORS = "models" if _PACKAGE == "mistralai" else "client.errors"


def refusal(status: int) -> str:
    """The exception that the SDK raises of a status."""
    kind = "HTTPValidationError" if status == 422 else "SDKError"
    return f"mistralai.{_ERRORS}.{kind.lower()}.{kind}"


PROVIDER = Provider(
    "mistral",
    _PACKAGE,
    "mistralai",
    "1.9.1",
    _METHODS,
    call,
    server,
    {
        "POST /chat/completions": CHAT,
        "POST /agents/completions": CHAT,
        "POST /fim/completions": FILL_IN,
        "POST /rawPredict": CHAT,
        "POST /streamRawPredict": CHAT,
        "POST /rawPredict/fim": FILL_IN,
        "POST /streamRawPredict/fim": FILL_IN,
        "POST /embeddings": EMBEDDINGS,
        "POST /moderations": MODERATIONS,
        "POST /v1/conversations": CONVERSATIONS,
        "POST /v1/conversations/{}": CONVERSATIONS,
        "POST /v1/conversations/{}/restart": CONVERSATIONS,
    },
    former=tuple(f"{package}:{method}" for package in _OTHER_CLOUDS for method in _METHODS),
    attempts=("basesdk.get_body_content",),
    own_tracers=("_hooks.tracing.get_traced_request_and_span",),
    refusal=refusal,
    answer=answer,
)
