"""What a link is: a method that renders, and who made what it renders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..encoding import encode
from ..invocation import PromptIdentity
from ..prompts.automatic import calling_function
from ..prompts.template import hash_of, text_of


@dataclass(frozen=True, slots=True)
class Link:
    """One rendering method of a library.

    Attributes:
        module: the module that has the class.
        method: ``"Class.method"``.
        identify: the prompt of (the instance, its arguments); None where it has no name.
    """

    module: str
    method: str
    identify: Callable[[Any, tuple[Any, ...], Mapping[str, Any]], PromptIdentity | None]


def identity(
    source: str,
    name: str,
    version: Any,
    template: Any,
    variables: Mapping[str, Any],
    *,
    label: str | None = None,
    id: str | None = None,  # noqa: A002 - the library's own word
) -> PromptIdentity:
    """A prompt of another library, in our terms."""
    text = text_of(template)
    return PromptIdentity(
        name,
        None if version is None else str(version),
        text,
        hash_of(text),
        {str(k): v if isinstance(v, str) else encode(v) for k, v in variables.items()},
        label=label,
        source=source,
        id=id,
    )


def name_without_one(template: Any) -> str:
    """What a template without a name is called: the application's function that renders it, as ``app.answer()``.

    Where a library renders it in a task of its own, it is the template's class. No registry takes such a name, so that
    nothing is entered in one which nobody has named.
    """
    return f"{calling_function() or type(template).__name__}()"
