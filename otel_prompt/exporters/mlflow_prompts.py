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
_EXPERIMENTS_TAG: Final = "_mlflow_experiment_ids"
_PASSING: Final = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
"""What says nothing about a prompt, and may be different at the next try."""

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
        self._shown: set[tuple[str, str]] = set()

    def link(self, prompt: PromptIdentity, experiment_id: str) -> Link | None:
        """What to link a call with this prompt to; None for nothing. Experiments show the prompts that they use."""
        from mlflow.exceptions import MlflowException

        key = (prompt.name, prompt.version, prompt.template_hash)
        try:
            if key not in self._links:
                self._links[key] = self._find(prompt)
            found = self._links[key]
            if found is not None and found.registered and (found.name, experiment_id) not in self._shown:
                self._show(found.name, experiment_id)
        except MlflowException as error:
            if error.error_code in _PASSING:
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
        # Not by ``register_prompt``, which would also put the prompt into what experiment the application is in.
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_prompt(prompt.name)
        except MlflowException as error:
            # A model may have the name: then it is no prompt's.
            if error.error_code != "RESOURCE_ALREADY_EXISTS" or self._client.get_prompt(prompt.name) is None:
                raise
        template: Any = prompt.template
        tags = {HASH_TAG: prompt.template_hash} | ({VERSION_TAG: prompt.version} if prompt.version else {})
        self._client.create_prompt_version(prompt.name, _messages(template) or template, "Seen in a traced call", tags)

    def _show(self, name: str, experiment_id: str) -> None:
        """Put the prompt on the experiment's own page of prompts, as MLflow does for those that are loaded by it."""
        held = self._client.get_prompt(name).tags.get(_EXPERIMENTS_TAG) or ""
        ids = [each for each in held.split(",") if each]
        if experiment_id not in ids:
            self._client.set_prompt_tag(name, _EXPERIMENTS_TAG, f",{','.join([*ids, experiment_id])},")
        self._shown.add((name, experiment_id))


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
