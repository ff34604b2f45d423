"""Prompts that live in a service: MLflow's registry, Langfuse, LangSmith. One file each, with the functions below.

A copy of what was loaded is kept in memory and on disk. A version is loaded once; a label or the latest version is
asked for again when its copy is older than ``FRESH_SECONDS``, in the background, and the call goes on with the copy. A
service that is down is a warning, once: the last good copy serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from ...errors import PromptError
from .._prompt import Prompt
from ..reference import SCHEMES, Reference
from ._copies import Copies
from ._unsuitable import UnsuitableError

__all__ = ["FRESH_SECONDS", "Registry", "UnsuitableError", "copies", "load_from_registry", "registry"]

FRESH_SECONDS: Final = 60.0
copies = Copies(FRESH_SECONDS)


@dataclass(frozen=True, slots=True)
class Registry:
    """What a service's file offers.

    Attributes:
        where: the service's address.
        fetch: the prompt of a reference, from the service.
        push: put a prompt there, unless its template is there already; gives its version there and whether it is new.
        label: give a label to a version.
    """

    where: Callable[[], str]
    fetch: Callable[[Reference], Prompt]
    push: Callable[[Prompt], tuple[str, bool]]
    label: Callable[[str, str, str], None]


def registry(scheme: str) -> Registry:
    """The service of a scheme.

    Raises:
        PromptError: there is none.
    """
    if scheme not in SCHEMES:
        raise PromptError(f"there is no registry {scheme!r}; there are: {', '.join(SCHEMES)}")
    module: Any = import_module(f"{__name__}.{scheme}")
    return Registry(module.where, module.fetch, lambda prompt: module.push(_whole(prompt)), module.label)


def load_from_registry(reference: Reference) -> Prompt:
    """The prompt of a reference such as ``mlflow:summarize@production``: a fresh copy, or the service's.

    Raises:
        PromptError: the service does not know it, or cannot be reached and there is no copy.
        MissingExtraError: the service's client is not installed.
    """
    service = registry(str(reference.scheme))
    return copies.get(service.where(), reference, service.fetch)


def _whole(prompt: Prompt) -> Prompt:
    if prompt.where.used:
        files = ", ".join(name for name, _, _ in prompt.where.used)
        raise UnsuitableError(f"prompt {prompt.name!r} extends or imports {files}, which a registry has no place for")
    return prompt
