"""Mistral's chat, agents, fill-in-the-middle and embeddings: OpenAI's shapes, with what Mistral has of its own."""

from __future__ import annotations

from ..invocation import Invocation, Message
from ..semconv import AGENT_ID, OPENAI_API_TYPE, TEXT_COMPLETION
from ..semconv import CHAT as CHAT_OPERATION
from ..semconv import EMBEDDINGS as EMBEDDINGS_OPERATION
from . import _openai_chat as chat
from . import _openai_media as media
from ._base import Call, Endpoint, pick, text_of
from ._openai_completions import texts

_PARAMETERS = ("top_k", "min_tokens", "repetition_penalty", "safe_prompt", "prompt_mode")


def chat_request(call: Call) -> Invocation:
    """A chat's request; one to an agent names that in place of a model."""
    inv = chat.request(call)
    del inv.attributes[OPENAI_API_TYPE]
    inv.parameters |= pick(call.body, _PARAMETERS, seed="random_seed")
    if agent := text_of(call.body.get("agent_id")):
        inv.attributes[AGENT_ID] = agent
    return inv


def fill_in_request(call: Call) -> Invocation:
    """A text with a gap: what comes before, and what comes after."""
    body = call.body
    inv = Invocation(TEXT_COMPLETION, request_model=text_of(body.get("model")), parameters=chat.parameters(body))
    inv.parameters |= pick(body, _PARAMETERS, seed="random_seed")
    inv.input_messages = texts(body.get("prompt")) or [Message("user", [])]
    if after := text_of(body.get("suffix")):
        inv.input_messages[0].parts.append({"type": "suffix", "content": after})
    return inv


def embeddings_request(call: Call) -> Invocation:
    """Texts to embed."""
    inv = media.embeddings_request(call)
    inv.parameters |= pick(call.body, ("output_dtype",), dimensions="output_dimension")
    return inv


CHAT = Endpoint(CHAT_OPERATION, chat_request, chat.response, chat.usage, chat.accumulate)
FILL_IN = Endpoint(TEXT_COMPLETION, fill_in_request, chat.response, chat.usage, chat.accumulate)
EMBEDDINGS = Endpoint(EMBEDDINGS_OPERATION, embeddings_request, media.embeddings_response, media.embeddings_usage)
