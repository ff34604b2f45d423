"""A prompt: a named, versioned template of text or of chat messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

import msgspec

from ..encoding import encode
from ..errors import PromptError
from ..invocation import PromptIdentity
from ._recognition import rendered
from .formats import Format, Origin, format_of
from .variables import Variable, checked

ChatTemplate: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Prompt:
    """A template with a name: ``Prompt("summarize", "In {{n}} words: {{text}}", version="3")``.

    Attributes:
        name: what the prompt is called wherever it is shown.
        template: a text, or a list of messages ``{"role", "content"}``, with variables as ``{{name}}``.
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
        identity: what the spans of its calls carry; made from the rest.
        template_hash: sha256 of the template, in hex.

    Raises:
        PromptError: the name is empty, the format is unknown, or the template cannot be parsed.
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
        text = self.template if isinstance(self.template, str) else encode(list(self.template))
        object.__setattr__(self, "template_hash", sha256(text.encode("utf-8", "replace")).hexdigest())
        object.__setattr__(self, "_language", format_of(self.format, self._origin))
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
        if isinstance(self.template, str):
            return rendered(self._fill(self.template, values), identity)
        return [self._message(m, values, identity) for m in self.template]

    def _message(self, m: Mapping[str, Any], values: Mapping[str, Any], identity: PromptIdentity) -> dict[str, Any]:
        content = m.get("content")
        if isinstance(content, str):
            return {**m, "content": rendered(self._fill(content, values), identity)}
        if isinstance(content, (list, tuple)):
            parts = [
                {**p, "text": rendered(self._fill(p["text"], values), identity)} if _has_text(p) else p for p in content
            ]
            return {**m, "content": parts}
        return dict(m)

    def _fill(self, text: str, values: Mapping[str, Any]) -> str:
        language: Format = self._language  # type: ignore[attr-defined]
        return language.fill(text, values, self._origin)

    def _find_variables(self) -> tuple[str, ...]:
        language: Format = self._language  # type: ignore[attr-defined]
        found = (name for content in self._contents() for name in language.variables(content, self._origin))
        return tuple(dict.fromkeys([*found, *self.declared]))

    @property
    def _origin(self) -> Origin:
        return self.origin or Origin(self.name)

    def _contents(self) -> Iterator[str]:
        if isinstance(self.template, str):
            yield self.template
            return
        for message in self.template:
            content = message.get("content")
            if isinstance(content, str):
                yield content
            elif isinstance(content, (list, tuple)):
                yield from (p["text"] for p in content if _has_text(p))


def _text(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else encode(value)


def _has_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)
