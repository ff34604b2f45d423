"""How much of what was said is kept."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Final

import msgspec

from ..invocation import Invocation, Json

BLOB_LIMIT = 32_000
"""The most characters of a picture's or a recording's base64 that stay on a span."""

_SPACE: Final = re.compile(r"\s")
_WORDS: Final = frozenset({"text", "reasoning", "refusal", "tool_call", "uri", "file"})
"""The parts that hold no picture."""


def without_content(inv: Invocation) -> Invocation:
    """The record without what was said: no message, instruction, tool definition, template, variable or error text."""
    inv.system_instructions, inv.input_messages, inv.output_messages, inv.tool_definitions = [], [], [], []
    inv.error_message = None
    inv.prompts = [msgspec.structs.replace(p, template=None, variables={}) for p in inv.prompts]
    return inv


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
