"""``otel-prompt prompts push`` and ``pull``: between the folder and a registry, the same template only once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ..errors import PromptError
from ..prompts import Prompt
from ..prompts.file import unparse
from ..prompts.folder import Folder, file_of
from ..prompts.reference import SCHEMES, Reference, parse
from ..prompts.registries import UnsuitableError, registry
from .prompts_folder import FolderOption, JsonOption, library
from .terminal import print_json, terminal


class Exchanged(msgspec.Struct):
    """What became of one prompt: ``new``, ``same`` or, where it was not done, ``refused``."""

    name: str
    registry: str
    version: str | None
    registry_version: str | None
    outcome: str
    message: str


def push(
    to: Annotated[str, typer.Argument(help=f"The registry: {', '.join(SCHEMES)}.")],
    names: Annotated[list[str] | None, typer.Argument(help="Prompts, as name or name@label; all, if none is.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put prompts into a registry. A template that is there already is not put there again.

    One that the registry has no form for is left out, with exit code 1.
    """
    chosen, service = library(folder), registry(to)
    prompts = [chosen.load(parse(name)) for name in names] if names else chosen.prompts()
    results: list[Exchanged] = []
    for prompt in prompts:
        try:
            version, new = service.push(prompt)
        except UnsuitableError as error:
            results.append(Exchanged(prompt.name, to, prompt.version, None, "refused", str(error)))
            continue
        outcome = "new" if new else "same"
        said = "is now" if new else "was already"
        message = f"{prompt.name} {prompt.version} {said} version {version} in {to}"
        results.append(Exchanged(prompt.name, to, prompt.version, version, outcome, message))
    _report(results, as_json)


def pull(
    references: Annotated[list[str], typer.Argument(help="What to load, such as mlflow:summarize@production.")],
    folder: FolderOption = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that differ.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write prompts of a registry to the folder. A file that differs is left alone, unless ``--force`` is said."""
    chosen = library(folder)
    _report([_pulled(parse(reference), chosen, force=force) for reference in references], as_json)


def _pulled(reference: Reference, folder: Folder, *, force: bool) -> Exchanged:
    if reference.scheme is None:
        raise PromptError(
            f"{str(reference)!r} names no registry; say {', '.join(f'{s}:{reference.name}' for s in SCHEMES)}"
        )
    prompt = registry(reference.scheme).fetch(reference)
    there = folder.named(prompt.name)
    file = file_of(there) if there is not None else folder.path / f"{prompt.name}.md"
    if not file.resolve().is_relative_to(folder.path.resolve()):
        raise PromptError(f"{str(reference)!r} would be written to {file}, outside of {folder.path}")
    result = Exchanged(prompt.name, reference.scheme, there.version if there else None, prompt.version, "new", "")
    if there is not None and there.template_hash == prompt.template_hash:
        result.outcome, result.message = "same", f"{file} has the template of {reference} already"
    elif (there is not None or file.exists()) and not force:
        result.outcome = "refused"
        result.message = f"{file} differs from {reference}; `--force` writes over it"
    else:
        _write(prompt, file)
        result.version, result.message = prompt.version, f"{file} is now {reference}, version {prompt.version}"
    return result


def _write(prompt: Prompt, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(unparse(replace(prompt, labels=(), metadata={})), "utf-8")
    except OSError as error:
        raise PromptError(f"{file} cannot be written: {error}") from None


def _report(results: list[Exchanged], as_json: bool) -> None:
    if as_json:
        print_json(results)
    else:
        for result in results:
            style = {"new": "green", "refused": "red"}.get(result.outcome)
            terminal().print(result.message, style=style, soft_wrap=True)
    if any(result.outcome == "refused" for result in results):
        raise typer.Exit(1)
