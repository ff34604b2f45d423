"""LangChain's manifests, which LangSmith keeps prompts as: read as data and written as data, without LangChain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...errors import PromptError
from .._prompt import Prompt
from ._parameters import model, parameters
from ._unsuitable import UnsuitableError

_FORMATS: Final = {"f-string": "fstring", "mustache": "mustache", "jinja2": "jinja2"}
_LANGCHAIN: Final = {"simple": "mustache", **{ours: theirs for theirs, ours in _FORMATS.items()}}
_ROLES: Final = {"System": "system", "Human": "user", "AI": "assistant", "Developer": "developer"}
_CLASSES: Final = {role: name for name, role in _ROLES.items()}


def read(manifest: Any, name: str, commit: str, label: str | None) -> Prompt:
    """The prompt of a manifest.

    Raises:
        PromptError: it holds something else, or several template languages at once.
    """
    prompt, bound = _parts(manifest)
    formats: set[str] = set()
    match _kind(prompt):
        case "PromptTemplate":
            template: Any = _text(prompt, formats)
        case "ChatPromptTemplate" | "StructuredPrompt":
            template = [_message(message, formats, name) for message in _fields(prompt).get("messages") or ()]
        case kind:
            raise PromptError(f"LangSmith's {name} is a {kind}, no prompt of text or messages.")
    if len(formats) > 1:
        raise PromptError(f"LangSmith's {name} mixes template languages: {', '.join(sorted(formats))}.")
    return Prompt(
        name,
        template,
        version=commit,
        label=label,
        format=_FORMATS.get(next(iter(formats), "f-string"), "fstring"),
        parameters=parameters(bound),
        model=model(bound),
        response_schema=_fields(prompt).get("schema_") or None,
        source="langsmith",
        id=f"{name}:{commit}",
    )


def write(prompt: Prompt) -> dict[str, Any]:
    """The manifest of a prompt.

    Raises:
        PromptError: a message of it has parts or a role that a manifest has no form for.
    """
    language = _LANGCHAIN[prompt.format]
    if isinstance(prompt.template, str):
        return _template(prompt.template, language, list(prompt.variables))
    messages = [_written(message, language, prompt.name) for message in prompt.template]
    return _constructor("chat", "ChatPromptTemplate", messages=messages, input_variables=list(prompt.variables))


def _parts(manifest: Any) -> tuple[Any, Any]:
    """The prompt, and what the model that is bound to it is called with."""
    if _kind(manifest) != "RunnableSequence":
        return manifest, {}
    bound = _fields(_fields(manifest).get("last"))
    inner = _fields(bound.get("bound"))
    return _fields(manifest).get("first"), {**inner, **bound.get("kwargs", {})}


def _kind(value: Any) -> str:
    path = value.get("id") if isinstance(value, Mapping) else None
    return str(path[-1]) if path else type(value).__name__


def _fields(value: Any) -> Mapping[str, Any]:
    found = value.get("kwargs") if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(template: Any, formats: set[str]) -> str:
    fields = _fields(template)
    formats.add(str(fields.get("template_format") or "f-string"))
    return str(fields.get("template", ""))


def _message(message: Any, formats: set[str], name: str) -> dict[str, Any]:
    kind, fields = _kind(message), _fields(message)
    if kind == "MessagesPlaceholder":
        return {"type": "placeholder", "name": fields.get("variable_name")}
    role = _ROLES.get(kind.removesuffix("PromptTemplate").removesuffix("Message")) or str(fields.get("role") or "")
    if not role:
        raise PromptError(f"LangSmith's {name} has a {kind}, which is no message of text.")
    inner = fields.get("prompt")
    if isinstance(inner, list):
        if any(_kind(part) != "PromptTemplate" for part in inner):
            raise PromptError(f"LangSmith's {name} has a message with more than text in it.")
        return {"role": role, "content": [{"type": "text", "text": _text(part, formats)} for part in inner]}
    if inner is not None:
        return {"role": role, "content": _text(inner, formats)}
    # A message that is no template: braces in it are braces.
    return {"role": role, "content": str(fields.get("content", "")).replace("{", "{{").replace("}", "}}")}


def _written(message: Mapping[str, Any], language: str, name: str) -> dict[str, Any]:
    if message.get("type") == "placeholder":
        return _constructor("chat", "MessagesPlaceholder", variable_name=message["name"])
    role, content = message.get("role"), message.get("content")
    if role not in _CLASSES or not isinstance(content, str):
        raise UnsuitableError(f"prompt {name!r} has a message of {role!r} that LangSmith has no form for")
    kind = f"{_CLASSES[role]}MessagePromptTemplate" if role != "developer" else "SystemMessagePromptTemplate"
    return _constructor("chat", kind, prompt=_template(content, language, []))


def _template(text: str, language: str, variables: list[str]) -> dict[str, Any]:
    return _constructor("prompt", "PromptTemplate", template=text, template_format=language, input_variables=variables)


def _constructor(module: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "prompts", module, name], "kwargs": fields}
