"""Jinja2, in its sandbox: a template that comes from a registry is somebody else's program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from ...errors import PromptError, require
from . import Origin

_Used: TypeAlias = tuple[tuple[str, str, str], ...]


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names that the template, and those that it extends or imports, use and do not set.

    Raises:
        PromptError: the template cannot be parsed.
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2, meta = require("jinja2", "prompts"), require("jinja2.meta", "prompts")
    environment = _environment(origin.folders, origin.used)
    names: dict[str, None] = {}
    waiting, seen = [(text, None, None)], set[str]()
    try:
        while waiting:
            tree = environment.parse(*waiting.pop(0))
            names |= dict.fromkeys(sorted(meta.find_undeclared_variables(tree)))
            for name in meta.find_referenced_templates(tree):
                if name and name not in seen:
                    seen.add(name)
                    try:
                        source, file, _ = environment.loader.get_source(environment, name)
                    except jinja2.TemplateNotFound:
                        if name not in _optional(tree):
                            raise
                    else:
                        waiting.append((source, name, file))
    except jinja2.TemplateError as error:
        raise _fault(text, error, origin) from None
    except RecursionError:
        raise PromptError(f"{origin.place}: the template is nested too deeply to be read") from None
    return tuple(sorted(names, key=lambda name: (text.find(name) < 0, text.find(name))))


def check(text: str, origin: Origin) -> None:
    """Raise what is wrong with the text itself."""
    jinja2 = require("jinja2", "prompts")
    try:
        _environment((), ()).parse(text)
    except jinja2.TemplateError as error:
        raise _fault(text, error, origin) from None


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The rendered template. What is not defined is an error, never an empty text."""
    jinja2 = require("jinja2", "prompts")
    try:
        return _template(text, origin.folders, origin.used).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise _fault(text, error, origin) from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise PromptError(f"{origin.place} cannot be rendered: {type(error).__name__}: {error}") from None


def _optional(tree: Any) -> set[str]:
    """The names of files that a template includes if they are there."""
    nodes = require("jinja2.nodes", "prompts")
    includes = [
        node for node in tree.find_all(nodes.Include) if node.ignore_missing or isinstance(node.template, nodes.List)
    ]
    return {constant.value for node in includes for constant in node.find_all(nodes.Const)}


def _fault(text: str, error: Any, origin: Origin) -> PromptError:
    line = getattr(error, "lineno", None)
    if line is None:
        return PromptError(f"{origin.place}: {type(error).__name__}: {error}")
    if error.filename:
        return origin.within(Path(error.filename)).fault(error.source or "", str(error.message), line)
    return origin.fault(error.source or text, str(error.message), line)


def referenced(text: str) -> list[str]:
    """The files that a template extends, imports or includes by name; none of one that cannot be parsed."""
    jinja2, meta = require("jinja2", "prompts"), require("jinja2.meta", "prompts")
    try:
        return [name for name in meta.find_referenced_templates(_environment((), ()).parse(text)) if name]
    except jinja2.TemplateError:
        return []


@lru_cache(maxsize=256)
def _template(text: str, folders: tuple[Path, ...], used: _Used) -> Any:
    return _environment(folders, used).from_string(text)


@lru_cache(maxsize=64)
def _environment(folders: tuple[Path, ...], used: _Used) -> Any:
    """What was read with the template comes first, so that an older version is not filled from today's files."""
    jinja2, sandbox = require("jinja2", "prompts"), require("jinja2.sandbox", "prompts")
    held = {name: (text, file, lambda: True) for name, text, file in used}
    loader = jinja2.ChoiceLoader([jinja2.FunctionLoader(held.get), jinja2.FileSystemLoader(list(folders))])
    return sandbox.ImmutableSandboxedEnvironment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
