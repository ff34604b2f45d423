"""Jinja2, in its sandbox: a template that comes from a registry is somebody else's program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import PromptError, require
from . import Origin


def variables(text: str, origin: Origin) -> tuple[str, ...]:
    """The names that the template, and those that it includes, use and do not set.

    Raises:
        PromptError: the template cannot be parsed.
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2, meta = require("jinja2", "prompts"), require("jinja2.meta", "prompts")
    environment = _environment(origin.file.parent if origin.file else None)
    names: dict[str, None] = {}
    waiting, seen = [text], set[str]()
    try:
        while waiting:
            tree = environment.parse(waiting.pop(0))
            names |= dict.fromkeys(sorted(meta.find_undeclared_variables(tree)))
            for included in meta.find_referenced_templates(tree):
                if included and included not in seen:
                    seen.add(included)
                    waiting.append(environment.loader.get_source(environment, included)[0])
    except jinja2.TemplateSyntaxError as error:
        raise origin.fault(error.source or text, str(error.message), error.lineno) from None
    except jinja2.TemplateError as error:
        raise PromptError(f"{origin.file or origin.prompt}: {type(error).__name__}: {error}") from None
    return tuple(sorted(names, key=lambda name: (text.find(name) < 0, text.find(name))))


def fill(text: str, values: Mapping[str, Any], origin: Origin) -> str:
    """The rendered template. What is not defined is an error, never an empty text."""
    jinja2 = require("jinja2", "prompts")
    environment = _environment(origin.file.parent if origin.file else None)
    try:
        return environment.from_string(text).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise origin.fault(error.source or text, str(error.message), error.lineno) from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        where = origin.file or f"prompt {origin.prompt!r}"
        raise PromptError(f"{where} cannot be rendered: {type(error).__name__}: {error}") from None


@lru_cache(maxsize=64)
def _environment(folder: Path | None) -> Any:
    jinja2, sandbox = require("jinja2", "prompts"), require("jinja2.sandbox", "prompts")
    loader = jinja2.FileSystemLoader(folder) if folder else jinja2.DictLoader({})
    return sandbox.ImmutableSandboxedEnvironment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
