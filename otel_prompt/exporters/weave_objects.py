"""Prompts as Weave objects, and scores as Weave feedback: what they look like there. Functions on records."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from ..encoding import decoded
from ..invocation import Json, PromptIdentity
from ..score import Score, ScoreSource
from ..span_record import SpanRecord
from .wandb_names import accepted
from .wandb_rows import label, version

_VARIABLE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BASES: Final = ["Prompt", "Object", "BaseModel"]


def prompt_object(prompt: PromptIdentity) -> Json:
    """The value of a prompt's object, as ``weave.publish`` of a ``StringPrompt`` or ``MessagesPrompt`` sends it."""
    template: Any = decoded(prompt.template)
    found: Json = {"name": None, "description": None, "_bases": _BASES}
    if isinstance(template, list) and all(isinstance(each, dict) and "role" in each for each in template):
        return {"_type": "MessagesPrompt", "_class_name": "MessagesPrompt", **found, "messages": _in_messages(template)}
    content = weave_template(prompt.template or "")
    return {"_type": "StringPrompt", "_class_name": "StringPrompt", **found, "content": content}


def weave_template(template: str) -> str:
    """A template in Weave's own notation, ``{name}``. One without ``{{name}}`` is taken to be in it already."""
    if not _VARIABLE.search(template):
        return template
    parts = _VARIABLE.split(template)
    texts = [
        part.replace("{", "{{").replace("}", "}}") if i % 2 == 0 else f"{{{part}}}" for i, part in enumerate(parts)
    ]
    return "".join(texts)


def feedback(record: SpanRecord, score: Score, project: str) -> list[Json]:
    """A score as feedback on its call: a column of scores, and what a person has said of it as a note.

    The id is made of the score's, so that sending it again is the same feedback.
    """
    call = f"weave:///{project}/call/{record.span_id}"
    name = accepted(score.name)
    about = {"project_id": project, "weave_ref": call, "creator": score.judge}
    value = None if isinstance(score.value, str) else float(score.value)
    output = {"value": value, "label": label(score), "explanation": score.comment}
    told = {key: value for key, value in output.items() if value is not None}
    found: list[Json] = [
        {
            **about,
            "id": _id(score, "score"),
            "feedback_type": f"wandb.runnable.{name}",
            "runnable_ref": f"weave:///{project}/op/{name}:*",
            "payload": {"output": {**told, "source": score.source.value}},
        }
    ]
    if score.source is ScoreSource.HUMAN and score.comment:
        note = {"note": score.comment[:1000]}
        found.append({**about, "id": _id(score, "note"), "feedback_type": "wandb.note.1", "payload": note})
    return found


def _id(score: Score, kind: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"otel-prompt/{kind}/{version(score)}"))


def _in_messages(value: Any) -> Any:
    if isinstance(value, str):
        return weave_template(value)
    if isinstance(value, list):
        return [_in_messages(each) for each in value]
    if isinstance(value, dict):
        return {key: each if key in ("role", "type") else _in_messages(each) for key, each in value.items()}
    return value
