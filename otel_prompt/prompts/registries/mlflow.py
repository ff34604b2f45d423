"""MLflow's prompt registry: ``mlflow:summarize/3``, ``mlflow:summarize@production``, ``mlflow:summarize``."""

from __future__ import annotations

from typing import Any, Final

from ...config import load
from ...errors import PromptError, require
from .._prompt import Prompt
from ..reference import Reference
from ..template import hash_of, text_of
from ._parameters import model, parameters
from ._unsuitable import UnsuitableError

HASH_TAG: Final = "otel_prompt.template_hash"
"""The tag by which a version that we pushed is known again."""

VERSION_TAG: Final = "otel_prompt.version"
"""The tag with the version as its author calls it: MLflow counts its own."""


def where() -> str:
    """The address of MLflow."""
    return load(strict=False).mlflow_tracking_uri or str(require("mlflow", "mlflow").get_tracking_uri())


def fetch(reference: Reference) -> Prompt:
    """The prompt of a reference.

    Raises:
        PromptError: the registry does not have it, or does not answer.
        MissingExtraError: MLflow is not installed.
    """
    client, faults = _client()
    try:
        if reference.label is not None:
            found = client.get_prompt_version_by_alias(reference.name, reference.label)
        else:
            found = client.get_prompt_version(reference.name, reference.version or _latest(client, reference.name))
    except faults as error:
        raise _fault(reference, error) from None
    if found is None:
        raise PromptError(f"MLflow's registry has no prompt {reference}.")
    return _prompt(found, reference)


def push(prompt: Prompt) -> tuple[str, bool]:
    """Register a prompt, unless a version has its template already: (the version, whether it is new).

    Raises:
        PromptError: the registry does not take it.
    """
    text = prompt.template if isinstance(prompt.template, str) else ""
    if prompt.format not in ("simple", "jinja2") or (prompt.format == "jinja2" and "{%" not in text):
        raise UnsuitableError(
            f"prompt {prompt.name!r} is {prompt.format}, and MLflow knows {{{{name}}}} and texts with Jinja2's {{% %}} "
            "alone; write it as 'simple'"
        )
    client, faults = _client()
    try:
        for version in _versions(client, prompt.name):
            there = (version.tags or {}).get(HASH_TAG) or hash_of(text_of(version.template))
            if there == prompt.template_hash:
                if prompt.version and VERSION_TAG not in (version.tags or {}):
                    client.set_prompt_version_tag(prompt.name, version.version, VERSION_TAG, prompt.version)
                return str(version.version), False
        template: Any = prompt.template if isinstance(prompt.template, str) else [dict(m) for m in prompt.template]
        made = client.register_prompt(
            prompt.name,
            template,
            commit_message=f"version {prompt.version} of otel-prompt's library" if prompt.version else None,
            tags={HASH_TAG: prompt.template_hash} | ({VERSION_TAG: prompt.version} if prompt.version else {}),
        )
    except faults as error:
        raise _fault(Reference(prompt.name, scheme="mlflow"), error) from None
    return str(made.version), True


def label(name: str, version: str, alias: str) -> None:
    """Give an alias to a version."""
    client, faults = _client()
    try:
        client.set_prompt_alias(name, alias, int(version))
    except faults as error:
        raise _fault(Reference(name, version=version, scheme="mlflow"), error) from None


def _client() -> tuple[Any, tuple[type[Exception], ...]]:
    mlflow = require("mlflow", "mlflow")
    faults = (mlflow.exceptions.MlflowException, ValueError, OSError)
    return mlflow.MlflowClient(tracking_uri=load(strict=False).mlflow_tracking_uri), faults


def _versions(client: Any, name: str) -> list[Any]:
    if client.get_prompt(name) is None:
        return []
    return list(client.search_prompt_versions(name))


def _latest(client: Any, name: str) -> int:
    return max((int(v.version) for v in _versions(client, name)), default=1)


def _prompt(found: Any, reference: Reference) -> Prompt:
    template: Any = found.template
    text = template if isinstance(template, str) else "".join(str(m.get("content")) for m in template)
    return Prompt(
        found.name,
        template,
        version=str(found.version),
        label=reference.label,
        format="jinja2" if "{%" in text else "simple",
        parameters=parameters(getattr(found, "model_config", None)),
        model=model(getattr(found, "model_config", None)),
        labels=tuple(getattr(found, "aliases", None) or ()),
        source="mlflow",
        id=found.uri,
    )


def _fault(reference: Reference, error: Exception) -> PromptError:
    return PromptError(f"MLflow's registry does not give prompt {reference}: {' '.join(str(error).split())[:300]}.")
