"""``otel-prompt prompts show`` and ``render``: one prompt as its file would be, and as a call would get it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..encoding import decode
from ..errors import PromptError
from ..prompts import Prompt, load_prompt
from ..prompts.file import unparse
from .prompts_folder import FolderOption, JsonOption, library
from .terminal import print_json, terminal

ReferenceArgument = Annotated[str, typer.Argument(help="name, name@label, name:version, name#hash or mlflow:name/3.")]


def loaded(reference: str, folder: Path | None) -> Prompt:
    """The prompt of a reference, from the folder that a command works on."""
    return load_prompt(reference, folder=library(folder).path)


def facts(prompt: Prompt) -> dict[str, Any]:
    """What there is to say of a prompt, for JSON."""
    names = (
        "name", "version", "label", "labels", "template", "template_hash", "format", "variables", "parameters", "model",
        "description", "tags", "source", "id", "commit", "dirty",
    )  # fmt: skip
    return {name: getattr(prompt, name) for name in names} | {
        "file": str(prompt.origin.file) if prompt.origin else None
    }


def show(reference: ReferenceArgument, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Show one prompt, whichever version of it, from wherever it lives."""
    prompt = loaded(reference, folder)
    if as_json:
        print_json(facts(prompt))
        return
    screen = terminal()
    where = prompt.id or (prompt.origin.file if prompt.origin else None)
    commit = f" · commit {prompt.commit[:8]}{', changed since' if prompt.dirty else ''}" if prompt.commit else ""
    screen.print(f"{where} · hash {prompt.template_hash[:12]}{commit}", style="dim", soft_wrap=True)
    screen.print(unparse(prompt), end="", soft_wrap=True)


def render(
    reference: ReferenceArgument,
    variables: Annotated[
        list[str] | None, typer.Option("--var", "-v", help="name=value, or name=@file; numbers and lists as JSON.")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render a prompt with values, and call nothing."""
    prompt = loaded(reference, folder)
    result = prompt.render(**dict(_value(prompt, said) for said in variables or ()))
    if as_json:
        print_json(
            {"name": prompt.name, "version": prompt.version, "parameters": prompt.parameters, "rendered": result}
        )
        return
    screen = terminal()
    if isinstance(result, str):
        screen.print(str.__str__(result), soft_wrap=True)
        return
    for n, message in enumerate(result):
        screen.print(("\n" if n else "") + f"{message.get('role')}:", style="cyan")
        content = message.get("content")
        screen.print(str.__str__(content) if isinstance(content, str) else repr(content), soft_wrap=True)


def _value(prompt: Prompt, said: str) -> tuple[str, Any]:
    name, equals, text = said.partition("=")
    if not equals:
        raise PromptError(f"{said!r} is no variable; say --var name=value")
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PromptError(f"--var {name}: {text[1:]} cannot be read: {error}") from None
    declared = prompt.declared.get(name)
    if declared is None or declared.type in ("str", "any"):
        return name, text
    try:
        return name, decode(text)
    except ValueError:
        return name, text
