"""vLLM's engine in this process: ``LLM.generate`` and ``LLM.chat``. Its server is reached by OpenAI's client."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ..invocation import Json
from ._in_process import file_name, local, server
from ._methods import provider
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS

_SAMPLING = (
    "temperature", "top_p", "top_k", "min_p", "max_tokens", "seed", "n", "presence_penalty", "frequency_penalty",
    "repetition_penalty", "stop",
)  # fmt: skip
_UNSET = {"top_k": (0, -1), "min_p": (0.0,), "stop": ([],), "repetition_penalty": (1.0,)}
"""What an object of sampling parameters holds where the caller has given none."""


def generate(engine: Any, given: Json) -> Json:
    """Texts to go on with; lists of tokens are left out."""
    prompts: Any = given.get("prompts")
    listed = prompts if isinstance(prompts, (list, tuple)) else [prompts]
    texts = [each.get("prompt") if isinstance(each, dict) else each for each in listed]
    return {**_about(engine, given), "prompt": [text for text in texts if isinstance(text, str)]}


def chat(engine: Any, given: Json) -> Json:
    """A conversation, or several."""
    messages: Any = given.get("messages") or []
    if messages and isinstance(messages[0], (list, tuple)):
        messages = list(chain.from_iterable(messages))
    return {**_about(engine, given), "messages": messages, "tools": given.get("tools") or []}


def _about(engine: Any, given: Json) -> Json:
    held: Any = given.get("sampling_params")
    sampling = held[0] if isinstance(held, (list, tuple)) and held else held
    asked = {name: value for name in _SAMPLING if (value := getattr(sampling, name, None)) is not None}
    config = getattr(engine, "model_config", None) or engine.llm_engine.model_config
    return {
        **{name: value for name, value in asked.items() if value not in _UNSET.get(name, ())},
        "model": file_name(config.model),
    }


def body(answer: Any) -> Json:
    """What was generated for each prompt, and the tokens of all."""
    outputs = [output for request in answer for output in request.outputs]
    return {
        "choices": [
            {"text": o.text, "message": {"role": "assistant", "content": o.text}, "finish_reason": o.finish_reason}
            for o in outputs
        ],
        "usage": {
            "prompt_tokens": sum(len(request.prompt_token_ids or ()) for request in answer),
            "completion_tokens": sum(len(o.token_ids) for o in outputs),
            "prompt_tokens_details": {"cached_tokens": _cached(answer)},
        },
    }


def _cached(answer: Any) -> int | None:
    """The tokens that were in the cache already; None where the engine did not count them."""
    counted = [n for request in answer if (n := getattr(request, "num_cached_tokens", None)) is not None]
    return sum(counted) if counted else None


PROVIDER = provider(
    "vllm",
    oldest="0.8",
    methods=("vllm.entrypoints.llm:LLM.generate", "vllm.entrypoints.llm:LLM.chat"),
    readers={"generate": (generate, local(COMPLETIONS, body)), "chat": (chat, local(CHAT, body))},
    defaults=False,
    server=server("vllm"),
)
