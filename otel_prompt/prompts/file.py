"""One prompt as one file: Markdown, with YAML front matter, and a body of text or of chat messages.

    ---
    name: summarize
    version: 3
    model: gpt-5
    parameters: {temperature: 0.2}
    variables: {text: str, n: {type: int, default: 9}}
    labels: [production]
    ---
    system:
    You are brief.

    user:
    Summarize in {{n}} words: {{text}}

A line that is a role and a colon begins a message; a body that does not begin with one is text. All of the front matter
may be left out: the name is then the file's, and the version its content's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from ..errors import PromptError, require
from ._prompt import Prompt
from .formats import Origin
from .variables import Variable, declared

SUFFIXES: Final = (".md", ".prompt")
_KEYS: Final = frozenset(
    {
        "name", "description", "version", "model", "parameters", "variables", "response_schema", "tags", "labels",
        "format", "metadata",
    }
)  # fmt: skip
_ROLE = re.compile(r"^(system|developer|user|assistant|tool):[ \t]*$", re.MULTILINE)


def parse(text: str, file: Path) -> Prompt:
    """The prompt that a file holds.

    Args:
        text: what it holds.
        file: its path, for the name and for messages.

    Raises:
        PromptError: the front matter or the template cannot be read; the message says where.
        MissingExtraError: PyYAML is not installed.
    """
    front, body, line = _split(text, file)
    if unknown := sorted(set(front) - _KEYS):
        raise PromptError(
            f"{file}: the front matter says {', '.join(map(repr, unknown))}; it takes {', '.join(sorted(_KEYS))}"
        )
    name = str(front.get("name") or file.stem)
    template: Any = _messages(body) if _is_chat(body) else body.strip("\n")
    return Prompt(
        name,
        template,
        version=None if front.get("version") is None else str(front["version"]),
        parameters=_mapping(front, "parameters", file),
        format=str(front.get("format") or "simple"),
        declared=_variables(front, file),
        description=front.get("description"),
        model=front.get("model"),
        response_schema=front.get("response_schema"),
        tags=_strings(front, "tags", file),
        labels=_strings(front, "labels", file),
        metadata=_mapping(front, "metadata", file),
        origin=Origin(name, file, line),
    )


def unparse(prompt: Prompt) -> str:
    """The file that ``parse`` reads as this prompt."""
    yaml = require("yaml", "prompts")
    front: dict[str, Any] = {"name": prompt.name}
    for key in ("description", "version", "model"):
        if (value := getattr(prompt, key)) is not None:
            front[key] = value
    if prompt.format != "simple":
        front["format"] = prompt.format
    if prompt.parameters:
        front["parameters"] = dict(prompt.parameters)
    if prompt.declared:
        front["variables"] = {name: _said(variable) for name, variable in prompt.declared.items()}
    for key in ("response_schema", "metadata"):
        if value := getattr(prompt, key):
            front[key] = dict(value)
    for key in ("tags", "labels"):
        if value := getattr(prompt, key):
            front[key] = list(value)
    if isinstance(prompt.template, str):
        body = prompt.template
    else:
        body = "\n\n".join(f"{m['role']}:\n{m['content']}" for m in prompt.template)
    header = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{header}---\n{body}\n"


def _split(text: str, file: Path) -> tuple[dict[str, Any], str, int]:
    """The front matter, the body, and the number of lines before the body."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}, text, 0
    end = text.find("\n---\n", 3)
    if end < 0 and text.endswith("\n---"):
        end = len(text) - 4
    if end < 0:
        raise PromptError(f"{file}, line 1: the front matter that begins with '---' has no '---' at its end")
    yaml = require("yaml", "prompts")
    try:
        front = yaml.safe_load(text[4 : end + 1]) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        shown = text.splitlines()[line - 1] if error.problem_mark else ""
        caret = " " * (error.problem_mark.column if error.problem_mark else 0) + "^"
        raise PromptError(f"{file}, line {line}: {error.problem or error}\n  {shown}\n  {caret}") from None
    if not isinstance(front, dict):
        raise PromptError(f"{file}, line 2: the front matter is no mapping such as 'name: summarize'")
    return front, text[end + 5 :], text.count("\n", 0, end + 5)


def _is_chat(body: str) -> bool:
    return _ROLE.match(body.lstrip("\n")) is not None


def _messages(body: str) -> list[dict[str, str]]:
    marks = list(_ROLE.finditer(body))
    ends = [*(m.start() for m in marks[1:]), len(body)]
    return [
        {"role": mark[1], "content": body[mark.end() : end].strip("\n")} for mark, end in zip(marks, ends, strict=True)
    ]


def _variables(front: dict[str, Any], file: Path) -> dict[str, Variable]:
    said = front.get("variables")
    if isinstance(said, list):
        said = dict.fromkeys(said, "any")
    if said is not None and not isinstance(said, dict):
        raise PromptError(f"{file}: 'variables' is no mapping such as 'text: str'")
    return {str(name): declared(str(file), str(name), entry) for name, entry in (said or {}).items()}


def _said(variable: Variable) -> Any:
    entries: dict[str, Any] = {"type": variable.type}
    if not variable.required:
        entries["default"] = variable.default
    if variable.enum:
        entries["enum"] = list(variable.enum)
    if variable.description:
        entries["description"] = variable.description
    return variable.type if len(entries) == 1 else entries


def _mapping(front: dict[str, Any], key: str, file: Path) -> dict[str, Any]:
    value = front.get(key) or {}
    if not isinstance(value, dict):
        raise PromptError(f"{file}: {key!r} is no mapping such as 'temperature: 0.2'")
    return value


def _strings(front: dict[str, Any], key: str, file: Path) -> tuple[str, ...]:
    value = front.get(key) or []
    if not isinstance(value, list):
        raise PromptError(f"{file}: {key!r} is no list such as [production]")
    return tuple(map(str, value))
