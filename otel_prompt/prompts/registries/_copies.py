"""Copies of prompts from services: in memory for speed, on disk for the day when the service is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

from ...encoding import decode, encode
from ...errors import PromptError, logger
from .._prompt import Prompt
from ..reference import Reference

_KEPT: Final = (
    "name", "template", "version", "parameters", "label", "format", "description", "model", "tags", "labels", "source",
    "id",
)  # fmt: skip


class Copies:
    """The copies of one process, over the files that all processes of a user share.

    Args:
        fresh_seconds: how long a label or a latest version is taken as it was.
        folder: where files are; None for the user's cache folder.
    """

    def __init__(self, fresh_seconds: float, folder: Path | None = None) -> None:
        self.fresh_seconds = fresh_seconds
        self._folder = folder
        self._held: dict[Reference, tuple[float, Prompt]] = {}
        self._refreshing: set[Reference] = set()
        self._warned: set[Reference] = set()
        self._lock = Lock()

    def get(self, reference: Reference, fetch: Callable[[Reference], Prompt]) -> Prompt:
        """A copy, or what ``fetch`` gives.

        Raises:
            PromptError: ``fetch`` fails and there is no copy.
        """
        held = self._held.get(reference)
        if held is None:
            return self._first(reference, fetch)
        taken, prompt = held
        if reference.version is None and time.monotonic() - taken > self.fresh_seconds:
            self._refresh(reference, fetch)
        return prompt

    def _first(self, reference: Reference, fetch: Callable[[Reference], Prompt]) -> Prompt:
        try:
            return self._keep(reference, fetch(reference))
        except PromptError as error:
            if (prompt := self._read(reference)) is None:
                raise
            self._warn(reference, error)
        self._held[reference] = (time.monotonic(), prompt)
        return prompt

    def _refresh(self, reference: Reference, fetch: Callable[[Reference], Prompt]) -> None:
        with self._lock:
            if reference in self._refreshing:
                return
            self._refreshing.add(reference)
        Thread(target=self._refresh_now, args=(reference, fetch), name="otel-prompt-refresh", daemon=True).start()

    def _refresh_now(self, reference: Reference, fetch: Callable[[Reference], Prompt]) -> None:
        try:
            self._keep(reference, fetch(reference))
            self._warned.discard(reference)
        except PromptError as error:
            # Asked again only when this copy, too, is no longer fresh: a service in trouble is left in peace.
            self._held[reference] = (time.monotonic(), self._held[reference][1])
            self._warn(reference, error)
        finally:
            self._refreshing.discard(reference)

    def _keep(self, reference: Reference, prompt: Prompt) -> Prompt:
        self._held[reference] = (time.monotonic(), prompt)
        file = self._file(reference)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_suffix(f".{time.monotonic_ns()}")
            new.write_text(encode({name: getattr(prompt, name) for name in _KEPT}), "utf-8")
            new.replace(file)
        except OSError as error:
            logger.warning("otel-prompt: no copy of prompt %s is kept on disk: %s", reference, error)
        return prompt

    def _read(self, reference: Reference) -> Prompt | None:
        try:
            kept: dict[str, Any] = decode(self._file(reference).read_text("utf-8"))
            kept |= {"tags": tuple(kept["tags"]), "labels": tuple(kept["labels"])}
            return Prompt(**kept)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _file(self, reference: Reference) -> Path:
        if self._folder is None:
            from platformdirs import user_cache_path

            self._folder = user_cache_path("otel-prompt") / "prompts"
        return self._folder / f"{sha256(str(reference).encode()).hexdigest()}.json"

    def _warn(self, reference: Reference, error: PromptError) -> None:
        if reference not in self._warned:
            self._warned.add(reference)
            logger.warning("otel-prompt: %s The last good copy of %s is used.", error, reference)
