"""Ollama's own client, which speaks its own API: chats, generations and embeddings of models on one's machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import Invocation, Json, Message, Part, Usage
from ..semconv import CHAT, EMBEDDINGS, OLLAMA_PREFIX, TEXT_COMPLETION
from ._base import Call, Endpoint, Provider, Server, append, child, children, counts, fault, fields, pick, text_of
from ._hosts import address, name_of
from ._openai_completions import texts
from ._openai_messages import message, tool_definition

_RENAMED: Mapping[str, str] = {"num_predict": "max_tokens", "stop": "stop_sequences"}
_DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
_AT_THE_END = ("done_reason", "prompt_eval_count", "eval_count", *_DURATIONS)
_NOTHING: Json = {}


def call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The request, which a function of the client has made of its arguments."""
    body = kwargs.get("json")
    if len(args) < 3 or type(body) is not dict:  # lists of models and the like have none
        return None
    return Call(args[1], args[2], dict(body), kwargs.get("stream") is True, body)


def server(client: Any, _: str) -> Server:
    """The machine that is asked: one's own, another, or Ollama's service."""
    host, port = address(str(client._client.base_url))
    return Server(name_of(host or "") or "ollama", host, port)


def _request(call: Call, operation: str) -> Invocation:
    """What all requests have."""
    body = call.body
    options = {_RENAMED.get(name, name): value for name, value in child(body, "options").items() if value is not None}
    if type(options.get("stop_sequences")) is str:
        options["stop_sequences"] = [options["stop_sequences"]]
    think = body.get("think")
    if think is not None:
        options["reasoning.level" if isinstance(think, str) else "think"] = think
    inv = Invocation(operation, request_model=text_of(body.get("model")), parameters=options)
    if body.get("format"):  # "json", or a schema
        inv.output_type = "json"
    return inv


def chat_request(call: Call) -> Invocation:
    """Messages and tools."""
    inv = _request(call, CHAT)
    inv.input_messages = [_message(m) for m in children(call.body, "messages")]
    inv.tool_definitions = [tool_definition(t) for t in children(call.body, "tools")]
    return inv


def generate_request(call: Call) -> Invocation:
    """A prompt, with pictures and instructions."""
    inv = _request(call, TEXT_COMPLETION)
    if system := text_of(call.body.get("system")):
        inv.system_instructions = [{"type": "text", "content": system}]
    inv.input_messages = texts(call.body.get("prompt"))
    if pictures := _pictures(call.body):
        inv.input_messages = inv.input_messages or [Message("user", [])]
        inv.input_messages[0].parts += pictures
    inv.parameters |= pick(call.body, ("suffix", "raw", "template"))
    return inv


def embed_request(call: Call) -> Invocation:
    """Texts to embed; the older of the two endpoints takes one, as a prompt."""
    inv = _request(call, EMBEDDINGS)
    inv.input_messages = texts(call.body.get("input", call.body.get("prompt")))
    inv.parameters |= pick(call.body, ("dimensions",))
    return inv


def _message(m: Json, reason: str | None = None) -> Message:
    more = pick(m, (), reasoning_content="thinking", name="tool_name")
    found = message({**m, **more} if more else m, reason)
    found.parts += _pictures(m)
    return found


def _pictures(m: Json) -> list[Part]:
    images = m.get("images")
    held = images if isinstance(images, (list, tuple)) else ()
    return [{"type": "blob", "modality": "image", "content": i} for i in held if isinstance(i, str)]


def _described(inv: Invocation, body: Json) -> str | None:
    """Who answered, how long the server says that each part took, and why it ended."""
    fault(inv, body)
    inv.response_model = text_of(body.get("model"))
    for name in _DURATIONS:
        if (nanoseconds := counts(body.get(name))[0]) is not None:
            inv.attributes[OLLAMA_PREFIX + name] = nanoseconds / 1e9
    reason = text_of(body.get("done_reason"))
    inv.finish_reasons = [reason] if reason else []
    return reason


def chat_response(inv: Invocation, body: Json) -> None:
    """The message, or what has come of it."""
    reason = _described(inv, body)
    if said := child(body, "message"):
        inv.output_messages = [_message(said, reason)]


def generate_response(inv: Invocation, body: Json) -> None:
    """The text, and the thought before it; of some models a picture."""
    reason = _described(inv, body)
    said: Json = {"role": "assistant", **pick(body, ("thinking",), content="response")}
    if len(said) > 1:
        inv.output_messages = [_message(said, reason)]
    if picture := text_of(body.get("image")):
        inv.output_messages = inv.output_messages or [Message("assistant", [], finish_reason=reason)]
        inv.output_messages[0].parts.append({"type": "blob", "modality": "image", "content": picture})


def embed_response(inv: Invocation, body: Json) -> None:
    """The size; the vectors are left alone."""
    _described(inv, body)
    several = body.get("embeddings")
    vector: Any = several[0] if several and isinstance(several, (list, tuple)) else body.get("embedding")
    if hasattr(vector, "__len__"):
        inv.embedding_dimensions = len(vector)


def usage(body: Json) -> Usage:
    """Tokens. The server counts no input that it still has in memory from the call before."""
    return Usage(*counts(body.get("prompt_eval_count"), body.get("eval_count")))


def accumulate(body: Json, chunk: Any) -> None:
    """Grow the answer: of a chat its message, of a generation the text itself."""
    held = chunk if type(chunk) is dict else getattr(chunk, "__dict__", _NOTHING)
    if (said := held.get("message")) is not None:
        piece = fields(said)
        grown = body.setdefault("message", {"role": "assistant"})
        append(grown, "content", piece.get("content"))
        append(grown, "thinking", piece.get("thinking"))
        if calls := piece.get("tool_calls"):
            grown["tool_calls"] = [*grown.get("tool_calls", ()), *calls]
    append(body, "response", held.get("response"))
    append(body, "thinking", held.get("thinking"))
    if "model" not in body or held.get("done"):
        body.update(pick(held, ("model", "image", "error", *_AT_THE_END)))


PROVIDER = Provider(
    "ollama",
    "ollama",
    "ollama",
    oldest="0.4",
    methods=("Client._request", "AsyncClient._request"),
    call=call,
    server=server,
    endpoints={
        "POST /api/chat": Endpoint(CHAT, chat_request, chat_response, usage, accumulate),
        "POST /api/generate": Endpoint(TEXT_COMPLETION, generate_request, generate_response, usage, accumulate),
        "POST /api/embed": Endpoint(EMBEDDINGS, embed_request, embed_response, usage),
        "POST /api/embeddings": Endpoint(EMBEDDINGS, embed_request, embed_response, usage),
    },
)
