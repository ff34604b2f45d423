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
may be left out: the name is then the file's, and the version its content's. What no body can hold (a text that ends
with empty lines, a message with parts) stands in the front matter, under ``template``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ..encoding import encode
from ..errors import PromptError, require
from ._prompt import Prompt
from .formats import Origin
from .front_matter import FrontMatter, split
from .includes import expanded, used
from .variables import Variable, declared

SUFFIXES: Final = (".md", ".prompt")
_KEYS: Final = frozenset(
    {
        "name", "description", "version", "model", "parameters", "variables", "response_schema", "tags", "labels",
        "format", "metadata", "template",
    }
)  # fmt: skip
_ROLE = re.compile(r"^(system|developer|user|assistant|tool):[ \t]*$", re.MULTILINE)

_LINE_ENDS = re.compile("[\x85\u2028\u2029\ufeff]")


def parse(text: str, file: Path, root: Path | None = None, read: Callable[[Path], str | None] | None = None) -> Prompt:
    """The prompt that a file holds.

    Args:
        text: what it holds.
        file: its path, for the name, for messages and for what it includes.
        root: the library's folder, where it looks for what is not beside it.
        read: gives the text of an included file; None for the file as it is now.

    Raises:
        PromptError: the front matter or the template cannot be read; the message says where.
        MissingExtraError: PyYAML is not installed.
    """
    front, body, line = split(text, file)
    for key in front.values:
        if key not in _KEYS:
            raise front.fault(key, f"the front matter knows no {key!r}; it takes {', '.join(sorted(_KEYS))}")
    name, language = front.text("name") or file.stem, front.text("format") or "simple"
    template, starts = _template(front, body, line)
    origin = Origin(name, file, starts, root)
    template = expanded(template, language, origin, read)
    origin = replace(origin, used=used(template, language, origin, read))
    return Prompt(
        name,
        template,
        version=front.text("version"),
        parameters=front.mapping("parameters"),
        format=language,
        declared=_variables(front),
        description=front.text("description"),
        model=front.text("model"),
        response_schema=front.mapping("response_schema") or None,
        tags=front.texts("tags"),
        labels=front.texts("labels"),
        metadata=front.mapping("metadata"),
        origin=origin,
    )


def unparse(prompt: Prompt) -> str:
    """The file that ``parse`` reads as this prompt.

    Raises:
        PromptError: its parameters or metadata hold what YAML has no form for.
    """
    yaml = require("yaml", "prompts")
    front: dict[str, Any] = {"name": prompt.name}
    for key in ("description", "version", "model"):
        if (value := getattr(prompt, key)) is not None:
            front[key] = value
    if prompt.format != "simple":
        front["format"] = prompt.format
    if prompt.declared:
        front["variables"] = {name: _said(variable) for name, variable in prompt.declared.items()}
    for key in ("parameters", "response_schema", "metadata"):
        if value := getattr(prompt, key):
            front[key] = dict(value)
    for key in ("tags", "labels"):
        if value := getattr(prompt, key):
            front[key] = list(value)
    body = _body(prompt.template)
    if body is None:
        front["template"] = prompt.template if isinstance(prompt.template, str) else list(prompt.template)
    try:
        # What YAML takes for an end of line survives only where all that is not ASCII is escaped.
        unicode = _LINE_ENDS.search(encode(front)) is None
        header = yaml.safe_dump(front, sort_keys=False, allow_unicode=unicode, width=1000)
    except yaml.YAMLError as error:
        raise PromptError(f"prompt {prompt.name!r} cannot be a file: {' '.join(str(error).split())[:200]}") from None
    return f"---\n{header}---\n{body or ''}\n"


def _template(front: FrontMatter, body: str, line: int) -> tuple[Any, tuple[int, ...]]:
    """The template, and the number of lines of the file before each of its texts."""
    given = front.values.get("template")
    if given is None:
        return _of_body(body, line)
    if body.strip():
        raise front.fault("template", "the template stands here and in the body as well; one of them is too many")
    at = front.lines["template"]
    if isinstance(given, str):
        return given, (at,)
    if not isinstance(given, list) or not all(isinstance(m, dict) for m in given):
        raise front.fault("template", "'template' is no text and no list of messages such as {role: user, content: Hi}")
    return given, (at,) * len(given)


def _of_body(body: str, line: int) -> tuple[Any, tuple[int, ...]]:
    if _ROLE.match(body.lstrip("\n")) is None:
        return body.strip("\n"), (line + _blank(body),)
    marks = list(_ROLE.finditer(body))
    ends = [*(m.start() for m in marks[1:]), len(body)]
    texts = [body[mark.end() : end] for mark, end in zip(marks, ends)]
    starts = tuple(
        line + body.count("\n", 0, mark.end()) + _blank(text) for mark, text in zip(marks, texts, strict=True)
    )
    return [{"role": mark[1], "content": text.strip("\n")} for mark, text in zip(marks, texts)], starts


def _blank(text: str) -> int:
    return len(text) - len(text.lstrip("\n"))


def _body(template: Any) -> str | None:
    """The body that is read as a template; None where none is."""
    if isinstance(template, str):
        body = template
    else:
        if not all(isinstance(m.get("content"), str) for m in template):
            return None
        body = "\n\n".join(f"{m.get('role')}:\n{m['content']}" for m in template)
    # A file's ends of lines are made one kind when it is read, and some characters cannot stand in one at all.
    if "\r" in body or not _encodes(body):
        return None
    same = template if isinstance(template, str) else [dict(m) for m in template]
    return body if _of_body(body + "\n", 0)[0] == same else None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _variables(front: FrontMatter) -> dict[str, Variable]:
    said = front.values.get("variables")
    if isinstance(said, list):
        said = dict.fromkeys(said, "any")
    if said is not None and not isinstance(said, dict):
        raise front.fault("variables", "'variables' is no mapping such as 'text: str'")
    where = f"{front.file}, line {front.lines.get('variables', 1)}"
    return {str(name): declared(where, str(name), entry) for name, entry in (said or {}).items()}


def _said(variable: Variable) -> Any:
    entries: dict[str, Any] = {"type": variable.type}
    if not variable.required:
        entries["default"] = variable.default
    if variable.enum:
        entries["enum"] = list(variable.enum)
    if variable.description:
        entries["description"] = variable.description
    return variable.type if len(entries) == 1 else entries
