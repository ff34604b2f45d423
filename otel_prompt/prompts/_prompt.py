"""A prompt: a named, versioned template of text or of chat messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

from ..encoding import encode
from ..errors import PromptError
from ..invocation import PromptIdentity
from ._recognition import rendered
from ._template import fill, pieces, shown

ChatTemplate: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template with a name: ``Prompt("summarize", "In {{n}} words: {{text}}", version="3")``.

    Attributes:
        name: what the prompt is called wherever it is shown.
        template: a text, or a list of messages ``{"role", "content"}``, with variables as ``{{name}}``.
        version: any scheme; None leaves the prompt known by its ``template_hash`` alone.
        parameters: decoding parameters to call the model with, as in ``create(..., **prompt.parameters)``.
        label: the alias by which it was loaded, such as ``production``.
        template_hash: sha256 of the template, in hex.

    Raises:
        PromptError: the name is empty, or the template has a tag that is no variable.
    """

    name: str
    template: str | ChatTemplate
    version: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    label: str | None = None
    template_hash: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PromptError("a prompt needs a name: Prompt('summarize', 'In {{n}} words: {{text}}')")
        if self.version is not None:
            object.__setattr__(self, "version", str(self.version))
        text = self.template if isinstance(self.template, str) else encode(list(self.template))
        object.__setattr__(self, "template_hash", sha256(text.encode("utf-8", "replace")).hexdigest())
        for content in self._contents():
            pieces(content, self.name)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order in which they first stand in the template."""
        found = (name for content in self._contents() for name in pieces(content, self.name)[1::2])
        return tuple(dict.fromkeys(found))

    def render(self, **variables: Any) -> Any:
        """Fill the template in.

        Returns:
            A ``str`` for a text, a list of messages for a chat. The texts carry the prompt's identity to the call
            that uses them.

        Raises:
            PromptError: a variable is missing, or the template has none of that name.
        """
        wanted = self.variables
        if missing := [name for name in wanted if name not in variables]:
            raise PromptError(f"prompt {self.name!r} needs {_listed(missing)}: render({missing[0]}=...)")
        if unknown := [name for name in variables if name not in wanted]:
            there = f"it has {_listed(wanted)}" if wanted else "it has none"
            raise PromptError(f"prompt {self.name!r} has no variable {_listed(unknown)}; {there}")
        values = {name: shown(value) for name, value in variables.items()}
        identity = self.identity(values)
        if isinstance(self.template, str):
            return rendered(fill(pieces(self.template, self.name), values), identity)
        return [self._message(m, values, identity) for m in self.template]

    def identity(self, values: Mapping[str, str] | None = None) -> PromptIdentity:
        """Who this prompt is, and the variables' values as text."""
        template = self.template if isinstance(self.template, str) else encode(list(self.template))
        return PromptIdentity(self.name, self.version, template, self.template_hash, dict(values or {}), self.label)

    def _message(self, m: Mapping[str, Any], values: Mapping[str, str], identity: PromptIdentity) -> dict[str, Any]:
        content = m.get("content")
        if isinstance(content, str):
            return {**m, "content": self._text(content, values, identity)}
        if isinstance(content, (list, tuple)):
            parts: list[Any] = [
                {**p, "text": self._text(p["text"], values, identity)} if _has_text(p) else p for p in content
            ]
            return {**m, "content": parts}
        return dict(m)

    def _text(self, content: str, values: Mapping[str, str], identity: PromptIdentity) -> str:
        return rendered(fill(pieces(content, self.name), values), identity)

    def _contents(self) -> list[str]:
        if isinstance(self.template, str):
            return [self.template]
        found: list[str] = []
        for message in self.template:
            content = message.get("content")
            if isinstance(content, str):
                found.append(content)
            elif isinstance(content, (list, tuple)):
                found.extend(p["text"] for p in content if _has_text(p))  # pyright: ignore[reportUnknownVariableType]
        return found


def _has_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)  # pyright: ignore[reportUnknownMemberType]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
