"""``load_prompt``: one face for every library that a prompt may live in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ..config import load as load_settings
from ..errors import PromptError
from . import split as splitting
from ._prompt import Prompt
from .folder import Folder
from .reference import Reference, parse


def load_prompt(
    reference: str,
    *,
    split: Mapping[str, float] | None = None,
    key: str | None = None,
    folder: str | Path | None = None,
) -> Prompt:
    """A prompt by name: from a folder under Git, or from the registry that the reference names.

    Args:
        reference: ``name``, ``name@label``, ``name:version`` or ``name#hash``, or with a registry before it
            ``mlflow:name/3``, ``mlflow:name@alias``, ``langfuse:name@label``, ``langsmith:owner/name:commit``.
        split: shares of versions, such as ``{"3": 0.9, "4": 0.1}``: which one it is depends on ``key`` alone.
        key: who is asked, for ``split``; the same key always gets the same version.
        folder: the folder of prompts; None for the setting ``prompts``, ``./prompts`` by default.

    Raises:
        PromptError: there is no such prompt, label or version, or its file cannot be read.
        MissingExtraError: what reads it is not installed.
    """
    wanted = parse(reference)
    if split is None:
        return _load(wanted, folder)
    if key is None:
        raise PromptError(
            f"load_prompt({reference!r}, split=...) needs key=: the user or session that is to stay with one version"
        )
    if wanted.label or wanted.version or wanted.hash:
        raise PromptError(f"{reference!r} names one version already; with split= say the name alone")
    version = splitting.choose(wanted.name, split, str(key))
    shares = ",".join(f"{v}={share:g}" for v, share in split.items())
    return replace(_load(replace(wanted, version=version), folder), split=shares)


async def load_prompt_async(
    reference: str,
    *,
    split: Mapping[str, float] | None = None,
    key: str | None = None,
    folder: str | Path | None = None,
) -> Prompt:
    """``load_prompt`` without blocking the event loop."""
    return await asyncio.to_thread(load_prompt, reference, split=split, key=key, folder=folder)


class PromptBundle:
    """The prompts that a Python package carries: ``PromptBundle("my_app.prompts").load("summarize")``.

    Args:
        package: the package with the prompt files.

    Raises:
        PromptError: there is no such package.
    """

    def __init__(self, package: str) -> None:
        from importlib.resources import as_file, files
        from importlib.util import find_spec

        self._held = ExitStack()
        try:
            spec = find_spec(package)
            if spec is None:
                raise ModuleNotFoundError(package)
            found = next((Path(p) for p in spec.submodule_search_locations or () if Path(p).is_dir()), None)
            # A package inside of an archive has no folder of its own, and is given one.
            self._folder = Folder(found or self._held.enter_context(as_file(files(package))))
        except (ImportError, OSError, TypeError, ValueError) as error:
            raise PromptError(f"there is no package {package!r} with prompts: {error}") from None

    def load(self, reference: str) -> Prompt:
        """A prompt by ``name``, ``name@label``, ``name:version`` or ``name#hash``."""
        return self._folder.load(parse(reference))

    def names(self) -> list[str]:
        """The names of all prompts."""
        return [prompt.name for prompt in self._folder.prompts()]


def _load(reference: Reference, folder: str | Path | None) -> Prompt:
    if reference.scheme is not None:
        from .registries import load_from_registry

        return load_from_registry(reference)
    path = Path(folder) if folder is not None else load_settings(strict=False).prompts
    return folder_at(path.absolute()).load(reference)


@lru_cache(maxsize=16)
def folder_at(path: Path) -> Folder:
    """The folder of an absolute path, with what it has read already."""
    return Folder(path)
