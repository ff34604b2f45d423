"""llama.cpp in this process: ``llama_cpp.Llama``, whose arguments and answers are OpenAI's.

A streamed answer does not say its tokens.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Final

from ..invocation import Json
from ._in_process import file_name, local, server
from ._methods import provider
from ._openai_chat import CHAT
from ._openai_completions import COMPLETIONS
from ._openai_media import EMBEDDINGS

_FORMATS: Final = "llama_cpp.llama_chat_format"
_NEAR: Final = 8
"""Among so many callers, most of them ours, is the one that asks."""


def asked(model: Any, given: Json) -> Json:
    """The arguments, and the name of the model's file where the caller gave none."""
    return {**given, "model": given.get("model") or file_name(model.model_path)}


def completion(model: Any, given: Json) -> Json | None:
    """A completion; one that a format of chats asks for while the stream of a chat is being read is a part of that."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_NEAR):
        if frame is None:
            break
        if frame.f_globals.get("__name__") == _FORMATS:
            return None
        frame = frame.f_back
    return asked(model, given)


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
        "create_completion": (completion, local(COMPLETIONS)),
        "__call__": (completion, local(COMPLETIONS)),
        "create_embedding": (asked, local(EMBEDDINGS)),
    },
    defaults=False,
    server=server("llama_cpp"),
)
