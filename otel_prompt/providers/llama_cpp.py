"""llama.cpp in this process: ``llama_cpp.Llama``, whose arguments and answers are OpenAI's.

A streamed answer does not say its tokens.
"""

from __future__ import annotations

from typing import Any

from ..invocation import Json
from ._in_process import file_name, local, server
from ._methods import provider
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS
from ._openai_media import EMBEDDINGS


def asked(model: Any, given: Json) -> Json:
    """The arguments, and the name of the model's file where the caller gave none."""
    return {**given, "model": given.get("model") or file_name(model.model_path)}


PROVIDER = provider(
    "llama-cpp",
    module="llama_cpp",
    distribution="llama-cpp-python",
    oldest="0.3.36",
    methods=(
        "Llama.create_chat_completion",
        "Llama.create_completion",
        "Llama.__call__",
        "Llama.create_embedding",
    ),
    readers={
        "create_chat_completion": (asked, local(CHAT)),
        "create_completion": (asked, local(COMPLETIONS)),
        "__call__": (asked, local(COMPLETIONS)),
        "create_embedding": (asked, local(EMBEDDINGS)),
    },
    defaults=False,
    server=server("llama_cpp"),
)
