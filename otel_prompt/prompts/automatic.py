"""An identity for a call with no known prompt: the function that made it, and a hash of what stays the same in it.

It claims no name and no version, and says that it is automatic. What it is for: that a prompt changed between two days
is visible also where nobody declared a version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import CodeType, FrameType
from typing import Any, Final, TypeAlias

from .. import semconv
from ..invocation import Json
from ._recognition import SYSTEM, texts

_NOT_THE_CALLER: Final = frozenset(
    {
        "agents", "aioboto3", "aiobotocore", "anthropic", "anyio", "asyncio", "backoff", "boto3", "botocore", "cohere",
        "concurrent", "contextlib", "contextvars", "functools", "google", "groq", "huggingface_hub", "instructor",
        "langchain", "langchain_anthropic", "langchain_aws", "langchain_classic", "langchain_community",
        "langchain_core", "langchain_openai", "langgraph", "langsmith", "litellm", "llama_cpp", "llama_index",
        "llama_index_instrumentation", "mistralai", "ollama", "openai", "opentelemetry", "otel_prompt", "pydantic_ai",
        "runpy", "tenacity", "threading", "together", "transformers", "vllm", "workflows", "wrapt",
    }
)  # fmt: skip
"""The packages whose functions call on behalf of somebody else's."""

_LOOP: Final = frozenset({"asyncio.base_events", "asyncio.events", "asyncio.runners"})
"""Where these call a task, who began the task is not known: who runs the loop is another function."""

_MOST: Final = 1024
_MOST_HASHES: Final = 32
_LONG: Final = 100_000
"""A system message of so many characters is hashed at each call, rather than held."""
_DOCSTRING: Final = 0x4000000
_Caller: TypeAlias = tuple[CodeType, str | None, Any]
"""Some code, the function's name, its constants' hash so far.

The name is None for what calls on behalf of somebody else, and empty for what nobody is to be looked for behind."""

_NOBODY: Final[_Caller] = ((lambda: None).__code__, None, sha256())
"""Where no function is known, the system message is all that stays the same."""

_callers: dict[int, _Caller] = {}
"""By the id of the code, which is held, since equal code may stand in two modules."""
_hashes: dict[tuple[int, str], str] = {}


def automatic(body: Json) -> dict[str, Any]:
    """The span attributes of a call with no known prompt.

    Args:
        body: the request.
    """
    caller = _caller(sys._getframe(1))
    system = "\n".join([text for rank, text in texts(body) if rank == SYSTEM])
    if caller is None:
        return {semconv.PROMPT_SOURCE: "auto", semconv.PROMPT_TEMPLATE_HASH: _hash(_NOBODY, system)} if system else {}
    return {
        semconv.PROMPT_SOURCE: "auto",
        semconv.PROMPT_FUNCTION: caller[1],
        semconv.PROMPT_TEMPLATE_HASH: _hash(caller, system),
    }


def calling_function() -> str | None:
    """The full name of the application's function that has called here; None where a library has."""
    caller = _caller(sys._getframe(1))
    return caller[1] if caller is not None else None


def _caller(frame: FrameType | None) -> _Caller | None:
    while frame is not None:
        code = frame.f_code
        caller = _callers.get(id(code)) or _described(code, frame.f_globals)
        if (name := caller[1]) is not None:
            return caller if name else None
        frame = frame.f_back
    return None


def _hash(caller: _Caller, system: str) -> str:
    key = (id(caller[0]), system)
    if (found := _hashes.get(key)) is None:
        whole = caller[2].copy()
        whole.update(system.encode("utf-8", "replace"))
        found = whole.hexdigest()
        if len(system) < _LONG:
            if len(_hashes) >= _MOST_HASHES:
                _hashes.clear()
            _hashes[key] = found
    return found


def _described(code: CodeType, scope: Mapping[str, Any]) -> _Caller:
    if len(_callers) >= _MOST:
        _callers.clear()
        _hashes.clear()
    module = str(scope.get("__name__", ""))
    constants = sha256()
    if module.partition(".")[0] in _NOT_THE_CALLER:
        caller = (code, "" if module in _LOOP else None, constants)
    else:
        for text in _constants(code, scope):
            constants.update(text.encode("utf-8", "replace") + b"\0")
        caller = (code, f"{module}.{getattr(code, 'co_qualname', code.co_name)}", constants)
    _callers[id(code)] = caller
    return caller


def _constants(code: CodeType, scope: Mapping[str, Any]) -> Iterator[str]:
    """The texts that a function is written with: its own, without its docstring, and those of constants it names.

    A single word is no text: it is a key, a role or a model's name.
    """
    for n, constant in enumerate(code.co_consts):
        if isinstance(constant, str):
            if _is_text(constant) and not (n == 0 and _has_docstring(code)):
                yield constant
        elif isinstance(constant, tuple):
            yield from (text for text in constant if isinstance(text, str) and _is_text(text))
        elif isinstance(constant, CodeType) and constant.co_name.startswith("<"):
            yield from _constants(constant, scope)
    for name in code.co_names:
        if name.isupper() and isinstance(text := scope.get(name), str):
            yield str.__str__(text)


def _is_text(constant: str) -> bool:
    return any(character.isspace() for character in constant)


def _has_docstring(code: CodeType) -> bool:
    if sys.version_info >= (3, 14):
        return bool(code.co_flags & _DOCSTRING)
    # Until 3.13 a function's first constant is its docstring, or None.
    return not code.co_name.startswith("<")
