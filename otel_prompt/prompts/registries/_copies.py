"""Copies of prompts from services: in memory for speed, on disk for the day when the service is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Thread, get_ident
from typing import Any, Final, TypeAlias

from ...encoding import decode, encode
from ...errors import OtelPromptError, PromptError, logger, shielded
from .._prompt import Prompt
from ..reference import Reference

_KEPT: Final = (
    "name", "template", "version", "parameters", "label", "format", "description", "model", "response_schema", "tags",
    "labels", "metadata", "source", "id",
)  # fmt: skip

PATIENCE_SECONDS: Final = 2.0
"""How long a first load waits for the service where there is a copy: its own client may try for minutes."""

_Key: TypeAlias = tuple[str, Reference]


class Copies:
    """The copies of one process, over the files that all processes of a user share.

    Args:
        fresh_seconds: how long a label or a latest version is taken as it was.
        folder: where files are; None for the user's cache folder.
    """

    def __init__(self, fresh_seconds: float, folder: Path | None = None) -> None:
        self.fresh_seconds = fresh_seconds
        self.patience_seconds = PATIENCE_SECONDS
        self._folder = folder
        self._held: dict[_Key, tuple[float, Prompt]] = {}
        self._refreshing: dict[_Key, Thread] = {}
        self._warned: set[_Key] = set()

    def get(self, where: str, reference: Reference, fetch: Callable[[Reference], Prompt]) -> Prompt:
        """A copy, or what ``fetch`` gives.

        Args:
            where: the service's address: two services may have a prompt of one name.
            reference: which prompt.
            fetch: asks the service.

        Raises:
            OtelPromptError: ``fetch`` fails and there is no copy.
        """
        key = (where, reference)
        if key not in self._held:
            return self._first(key, fetch)
        taken, prompt = self._held[key]
        # A version never changes; what a label or a bare name stands for does.
        if reference.version is None and time.monotonic() - taken > self.fresh_seconds:
            self._refresh(key, fetch)
        return prompt

    def _first(self, key: _Key, fetch: Callable[[Reference], Prompt]) -> Prompt:
        found = self._read(key)
        if found is None:
            return self._keep(key, fetch(key[1]))
        age, prompt = found
        self._held[key] = (time.monotonic() - age, prompt)
        if key[1].version is None and age > self.fresh_seconds:
            asking = self._refresh(key, fetch)
            asking.join(self.patience_seconds)
            if asking.is_alive():
                self._warn(key, f"there is no answer for prompt {key[1]} yet.")
        return self._held[key][1]

    def _refresh(self, key: _Key, fetch: Callable[[Reference], Prompt]) -> Thread:
        # In a forked child the parent's thread is not alive, so that a new one starts.
        if (asking := self._refreshing.get(key)) is None or not asking.is_alive():
            asking = Thread(target=self._refresh_now, args=(key, fetch), name="otel-prompt-refresh", daemon=True)
            self._refreshing[key] = asking
            asking.start()
        return asking

    def _refresh_now(self, key: _Key, fetch: Callable[[Reference], Prompt]) -> None:
        with shielded:
            try:
                self._keep(key, fetch(key[1]))
                self._warned.discard(key)
            except OtelPromptError as error:
                # Asked again only when this copy, too, is no longer fresh: a service in trouble is left in peace.
                self._held[key] = (time.monotonic(), self._held[key][1])
                self._warn(key, str(error))

    def _keep(self, key: _Key, prompt: Prompt) -> Prompt:
        self._held[key] = (time.monotonic(), prompt)
        file = self._file(key)
        new = file.with_suffix(f".{get_ident()}.{time.monotonic_ns()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.write_text(encode({name: getattr(prompt, name) for name in _KEPT}), "utf-8")
            new.replace(file)
        except OSError as error:
            logger.warning("otel-prompt: no copy of prompt %s is kept on disk: %s", key[1], error)
        return prompt

    def _read(self, key: _Key) -> tuple[float, Prompt] | None:
        """The copy on disk and its age in seconds."""
        file = self._file(key)
        try:
            kept: dict[str, Any] = decode(file.read_text("utf-8"))
            kept |= {"tags": tuple(kept["tags"]), "labels": tuple(kept["labels"])}
            return max(time.time() - file.stat().st_mtime, 0.0), Prompt(**kept)
        except (OSError, ValueError, TypeError, KeyError, PromptError):
            return None

    def _file(self, key: _Key) -> Path:
        if self._folder is None:
            from platformdirs import user_cache_path

            self._folder = user_cache_path("otel-prompt", appauthor=False) / "prompts"
        return self._folder / f"{sha256(f'{key[0]} {key[1]}'.encode()).hexdigest()}.json"

    def _warn(self, key: _Key, what: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            logger.warning("otel-prompt: %s The last good copy of it is used.", what)
