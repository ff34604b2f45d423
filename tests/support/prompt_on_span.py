"""An answer to any chat, and what the span of its call says of the prompt."""

from __future__ import annotations

from otel_prompt import semconv

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
}  # fmt: skip


def about(attributes):
    """What a span says of the prompt, by the last part of each name."""
    found = {
        name: attributes[key]
        for name, key in (
            ("name", semconv.PROMPT_NAME), ("version", semconv.PROMPT_VERSION), ("label", semconv.PROMPT_LABEL),
            ("template", semconv.PROMPT_TEMPLATE), ("hash", semconv.PROMPT_TEMPLATE_HASH),
            ("source", semconv.PROMPT_SOURCE), ("id", semconv.PROMPT_ID),
        )
        if key in attributes
    }  # fmt: skip
    prefix = semconv.PROMPT_VARIABLE_PREFIX
    variables = {key[len(prefix) :]: value for key, value in attributes.items() if key.startswith(prefix)}
    return found | ({"variables": variables} if variables else {})
