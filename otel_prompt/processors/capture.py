"""How much of what was said is kept."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Final

import msgspec

from ..invocation import Invocation, Json, is_word
from ..semconv import PROMPT_FUNCTION, RETRIEVAL_DOCUMENTS, RETRIEVAL_QUERY

BLOB_LIMIT = 32_000
"""The most characters of a picture's or a recording's base64 that stay on a span."""

_SPACE: Final = re.compile(r"\s")
_WORDS: Final = frozenset({"text", "reasoning", "refusal", "tool_call", "uri", "file"})
"""The parts that hold no picture."""


_CHOICES: Final = frozenset(
    {
        "reasoning.level", "verbosity", "truncation", "tool_choice", "modalities", "encoding_formats", "size",
        "quality", "style", "background", "output_format", "moderation", "language", "voice", "response_format",
        "previous_response.id",
    }
)  # fmt: skip
"""The parameters that are one of a few words, or an id. Any other text in a parameter is content, such as what to
stop at; so is an object, such as a tool's name in ``tool_choice``."""


def without_content(inv: Invocation) -> Invocation:
    """The record without what was said.

    No message, instruction, tool definition, template, variable or error text, no query and nothing of a document but
    its id and its score, and none of the parameters and other facts that are free text: they stay if they are a number
    or a word.
    """
    inv.system_instructions, inv.input_messages, inv.output_messages, inv.tool_definitions = [], [], [], []
    inv.error_message = None
    inv.parameters = {name: value for name, value in inv.parameters.items() if _says_nothing(name, value)}
    inv.attributes = {
        k: v for k, v in inv.attributes.items() if k == PROMPT_FUNCTION or not isinstance(v, str) or is_word(v)
    }
    inv.attributes.pop(RETRIEVAL_QUERY, None)
    if (found := inv.attributes.get(RETRIEVAL_DOCUMENTS)) is not None:
        inv.attributes[RETRIEVAL_DOCUMENTS] = [_found(document) for document in found]
    inv.finish_reasons = [reason for reason in inv.finish_reasons if is_word(reason)]
    for field in ("conversation_id", "response_status", "response_id"):
        if not is_word(getattr(inv, field), 200):
            setattr(inv, field, None)
    inv.prompts = [msgspec.structs.replace(p, template=None, variables={}) for p in inv.prompts]
    return inv


def _found(document: Json) -> Json:
    return {
        name: value
        for name in ("id", "score", "distance", "query")
        if (value := document.get(name)) is not None and (not isinstance(value, str) or is_word(value, 200))
    }


def _says_nothing(name: str, value: Any) -> bool:
    if isinstance(value, (bool, int, float)):
        return True
    return name in _CHOICES and all(is_word(v) for v in (value if isinstance(value, list) else [value]))


def without_large_blobs(inv: Invocation) -> Invocation:
    """The record with large pictures and recordings given by size and digest; the text beside them stays."""
    for messages in (inv.input_messages, inv.output_messages):
        for message in messages:
            for n, part in enumerate(message.parts):
                if (kind := part.get("type")) in _WORDS:
                    continue
                if kind != "blob":
                    message.parts[n] = _lightened(part)
                elif _is_large(part.get("content")):
                    message.parts[n] = {**part, "content": "", "omitted": _digest(part["content"])}
    return inv


def _is_large(content: Any) -> bool:
    return isinstance(content, str) and len(content) > BLOB_LIMIT


def _digest(content: str) -> Json:
    digest = sha256(content.encode("ascii", "replace")).hexdigest()
    return {"characters": len(content), "sha256": digest}


def _lightened(value: Any) -> Any:
    """A tool's result or an unknown part, where base64 may be anywhere: it is long, and has no spaces."""
    if isinstance(value, dict):
        return {k: _lightened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_lightened(v) for v in value]
    return {"omitted": _digest(value)} if _is_large(value) and not _SPACE.search(value) else value
