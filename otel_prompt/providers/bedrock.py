"""Amazon Bedrock by botocore, and so by boto3: Converse, InvokeModel with its models' own bodies, guardrails, searches.

All of AWS's services go through one method. What is asked of it is told apart by the operation's name, which costs the
other services next to nothing, and then by the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from ..invocation import Invocation, Json
from ..semconv import BEDROCK_GUARDRAIL
from ._base import Call, Endpoint, Provider, Server, child, fields, text_of
from ._bedrock_converse import CONVERSE
from ._bedrock_guardrail import GUARDRAIL
from ._bedrock_invoke import KINDS, json_of, kind
from ._bedrock_knowledge import KNOWLEDGE, knowledge_base
from ._bedrock_names import model_of

_SERVICES = frozenset({"bedrock-runtime", "bedrock-agent-runtime"})


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a call: of ``_make_api_call(operation_name, api_params)``."""
    read = _OPERATIONS.get(args[0] if args else kwargs["operation_name"])
    if read is None:
        return None
    params = args[1] if len(args) > 1 else kwargs["api_params"]
    return read(params) if type(params) is dict else None


def _asked(path: str, params: Json, *, stream: bool = False) -> Call:
    model = model_of(params.get("modelId"))
    body = params if model is None else {**params, "model": model}
    return Call("POST", path, dict(body), stream, params)


def _invoked(params: Json, *, stream: bool = False) -> Call:
    """A body of a model's own; what is said beside it is the guardrail."""
    model, body = model_of(params.get("modelId")), json_of(params.get("body"))
    said = {k: params[k] for k in ("guardrailIdentifier",) if k in params}
    name = kind(model or "", body)
    return Call("POST", f"/invoke/{name}", {**body, **said, "model": model}, stream, params)


def _searched(params: Json, *, stream: bool = False) -> Call:
    return Call("POST", "/search", dict(params), stream, params, source=knowledge_base(params))


_OPERATIONS: Mapping[str, Callable[[Json], Call]] = {
    "Converse": partial(_asked, "/converse"),
    "ConverseStream": partial(_asked, "/converse", stream=True),
    "InvokeModel": _invoked,
    "InvokeModelWithResponseStream": partial(_invoked, stream=True),
    "ApplyGuardrail": partial(_asked, "/guardrail"),
    "Retrieve": _searched,
    "RetrieveAndGenerate": _searched,
    "RetrieveAndGenerateStream": partial(_searched, stream=True),
}


def server(client: Any, _: str) -> Server | None:
    """Who answers a client; None for one of another service, some of which have operations of the same names."""
    if client.meta.service_model.service_name not in _SERVICES:
        return None
    return _server(client.meta.endpoint_url)


@cache
def _server(address: str) -> Server:
    url = urlsplit(address)
    return Server("aws.bedrock", url.hostname, url.port or {"https": 443, "http": 80}.get(url.scheme))


def unparsed(error: BaseException) -> Any:
    """What the service said where botocore raises it as an exception."""
    said = getattr(error, "response", None)
    return said if isinstance(said, dict) else None


def _aws(inner: Endpoint, unread: str | None = None) -> Endpoint:
    """An endpoint, with what AWS says around every answer."""
    return replace(
        inner,
        request=partial(_request, inner),
        response=partial(_response, inner),
        accumulate=partial(_accumulate, inner),
        unread=unread,
    )


def _request(inner: Endpoint, call: Call) -> Invocation:
    inv = inner.request(call)
    body = call.body
    guardrail = child(body, "guardrailConfig").get("guardrailIdentifier") or body.get("guardrailIdentifier")
    if (name := text_of(guardrail)) is not None:
        inv.attributes[BEDROCK_GUARDRAIL] = name.rpartition("/")[2]
    return inv


def _response(inner: Endpoint, inv: Invocation, body: Json) -> None:
    inner.response(inv, body)
    about = child(body, "ResponseMetadata")
    inv.response_id = inv.response_id or text_of(about.get("RequestId"))
    if isinstance(again := about.get("RetryAttempts"), int):
        inv.attempts = again + 1
    if "Error" in body:
        inv.http_status = about.get("HTTPStatusCode")


def _accumulate(inner: Endpoint, body: Json, event: Any) -> None:
    if "ResponseMetadata" in event:
        body.update(event)
    elif inner.accumulate is not None:
        inner.accumulate(body, fields(event))


def answer(body: Json) -> Endpoint | None:
    """The endpoint whose answer has these fields; a model's own body is another client's, too."""
    return CONVERSE if "stopReason" in body and "output" in body else None


PROVIDER = Provider(
    name="bedrock",
    module="botocore.client",
    distribution="botocore",
    oldest="1.38",
    methods=("BaseClient._make_api_call",),
    call=call,
    server=server,
    unparsed=unparsed,
    answer=answer,
    endpoints={
        "POST /converse": _aws(CONVERSE, "stream"),
        "POST /guardrail": _aws(GUARDRAIL),
        "POST /search": _aws(KNOWLEDGE, "stream"),
        **{f"POST /invoke/{name}": _aws(endpoint, "body") for name, endpoint in KINDS.items()},
    },
)
