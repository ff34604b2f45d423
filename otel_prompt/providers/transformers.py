"""The pipelines of ``transformers`` that generate text, of a text or of a chat. They do not say their tokens."""

from __future__ import annotations

from typing import Any

from ..invocation import Json
from ..semconv import CHAT as CHAT_OPERATION
from ..semconv import TEXT_COMPLETION
from ._in_process import file_name, local, server
from ._methods import provider
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS

_RENAMED = {"max_new_tokens": "max_tokens", "num_return_sequences": "n", "stop_strings": "stop"}


def asked(pipeline: Any, given: Json) -> Json:
    """A chat, a text, or a list of them."""
    inputs: Any = given.get("text_inputs")
    body = {_RENAMED.get(name, name): value for name, value in given.items() if name != "text_inputs"}
    body["model"] = file_name(getattr(pipeline.model, "name_or_path", None) or type(pipeline.model).__name__)
    chats = _chats(inputs)
    if chats:
        body["messages"] = [message for chat in chats for message in chat]
    else:
        body["prompt"] = inputs
    return {**body, "stream": False, "operation": CHAT_OPERATION if chats else TEXT_COMPLETION}


def _chats(inputs: Any) -> list[list[Json]]:
    """The conversations among the inputs: one is a list of messages, or an object that holds it."""
    if (held := getattr(inputs, "messages", None)) is not None:
        return [held]
    if not isinstance(inputs, (list, tuple)) or not inputs:
        return []
    if isinstance(inputs[0], dict):
        return [list(inputs)]
    return [chat for each in inputs for chat in _chats(each)]


def body(answer: Any) -> Json:
    """What was generated, one choice for each; of a chat the new message, which stands last."""
    return {"choices": [_choice(each) for each in _flat(answer)]}


def _flat(answer: Any) -> list[Json]:
    """The answers of one input, or of each of several; those that are yet to come, of a data set, are left alone."""
    if isinstance(answer, dict):
        return [answer]
    return [each for part in answer for each in _flat(part)] if isinstance(answer, list) else []


def _choice(answer: Json) -> Json:
    said = answer.get("generated_text")
    if isinstance(said, list):
        return {"message": said[-1] if said else {}}
    return {"text": said, "message": {"role": "assistant", "content": said}}


PROVIDER = provider(
    "transformers",
    oldest="4.50",
    methods=("transformers.pipelines.text_generation:TextGenerationPipeline.__call__",),
    readers={"__call__": (asked, local(CHAT, body))},
    others=(local(COMPLETIONS, body),),
    defaults=False,
    server=server("transformers"),
)
