"""Which clients are installed, and whether their calls can be and are traced."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import msgspec

from .. import config, semconv
from ..config import Settings
from ..providers import REGISTRY, provider
from ..providers._base import Provider
from .findings import Finding, Level
from .wrappers import method, wrappers

_AREA = "clients"


def examine(settings: Settings) -> Iterator[Finding]:
    """A finding for each client that is supported."""
    wanted = REGISTRY if settings.clients is None else settings.clients
    found = [_client(provider(name), asked_for=name in wanted) for name in REGISTRY]
    yield from map(_switched_off, found) if config.sdk_disabled() else found
    for name in wanted:
        if name not in REGISTRY:
            yield Finding(
                _AREA, Level.PROBLEM, name, "is no client that is known here", f"there are: {', '.join(REGISTRY)}"
            )
    if not any(finding.level is Level.OK for finding in found):
        yield Finding(
            _AREA,
            Level.PROBLEM,
            "no client",
            "is installed, supported and asked for, so there is nothing to trace",
            "install one beside otel-prompt, in the same environment: pip install 'otel-prompt[openai]'",
        )


def _switched_off(finding: Finding) -> Finding:
    """What is fine with a client helps nothing where the SDK is switched off."""
    if finding.level is not Level.OK:
        return finding
    text = "is supported, but not traced: OTEL_SDK_DISABLED is true"
    return msgspec.structs.replace(finding, level=Level.NOTE, text=text)


def _client(it: Provider, *, asked_for: bool) -> Finding:
    try:
        installed = version(it.distribution)
    except PackageNotFoundError:
        advice = f"if the application uses it: pip install 'otel-prompt[{it.name}]'"
        return Finding(_AREA, Level.NOTE, it.name, "is not installed in this environment", advice)
    subject = f"{it.name} {installed}"
    if not asked_for:
        advice = f"add {it.name} to the setting clients (OTEL_PROMPT_CLIENTS), or leave that out for all"
        return Finding(_AREA, Level.NOTE, subject, "is left out by the setting clients", advice)
    if _release(installed) < _release(it.oldest):
        advice = f"pip install --upgrade '{it.distribution}>={it.oldest}'"
        text = f"is older than {it.oldest}, the oldest version that is supported; its calls may not be traced"
        return Finding(_AREA, Level.PROBLEM, subject, text, advice)
    try:
        _import(it)
    except ImportError as error:
        return Finding(
            _AREA, Level.PROBLEM, subject, f"cannot be imported: {error}", f"pip install --upgrade {it.distribution}"
        )
    return _traced(it, subject)


def _import(it: Provider) -> None:
    """Import an SDK to look at it: it says nothing and asks nobody."""
    added = {name: value for name, value in it.unasked.items() if name not in os.environ}
    os.environ.update(added)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for path in it.methods:
                import_module(it.place(path)[0])
    finally:
        for name in added:
            del os.environ[name]


def _release(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found is not None else ()


def _traced(it: Provider, subject: str) -> Finding:
    held = {path: method(*it.place(path)) for path in it.methods}
    missing = [path for path, found in held.items() if not callable(found)]
    if missing:
        return Finding(
            _AREA,
            Level.PROBLEM,
            subject,
            f"has no {' and no '.join(missing)}, where otel-prompt listens; those calls are not traced",
            "upgrade otel-prompt: pip install --upgrade otel-prompt",
        )
    ours = all(any(name.startswith(semconv.SCOPE + ".") for name in wrappers(found)) for found in held.values())
    at = _some(tuple(held))
    if ours:
        return Finding(_AREA, Level.OK, subject, f"is traced in this process, at {at}")
    where = f"by opentelemetry-instrument or instrument(), at {at}"
    return Finding(_AREA, Level.OK, subject, f"is supported, and traced in an application started {where}")


def _some(methods: tuple[str, ...]) -> str:
    """The methods of a client that has two; of one that has many, two of them and how many more."""
    if len(methods) <= 3:
        return " and ".join(methods)
    return f"{', '.join(methods[:2])} and {len(methods) - 2} more"
