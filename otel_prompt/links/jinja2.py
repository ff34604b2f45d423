"""Jinja2 templates that were loaded by name: ``environment.get_template("summarize.j2").render(...)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..invocation import PromptIdentity
from ._base import Link, identity


def _identify(template: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> PromptIdentity | None:
    name = getattr(template, "name", None)
    if not name or not _is_prompt(name):
        return None
    source = _source(template, name)
    if source is None:
        return None
    variables = dict(*args, **kwargs)
    return identity("jinja2", name.rsplit("/", 1)[-1].split(".", 1)[0], None, source, variables, id=name)


def _is_prompt(name: str) -> bool:
    """Whether a template is text for a model rather than a page for a browser."""
    return not name.endswith((".html", ".htm", ".xml", ".xhtml", ".css", ".js"))


def _source(template: Any, name: str) -> str | None:
    loader = template.environment.loader
    return loader.get_source(template.environment, name)[0] if loader is not None else None


LINKS = (
    Link("jinja2.environment", "Template.render", _identify),
    Link("jinja2.environment", "Template.render_async", _identify),
)
