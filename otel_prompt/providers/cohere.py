"""Cohere's SDK, of both versions of its API.

Classifying, counting and cutting of tokens, data sets and jobs are not traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Json
from ._base import Call, Endpoint, Provider, Server
from ._cohere_chat import CHAT
from ._cohere_first import FIRST_CHAT, GENERATE
from ._cohere_search import EMBED, RANK
from ._hosts import server_at

_ERRORS: Mapping[int, str] = {
    400: "bad_request_error.BadRequestError",
    401: "unauthorized_error.UnauthorizedError",
    403: "forbidden_error.ForbiddenError",
    404: "not_found_error.NotFoundError",
    422: "unprocessable_entity_error.UnprocessableEntityError",
    429: "too_many_requests_error.TooManyRequestsError",
    498: "invalid_token_error.InvalidTokenError",
    499: "client_closed_request_error.ClientClosedRequestError",
    500: "internal_server_error.InternalServerError",
    501: "not_implemented_error.NotImplementedError",
    503: "service_unavailable_error.ServiceUnavailableError",
    504: "gateway_timeout_error.GatewayTimeoutError",
}


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The wire's view of a request. What is retried is called with the same body again."""
    given = kwargs.get("json")
    if type(given) is not dict:
        return None
    absent = kwargs.get("omit")
    body = {k: v for k, v in given.items() if v is not None and v is not absent}
    if more := (kwargs.get("request_options") or {}).get("additional_body_parameters"):
        body.update(more)
    path = args[0] if args else kwargs.get("path")
    return Call(str(kwargs.get("method")), str(path), body, body.get("stream") is True, given)


def server(client: Any, _: str) -> Server:
    """Who answers a client; a host that is not known is a gateway to it."""
    return server_at(client.base_url() if client.base_url is not None else "", "cohere")


def refusal(status: int) -> str:
    """The exception that the SDK raises of a status."""
    return f"cohere.errors.{_ERRORS[status]}" if status in _ERRORS else "cohere.core.api_error.ApiError"


def answer(body: Json) -> Endpoint | None:
    """The endpoint that gives such an answer."""
    if "finish_reason" in body and "message" in body:
        return CHAT
    return FIRST_CHAT if "generation_id" in body and "text" in body else None


PROVIDER = Provider(
    "cohere",
    # What both clients are made of. The package itself imports nothing until it is asked for.
    "cohere.core.client_wrapper",
    "cohere",
    "5.16",
    ("HttpClient.request", "HttpClient.stream", "AsyncHttpClient.request", "AsyncHttpClient.stream"),
    call,
    server,
    {
        "POST v1/chat": FIRST_CHAT,
        "POST v2/chat": CHAT,
        "POST v1/generate": GENERATE,
        "POST v1/embed": EMBED,
        "POST v2/embed": EMBED,
        "POST v1/rerank": RANK,
        "POST v2/rerank": RANK,
    },
    attempts=("HttpClient.get_base_url", "AsyncHttpClient.get_base_url"),
    refusal=refusal,
    answer=answer,
)
