"""Which version in MLflow's prompt registry a call's prompt is: found by the template's hash, entered if it is new.

A link that is wrong is worse than none, and one that leads nowhere is wrong. So a version is linked if its template is
the very one of the call or, where the call has no template, if its version is the call's. MLflow counts its versions
itself: a version that is entered has the number that comes next, and a tag with the version that its author gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ..errors import logger
from ..invocation import PromptIdentity
from ..prompts.registries.mlflow import HASH_TAG, VERSION_TAG
from ..prompts.template import hash_of, text_of

_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]+")
_EXPERIMENTS_TAG: Final = "_mlflow_experiment_ids"
_PASSING: Final = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
"""What says nothing about a prompt, and may be different at the next try."""

_MOST_VERSIONS: Final = 100
"""A prompt of more versions than a person would write comes from a program: no more of it are entered."""


class Link(msgspec.Struct, frozen=True):
    """A version in the registry: by its page, and traces are found by it. ``version`` is MLflow's own number."""

    name: str
    version: str


class _Entry(msgspec.Struct, frozen=True):
    """What the registry has under a number: the template's hash, and the version as its author calls it."""

    template_hash: str
    version: str


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
            if found is not None and (found.name, experiment_id) not in self._shown:
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
        there = self._versions(prompt)
        found = _matching(prompt, there)
        if found is None and _is_whole(prompt) and len(there) < _MOST_VERSIONS and not _is_taken(prompt, there):
            self._enter(prompt)
            found = _matching(prompt, self._versions(prompt))
        return Link(prompt.name, str(found)) if found is not None else None

    def _versions(self, prompt: PromptIdentity) -> dict[int, _Entry]:
        """What the registry has of a prompt, by number."""
        found: dict[int, _Entry] = {}
        token: str | None = None
        while True:
            page = self._client.search_model_versions(
                f"name='{prompt.name}' AND tags.`mlflow.prompt.is_prompt`='true'", page_token=token
            )
            for each in page:
                # A prompt that was loaded from MLflow has MLflow's number for its version.
                given = None if prompt.source == "mlflow" else each.tags.get(VERSION_TAG)
                said = given or str(each.version)
                found[int(each.version)] = _Entry(each.tags.get(HASH_TAG) or _hash(each.tags), said)
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
        said = f"Version {prompt.version}, seen in a traced call" if prompt.version else "Seen in a traced call"
        self._client.create_prompt_version(prompt.name, _messages(template) or template, said, tags)

    def _show(self, name: str, experiment_id: str) -> None:
        """Put the prompt on the experiment's own page of prompts, as MLflow does for those that are loaded by it."""
        held = self._client.get_prompt(name).tags.get(_EXPERIMENTS_TAG) or ""
        ids = [each for each in held.split(",") if each]
        if experiment_id not in ids:
            self._client.set_prompt_tag(name, _EXPERIMENTS_TAG, f",{','.join([*ids, experiment_id])},")
        self._shown.add((name, experiment_id))


def _matching(prompt: PromptIdentity, there: dict[int, _Entry]) -> int | None:
    """The number of the same template; without a template to compare, that of the same version."""
    named = [number for number, entry in there.items() if entry.version == prompt.version]
    if prompt.template_hash is None:
        return max(named, default=None)
    same = [number for number, entry in there.items() if entry.template_hash == prompt.template_hash]
    if both := set(named) & set(same):
        return min(both)
    # The registry may know the template by another version, unless ours is that of another template there.
    return min(same) if same and not named else None


def _is_taken(prompt: PromptIdentity, there: dict[int, _Entry]) -> bool:
    """Whether the registry has another template as this version."""
    return any(entry.version == prompt.version for entry in there.values())


def _is_whole(prompt: PromptIdentity) -> bool:
    """Whether the template is all there: not left out, redacted or shortened."""
    if prompt.template is None or prompt.template_hash is None:
        return False
    return hash_of(prompt.template) == prompt.template_hash


def _hash(tags: dict[str, str]) -> str:
    """The hash of a template that someone else has entered."""
    text = tags.get("mlflow.prompt.text", "")
    messages = _messages(text) if tags.get("_mlflow_prompt_type") == "chat" else None
    return hash_of(text if messages is None else text_of(messages))


def _messages(text: str) -> list[Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(m, dict) and "role" in m for m in found) else None
