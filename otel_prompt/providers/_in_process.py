"""Models that run in this very process: what they are asked and what they answer is read in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..invocation import Invocation, Json
from ..semconv import OPENAI_API_TYPE
from ._base import Call, Endpoint, Server, pick

_SAMPLING = ("top_k", "min_p", "typical_p", "repeat_penalty", "repetition_penalty", "num_beams", "do_sample")
"""The parameters of sampling that are not OpenAI's."""


def local(endpoint: Endpoint, body: Callable[[Any], Json] | None = None) -> Endpoint:
    """An endpoint of OpenAI's for a model in this process.

    Args:
        endpoint: what reads the shape.
        body: makes it of an answer that has another.
    """

    def request(call: Call) -> Invocation:
        found = endpoint.request(call)
        found.attributes.pop(OPENAI_API_TYPE, None)
        found.parameters |= pick(call.body, _SAMPLING)
        return found

    def response(inv: Invocation, body: Json) -> None:
        endpoint.response(inv, body)
        inv.response_model = None  # the one that was asked, or the path of its file

    return replace(endpoint, request=request, response=response, body=body)


def server(name: str) -> Callable[[Any], Server]:
    """Who answers: a library."""
    found = Server(name, in_process=True)
    return lambda _: found


def file_name(path: Any) -> str | None:
    """What a model's file, its folder or its name on a hub is called. Where the file is, is nobody's business."""
    text = str(path).replace("\\", "/").rstrip("/")
    return (text if text.count("/") == 1 and not text.startswith((".", "/", "~")) else text.rpartition("/")[2]) or None
