"""Langfuse's prompts: ``langfuse:summarize@production``, ``langfuse:summarize:3``, ``langfuse:summarize``.

Only its client of the REST interface is used, never its tracing.
"""

from __future__ import annotations

from typing import Any, Final

from ...config import variable
from ...errors import PromptError, require
from .._prompt import Prompt
from ..reference import Reference
from ._parameters import model, parameters
from ._unsuitable import UnsuitableError

_SECONDS: Final = 10
_MOST_VERSIONS: Final = 100
"""How many versions are looked through for a template that is there already, the newest first."""


def where() -> str:
    """The address of Langfuse."""
    return variable("LANGFUSE_HOST") or variable("LANGFUSE_BASE_URL") or "https://cloud.langfuse.com"


def fetch(reference: Reference) -> Prompt:
    """The prompt of a reference.

    Raises:
        PromptError: Langfuse does not have it, or does not answer.
        MissingExtraError: langfuse is not installed.
    """
    api, faults = _api()
    try:
        return _prompt(_get(api, reference.name, _number(reference), reference.label), reference)
    except faults as error:
        raise _fault(str(reference), error) from None


def push(prompt: Prompt) -> tuple[str, bool]:
    """Make a version of a prompt, unless one has its template already: (the version, whether it is new).

    Raises:
        PromptError: its template is in a language that Langfuse does not know, or Langfuse does not take it.
    """
    if prompt.format != "simple":
        raise UnsuitableError(
            f"prompt {prompt.name!r} is {prompt.format}, and Langfuse knows {{{{name}}}} alone; write it as 'simple'"
        )
    api, faults = _api()
    try:
        for version in _versions(api, prompt.name):
            there = _prompt(_get(api, prompt.name, version, None), Reference(prompt.name, scheme="langfuse"))
            if there.template_hash == prompt.template_hash:
                return str(version), False
        made = api.prompts.create(request=_request(prompt), request_options={"timeout_in_seconds": _SECONDS})
    except faults as error:
        raise _fault(f"langfuse:{prompt.name}", error) from None
    return str(made.version), True


def label(name: str, version: str, alias: str) -> None:
    """Give a label to a version; Langfuse takes it from the one that had it."""
    reference = Reference(name, version=version, scheme="langfuse")
    api, faults = _api()
    try:
        there = _get(api, name, _number(reference), None)
        api.prompt_version.update(name, _number(reference), new_labels=[*dict.fromkeys([*there.labels, alias])])
    except faults as error:
        raise _fault(str(reference), error) from None


def _api() -> tuple[Any, tuple[type[Exception], ...]]:
    langfuse = require("langfuse.api", "langfuse")
    faults = (require("langfuse.api.core.api_error", "langfuse").ApiError, require("httpx", "langfuse").HTTPError)
    public, secret = variable("LANGFUSE_PUBLIC_KEY"), variable("LANGFUSE_SECRET_KEY")
    if public is None or secret is None:
        raise PromptError("Langfuse needs LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY in the environment.")
    api = langfuse.LangfuseAPI(base_url=where(), username=public, password=secret, timeout=_SECONDS)
    return api, (*faults, ValueError, OSError)


def _get(api: Any, name: str, version: int | None, wanted: str | None) -> Any:
    options = {"timeout_in_seconds": _SECONDS, "max_retries": 1}
    return api.prompts.get(name, version=version, label=wanted, request_options=options)


def _number(reference: Reference) -> int | None:
    if reference.version is None:
        return None
    if not reference.version.isdecimal():
        raise PromptError(f"{str(reference)!r} names no version of Langfuse's: they are numbers")
    return int(reference.version)


def _versions(api: Any, name: str) -> list[int]:
    for entry in api.prompts.list(name=name, limit=100).data:
        if entry.name == name:
            return sorted(entry.versions, reverse=True)[:_MOST_VERSIONS]
    return []


def _prompt(found: Any, reference: Reference) -> Prompt:
    template: Any = found.prompt
    if not isinstance(template, str):
        template = [_message(message) for message in template]
    asked = reference.label or (None if reference.version else "production")
    return Prompt(
        found.name,
        template,
        version=str(found.version),
        label=asked if asked in found.labels else reference.label,
        parameters=parameters(found.config),
        model=model(found.config),
        tags=tuple(found.tags),
        labels=tuple(name for name in found.labels if name != "latest"),
        metadata=found.config if isinstance(found.config, dict) else {},
        source="langfuse",
        id=getattr(found, "id", None) or f"{found.name}:{found.version}",
    )


def _message(message: Any) -> dict[str, Any]:
    if getattr(message, "content", None) is None:
        return {"type": "placeholder", "name": message.name}
    return {"role": message.role, "content": message.content}


def _request(prompt: Prompt) -> Any:
    langfuse = require("langfuse.api", "langfuse")
    about: dict[str, Any] = {
        "name": prompt.name,
        "config": {**prompt.metadata, **({"model": prompt.model} if prompt.model else {}), **prompt.parameters},
        "labels": [],
        "tags": list(prompt.tags),
        "commit_message": f"version {prompt.version} of otel-prompt's library" if prompt.version else None,
    }
    if isinstance(prompt.template, str):
        return langfuse.CreateTextPromptRequest(prompt=prompt.template, type="text", **about)
    messages = [
        langfuse.PlaceholderMessage(name=m["name"], type="placeholder")
        if m.get("type") == "placeholder"
        else langfuse.ChatMessage(role=m["role"], content=m["content"], type="chatmessage")
        for m in prompt.template
    ]
    return langfuse.CreateChatPromptRequest(prompt=messages, type="chat", **about)


def _fault(wanted: str, error: Exception) -> PromptError:
    status = getattr(error, "status_code", None)
    if status is not None:
        body: Any = getattr(error, "body", None)
        said = body.get("message") if isinstance(body, dict) else body
        return PromptError(f"Langfuse at {where()} answers {status} for prompt {wanted}: {said}.")
    return PromptError(f"Langfuse at {where()} does not give prompt {wanted}: {' '.join(str(error).split())[:300]}.")
