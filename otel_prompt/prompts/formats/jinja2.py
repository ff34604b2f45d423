"""Jinja2, in its sandbox: a template that comes from a registry is somebody else's program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import PromptError, require
from . import Origin


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names that the template, and those that it extends or imports, use and do not set.

    Raises:
        PromptError: the template cannot be parsed.
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2, meta = require("jinja2", "prompts"), require("jinja2.meta", "prompts")
    environment = _environment(origin.folders)
    names: dict[str, None] = {}
    waiting, seen = [(text, None, None)], set[str]()
    try:
        while waiting:
            tree = environment.parse(*waiting.pop(0))
            names |= dict.fromkeys(sorted(meta.find_undeclared_variables(tree)))
            for name in meta.find_referenced_templates(tree):
                if name and name not in seen:
                    seen.add(name)
                    source, file, _ = environment.loader.get_source(environment, name)
                    waiting.append((source, name, file))
    except jinja2.TemplateError as error:
        raise _fault(text, error, origin) from None
    return tuple(sorted(names, key=lambda name: (text.find(name) < 0, text.find(name))))


def check(text: str, origin: Origin) -> None:
    """Raise what is wrong with the text itself."""
    jinja2 = require("jinja2", "prompts")
    try:
        _environment(()).parse(text)
    except jinja2.TemplateError as error:
        raise _fault(text, error, origin) from None


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The rendered template. What is not defined is an error, never an empty text."""
    jinja2 = require("jinja2", "prompts")
    try:
        return _template(text, origin.folders).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise _fault(text, error, origin) from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise PromptError(f"{origin.place} cannot be rendered: {type(error).__name__}: {error}") from None


def _fault(text: str, error: Any, origin: Origin) -> PromptError:
    line = getattr(error, "lineno", None)
    if line is None:
        return PromptError(f"{origin.place}: {type(error).__name__}: {error}")
    if error.filename:
        return origin.within(Path(error.filename)).fault(error.source or "", str(error.message), line)
    return origin.fault(error.source or text, str(error.message), line)


@lru_cache(maxsize=256)
def _template(text: str, folders: tuple[Path, ...]) -> Any:
    return _environment(folders).from_string(text)


@lru_cache(maxsize=64)
def _environment(folders: tuple[Path, ...]) -> Any:
    jinja2, sandbox = require("jinja2", "prompts"), require("jinja2.sandbox", "prompts")
    loader = jinja2.FileSystemLoader(list(folders)) if folders else jinja2.DictLoader({})
    return sandbox.ImmutableSandboxedEnvironment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
