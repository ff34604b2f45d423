"""How much of what was said is kept."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from ..invocation import Invocation, Part

BLOB_LIMIT = 32_000
"""The most characters of a picture's or a recording's base64 that stay on a span."""


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
                if part.get("type") == "blob" and _is_large(part):
                    message.parts[n] = _digest(part)
    return inv


def _is_large(part: Part) -> bool:
    return isinstance(part.get("content"), str) and len(part["content"]) > BLOB_LIMIT


def _digest(part: Part) -> Part:
    content: str = part["content"]
    digest = sha256(content.encode("ascii", "replace")).hexdigest()
    return {**part, "content": "", "omitted": {"characters": len(content), "sha256": digest}}
