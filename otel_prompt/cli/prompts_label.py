"""``otel-prompt prompts label``: which version is ``production``, and who said so when."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import PromptError
from ..prompts.reference import parse
from ..prompts.registries import registry
from .prompts_folder import FolderOption, JsonOption, library
from .prompts_show import ReferenceArgument
from .terminal import print_json, terminal


def label(
    reference: ReferenceArgument,
    name: Annotated[str, typer.Argument(help="The label, such as production.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a label to a version, and take it from the one that had it."""
    wanted = parse(reference)
    if set(name) & set("@:#/ "):
        raise PromptError(f"{name!r} is no label: it would end a reference such as {wanted.name}@{name}")
    if wanted.scheme is not None:
        service = registry(wanted.scheme)
        version = wanted.version or str(service.fetch(wanted).version)
        service.label(wanted.name, version, name)
        found = {"name": wanted.name, "label": name, "version": version, "registry": wanted.scheme}
        message = f"{wanted.scheme}:{wanted.name}: {name} is on version {version}"
    else:
        chosen = library(folder)
        prompt = chosen.load(wanted)
        moved = chosen.labels.move(prompt.name, name, str(prompt.version))
        found = {"name": prompt.name, "label": name, "version": moved.version, "before": moved.before}
        found |= {"by": moved.by, "at": moved.at, "dirty": prompt.dirty}
        before = f", before on {moved.before}" if moved.before else ""
        message = f"{prompt.name}: {name} is on version {moved.version}{before} ({moved.by}, {moved.at})"
        if prompt.dirty or prompt.commit is None:
            message += "\nThis version is not committed: Git has no copy of it for when the file changes."
    if as_json:
        print_json(found)
    else:
        terminal().print(message, soft_wrap=True)
