"""Which version in MLflow's prompt registry a call's prompt is: found by the template's hash, entered if it is new.

A link that is wrong is worse than none. So a version is linked if its template is the very one of the call, or if its
number is the call's and nothing speaks against it; and a prompt is entered only where its number comes out the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

import msgspec

from ..encoding import encode
from ..errors import logger
from ..invocation import PromptIdentity

HASH_TAG: Final = "otel_prompt.template_hash"
VERSION_TAG: Final = "otel_prompt.version"

_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]+")
_MOST_VERSIONS: Final = 100
"""A prompt of more versions than a person would write comes from a program: no more of it are entered."""


class Link(msgspec.Struct, frozen=True):
    """A prompt version as MLflow shows it. ``registered``: it is in the registry, so traces can be found by it."""

    name: str
    version: str
    registered: bool


def as_tag(links: Iterable[Link]) -> str:
    """The value of the tag ``mlflow.linkedPrompts``, which traces and runs show."""
    return json.dumps([{"name": link.name, "version": link.version} for link in links])


class Registry:
    """The prompts of one MLflow, remembered for as long as the process lives."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._links: dict[tuple[str, str | None, str | None], Link | None] = {}

    def link(self, prompt: PromptIdentity) -> Link | None:
        """What to link a call with this prompt to; None for nothing."""
        from mlflow.exceptions import MlflowException

        key = (prompt.name, prompt.version, prompt.template_hash)
        if key not in self._links:
            try:
                self._links[key] = self._find(prompt)
            except MlflowException as error:
                if _unreachable(error):
                    raise
                logger.info("otel-prompt: MLflow has no prompt to link for %r (%s)", prompt.name, error)
                self._links[key] = None
        return self._links[key]

    def _find(self, prompt: PromptIdentity) -> Link | None:
        if not _NAME.fullmatch(prompt.name):
            return None
        there = self._versions(prompt.name)
        if (found := _matching(prompt, there)) is not None:
            return Link(prompt.name, str(found), registered=True)
        number = _number(prompt.version)
        if number in there:
            return None
        following = max(there, default=0) + 1
        if _is_whole(prompt) and len(there) < _MOST_VERSIONS and number in (None, following):
            self._enter(prompt)
            if (found := _matching(prompt, self._versions(prompt.name))) is not None:
                return Link(prompt.name, str(found), registered=True)
        return Link(prompt.name, prompt.version, registered=False) if prompt.version else None

    def _versions(self, name: str) -> dict[int, str]:
        """The template's hash by version number."""
        found: dict[int, str] = {}
        token: str | None = None
        while True:
            page = self._client.search_model_versions(
                f"name='{name}' AND tags.`mlflow.prompt.is_prompt`='true'", page_token=token
            )
            for version in page:
                found[int(version.version)] = version.tags.get(HASH_TAG) or _hash(version.tags)
            token = page.token
            if not token:
                return found

    def _enter(self, prompt: PromptIdentity) -> None:
        template: Any = prompt.template
        if template.startswith("[") and isinstance(messages := _messages(template), list):
            template = messages
        tags = {HASH_TAG: prompt.template_hash or ""}
        if prompt.version is not None:
            tags[VERSION_TAG] = prompt.version
        self._client.register_prompt(prompt.name, template, commit_message="Seen in a traced call", tags=tags)


def _matching(prompt: PromptIdentity, there: dict[int, str]) -> int | None:
    """The version of the same template; without a template to compare, that of the same number."""
    number = _number(prompt.version)
    if prompt.template_hash is None:
        return number if number in there else None
    same = sorted(version for version, found in there.items() if found == prompt.template_hash)
    if number in same:
        return number
    # The registry may know the template by another number, unless ours is that of another template there.
    return same[0] if same and number not in there else None


def _number(version: str | None) -> int | None:
    return int(version) if version is not None and version.isascii() and version.isdecimal() else None


def _is_whole(prompt: PromptIdentity) -> bool:
    """Whether the template is all there: not left out, redacted or shortened."""
    if prompt.template is None or prompt.template_hash is None:
        return False
    return sha256(prompt.template.encode("utf-8", "replace")).hexdigest() == prompt.template_hash


def _hash(tags: dict[str, str]) -> str:
    """The hash of a template that someone else has entered."""
    text = tags.get("mlflow.prompt.text", "")
    if tags.get("_mlflow_prompt_type") == "chat" and (messages := _messages(text)) is not None:
        text = encode(messages)
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _messages(text: str) -> list[Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(m, dict) and "role" in m for m in found) else None


def _unreachable(error: Any) -> bool:
    return error.error_code in ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
