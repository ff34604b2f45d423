"""Hugging Face's ``InferenceClient``, for its own service, for others that it routes to, and for one's own servers.

A request is told apart by its task. Chats are OpenAI's wherever they go; the other tasks have two shapes, by who
answers: Hugging Face's own and OpenAI's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..encoding import decoded
from ..invocation import Invocation, Json, Message, Usage
from . import _openai_chat, _openai_completions, _openai_media
from ._base import Call, Provider, Server, append, child, children, counts, fault, fields, pick, text_of
from ._hosts import address, local_name, name_of

_ROUTER = "router.huggingface.co"
_PARAMETERS = (
    "top_k",
    "typical_p",
    "repetition_penalty",
    "do_sample",
    "truncate",
    "watermark",
    "best_of",
    "adapter_id",
)


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The request as the client has made it for whoever answers."""
    asked = kwargs["request_parameters"] if "request_parameters" in kwargs else args[0]
    if type(asked.json) is not dict:  # sound and pictures are bytes
        return None
    body: Json = {"model": asked.model, **asked.json}
    if "inputs" in body:
        text = body.pop("inputs")
        parameters = child(body, "parameters")
        body = {**body, **parameters, "prompt": text, "input": text} if asked.task in _OF_TEXTS else body
    host, port = address(asked.url)
    name = name_of(host or "") or local_name(host or "", port) or "hugging_face"
    if host == _ROUTER and (service := asked.url.partition(_ROUTER + "/")[2].partition("/")[0]) not in ("", "v1"):
        body["routed_to"] = service
    streamed = kwargs.get("stream") is True
    return Call("POST", f"/{asked.task}", body, streamed, asked, server=Server(name, host, port))


_OF_TEXTS = ("text-generation", "feature-extraction")


def _unknown(*_: Any) -> Server:
    return Server("hugging_face")


def _chat_request(call: Call) -> Invocation:
    return _routed(_openai_chat.request(call), call)


def _generation_request(call: Call) -> Invocation:
    inv = _routed(_openai_completions.request(call), call)
    inv.parameters |= pick(call.body, _PARAMETERS, max_tokens="max_new_tokens")
    return inv


def _embeddings_request(call: Call) -> Invocation:
    inv = _routed(_openai_media.embeddings_request(call), call)
    inv.parameters |= pick(call.body, ("normalize", "truncate", "prompt_name"))
    return inv


def _routed(inv: Invocation, call: Call) -> Invocation:
    inv.parameters |= pick(call.body, ("routed_to",))
    return inv


def _generation_response(inv: Invocation, body: Json) -> None:
    """A text, in either shape; with ``details``, why it ended."""
    if "choices" in body:
        _openai_completions.response(inv, body)
        return
    said = _first(body)
    fault(inv, said)
    reason = text_of(child(said, "details").get("finish_reason"))
    inv.finish_reasons = [reason] if reason else []
    if text := text_of(said.get("generated_text")):
        inv.output_messages = [Message("assistant", [{"type": "text", "content": text}], finish_reason=reason)]


def _generation_usage(body: Json) -> Usage:
    """Tokens; of Hugging Face's own shape those that were made, where ``details`` were asked for."""
    if "choices" in body:
        return _openai_chat.usage(body)
    details = child(_first(body), "details")
    given = details.get("prefill")  # the tokens of the input themselves, with ``decoder_input_details``
    return Usage(*counts(len(given) if given and isinstance(given, list) else None, details.get("generated_tokens")))


def _first(body: Json) -> Json:
    return (children(body, "data") or [body])[0]


def _embeddings_response(inv: Invocation, body: Json) -> None:
    """The size: of a text, of several, or of each word of a text."""
    vector = body.get("data")
    while isinstance(vector, list) and vector and isinstance(vector[0], list):
        vector = vector[0]
    if isinstance(vector, list) and vector and isinstance(vector[0], (int, float)):
        inv.embedding_dimensions = len(vector)
    else:
        _openai_media.embeddings_response(inv, body)


def _body(response: Any) -> Json:
    """The JSON of the bytes that came; a list is under ``data``."""
    found = decoded(response)
    return {"data": found} if isinstance(found, list) else fields(found)


def _event(line: Any) -> Json:
    """What a line of a stream says; the others are empty, or its end."""
    return fields(decoded(line[5:].strip())) if isinstance(line, str) and line.startswith("data:") else {}


def _grow_chat(body: Json, line: Any) -> None:
    if event := _event(line):
        _openai_chat.accumulate(body, event)


def _grow_generation(body: Json, line: Any) -> None:
    event = _event(line)
    if "choices" in event:
        _openai_completions.accumulate(body, event)
    elif event:
        token = child(event, "token")
        if not token.get("special"):
            append(body, "generated_text", token.get("text"))
        body.update(pick(event, ("details", "error")))


PROVIDER = Provider(
    "huggingface",
    "huggingface_hub.inference._client",
    "huggingface_hub",
    oldest="1",
    methods=(
        "InferenceClient._inner_post",
        "huggingface_hub.inference._generated._async_client:AsyncInferenceClient._inner_post",
    ),
    call=call,
    server=_unknown,
    endpoints={
        "POST /conversational": replace(_openai_chat.CHAT, request=_chat_request, accumulate=_grow_chat, body=_body),
        "POST /text-generation": replace(
            _openai_completions.COMPLETIONS,
            request=_generation_request,
            response=_generation_response,
            usage=_generation_usage,
            accumulate=_grow_generation,
            body=_body,
        ),
        "POST /feature-extraction": replace(
            _openai_media.EMBEDDINGS, request=_embeddings_request, response=_embeddings_response, body=_body
        ),
    },
)
