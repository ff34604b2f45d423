"""What the identities say by which a request to Bedrock names its model, or a prompt in place of one."""

from __future__ import annotations

import re
from typing import Any

from ..invocation import Json, PromptIdentity
from ._base import child, fields, text_of

_UNNAMED = ("provisioned-model", "application-inference-profile", "custom-model", "imported-model", "prompt-router")
_PROMPT = re.compile(r"arn:[^:]+:bedrock:[^:]*:[^:]*:prompt/([^:]+)(?::(.+))?")


def model_of(identity: Any) -> str | None:
    """The model that an identity names: of an ARN of a model, or of an inference profile across regions, its end.

    An ARN that names no model, such as one of a provisioned throughput, stays what it is; that of a prompt is none.
    """
    text = text_of(identity)
    if text is None or not text.startswith("arn:"):
        return text
    kind_of, _, name = text.split(":", 5)[-1].partition("/")
    if kind_of == "prompt":
        return None
    return name if "." in name and not kind_of.startswith(_UNNAMED) else text


def prompt(body: Json) -> PromptIdentity | None:
    """The prompt of Bedrock's prompt management, which a request names in place of a model."""
    named = _PROMPT.fullmatch(text_of(body.get("modelId")) or "")
    if named is None:
        return None
    given = {k: text for k, v in child(body, "promptVariables").items() if (text := text_of(fields(v).get("text")))}
    return PromptIdentity(named[1], named[2], variables=given, source="bedrock", id=named[1])
