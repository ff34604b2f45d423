"""Bedrock's ApplyGuardrail: texts are judged, and perhaps rewritten, without a model."""

from __future__ import annotations

from ..invocation import Invocation, Json, Message, Part
from ..semconv import GUARDRAIL_ACTION, MODERATION
from ._base import Call, Endpoint, child, children, text_of
from ._bedrock_blocks import parts

_POLICIES = ("topicPolicy", "contentPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy")


def request(call: Call) -> Invocation:
    """What is to be judged: what a user has said, or what a model has."""
    body = call.body
    role = "assistant" if body.get("source") == "OUTPUT" else "user"
    judged = parts({"content": [{"guardContent": block} for block in children(body, "content")]}, "content")
    return Invocation(MODERATION, input_messages=[Message(role, judged)] if judged else [])


def response(inv: Invocation, body: Json) -> None:
    """The verdict, what it was given for, and the text that takes the place of what was judged."""
    action = text_of(body.get("action"))
    if action is None:
        return
    flagged = action != "NONE"
    found = [name for each in children(body, "assessments") for name in _categories(each)]
    verdict: Part = {"type": "moderation", "flagged": flagged, "categories": list(dict.fromkeys(found))}
    instead = [{"type": "text", "content": text} for o in children(body, "outputs") if (text := text_of(o.get("text")))]
    inv.output_messages = [Message("assistant", [verdict, *instead])]
    if flagged:
        inv.attributes[GUARDRAIL_ACTION] = action


def _categories(assessment: Json) -> list[str]:
    """The names or types of what was detected; of words and personal data never what they are."""
    found: list[str] = []
    for policy in _POLICIES:
        for held in child(assessment, policy).values():
            for entry in children({"of": held}, "of"):
                if entry.get("detected", entry.get("action") not in (None, "NONE")):
                    found.append(text_of(entry.get("name")) or text_of(entry.get("type")) or policy)
    return found


GUARDRAIL = Endpoint(MODERATION, request, response)
