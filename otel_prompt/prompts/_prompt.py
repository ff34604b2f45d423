"""A prompt: a named, versioned template of text or of chat messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from ..encoding import encode
from ..errors import PromptError
from ..invocation import PromptIdentity
from ._recognition import rendered
from .formats import Format, Origin, format_of
from .template import hash_of, text_of
from .variables import Variable, checked

ChatTemplate: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Prompt:
    """A template with a name: ``Prompt("summarize", "In {{n}} words: {{text}}", version="3")``.

    Attributes:
        name: what the prompt is called wherever it is shown.
        template: a text, or a list of messages ``{"role", "content"}``, with variables as ``{{name}}``; the messages of
            a variable ``history`` stand where ``{"type": "placeholder", "name": "history"}`` does.
        version: any scheme; None leaves the prompt known by its ``template_hash`` alone.
        parameters: decoding parameters to call the model with, as in ``create(..., **prompt.parameters)``.
        label: the alias by which it was loaded, such as ``production``.
        format: the template's language: ``simple`` (``{{name}}``), ``jinja2``, ``mustache`` or ``fstring``.
        declared: the types and defaults of variables; those that are not declared take any value.
        description: what it is for.
        model: the model that it is written for.
        response_schema: the JSON schema of its answer.
        tags: words to find it by.
        labels: the labels that its version has where it is kept.
        metadata: anything else that its author keeps with it.
        origin: where the template stands.
        source: the library that it comes from, such as ``file`` or ``mlflow``.
        id: that library's own id of it.
        commit: the Git commit of its file.
        dirty: whether the file is changed since.
        split: the shares of the split that it was chosen from.
        identity: what the spans of its calls carry; made from the rest.
        template_hash: sha256 of the template and of the files that it uses, in hex.

    Raises:
        PromptError: the name is empty, the format is unknown, or the template is none or cannot be parsed.
    """

    name: str
    template: str | ChatTemplate
    version: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    label: str | None = None
    format: str = "simple"
    declared: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    description: str | None = None
    model: str | None = None
    response_schema: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origin: Origin | None = None
    source: str | None = None
    id: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    split: str | None = None
    template_hash: str = field(init=False, default="")
    identity: PromptIdentity = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PromptError("a prompt needs a name: Prompt('summarize', 'In {{n}} words: {{text}}')")
        if self.version is not None:
            object.__setattr__(self, "version", str(self.version))
        if not _is_template(self.template):
            given = f"{self.template!r:.60}"
            raise PromptError(f"prompt {self.name!r}: a template is a text or a list of messages, not {given}")
        text = text_of(self.template)
        object.__setattr__(self, "template_hash", hash_of(text, self.where.used))
        object.__setattr__(self, "_language", format_of(self.format, self.where))
        object.__setattr__(self, "_wanted", self._find_variables())
        identity = PromptIdentity(
            self.name,
            self.version,
            text,
            self.template_hash,
            label=self.label,
            source=self.source,
            id=self.id,
            commit=self.commit,
            dirty=self.dirty,
            split=self.split,
        )
        object.__setattr__(self, "identity", identity)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables: those in the template by their first use, then those that are only declared."""
        return self._wanted  # type: ignore[attr-defined,no-any-return]

    def render(self, **variables: Any) -> Any:
        """Fill the template in.

        Returns:
            A ``str`` for a text, a list of messages for a chat. The texts carry the prompt's identity to the call
            that uses them.

        Raises:
            PromptError: a variable is missing, of another type than declared, or the template has none of that name.
        """
        values = checked(self.name, self.variables, self.declared, variables)
        shown = {name: _text(value) for name, value in values.items()}
        identity = msgspec.structs.replace(self.identity, variables=shown)
        language: Format = self._language  # type: ignore[attr-defined]

        def fill(text: str, n: int) -> str:
            return rendered(language.fill(text, values, self.where.at(n)), identity)

        if isinstance(self.template, str):
            return fill(self.template, 0)
        messages: list[Any] = []
        for n, message in enumerate(self.template):
            if (name := _placeholder(message)) is not None:
                messages += self._given_messages(name, values[name])
            else:
                messages.append(_filled(message, n, fill))
        return messages

    def _given_messages(self, name: str, value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise PromptError(f"prompt {self.name!r}: {name!r} takes a list of messages, not {value!r:.60}")
        return list(value)

    def _find_variables(self) -> tuple[str, ...]:
        language: Format = self._language  # type: ignore[attr-defined]
        found: dict[str, None] = {}
        for n, text in self.texts():
            found |= dict.fromkeys(language.variables(text, self.where.at(n)))
        if not isinstance(self.template, str):
            found |= dict.fromkeys(name for m in self.template if (name := _placeholder(m)) is not None)
        return tuple(found | dict.fromkeys(self.declared))

    @property
    def where(self) -> Origin:
        """Where the template stands; by its name alone, if it is in no file."""
        return self.origin or Origin(self.name)

    def texts(self) -> Iterator[tuple[int, str]]:
        """The texts of the template, each with the number of its message."""
        if isinstance(self.template, str):
            yield 0, self.template
            return
        for n, message in enumerate(self.template):
            content = message.get("content")
            if isinstance(content, str):
                yield n, content
            elif isinstance(content, (list, tuple)):
                yield from ((n, p["text"]) for p in content if _has_text(p))


def _is_template(given: Any) -> bool:
    if isinstance(given, (str, bytes)):
        return isinstance(given, str)
    return isinstance(given, Sequence) and all(isinstance(message, Mapping) for message in given)


def _filled(m: Mapping[str, Any], n: int, fill: Callable[[str, int], str]) -> dict[str, Any]:
    content = m.get("content")
    if isinstance(content, str):
        return {**m, "content": fill(content, n)}
    if isinstance(content, (list, tuple)):
        return {**m, "content": [{**p, "text": fill(p["text"], n)} if _has_text(p) else p for p in content]}
    return dict(m)


def _placeholder(m: Mapping[str, Any]) -> str | None:
    """The variable whose messages stand where this one is, as in ``{"type": "placeholder", "name": "history"}``."""
    return str(m["name"]) if m.get("type") == "placeholder" and "name" in m else None


def _text(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else encode(value)


def _has_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)
