"""Which other instrumentations record the same calls: two records of one call count its tokens twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Final

from .. import config, semconv
from ..attachment import installed
from ..providers import REGISTRY, provider
from .findings import Finding, Level
from .wrappers import method, wrappers

_AREA = "other instrumentations"
_GROUP = "opentelemetry_instrumentor"

SEAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": (
        "resources.chat.completions.Completions.create",
        "resources.chat.completions.AsyncCompletions.create",
        "resources.chat.completions.completions.Completions.create",
        "resources.responses.Responses.create",
        "resources.responses.responses.Responses.create",
        "resources.embeddings.Embeddings.create",
    ),
}
"""The methods of a client that others wrap; ours are the provider's."""

BY_CALL: Final[Mapping[str, Mapping[str, str]]] = {
    "openai": {
        "mlflow": "mlflow.openai.autolog()",
        "langfuse": "from langfuse.openai import openai",
        "langsmith": "langsmith.wrappers.wrap_openai(client)",
        "logfire": "logfire.instrument_openai()",
        "openlit": "openlit.init()",
        "traceloop-sdk": "Traceloop.init()",
        "weave": "weave.init(project)",
        "ddtrace": "ddtrace-run, or ddtrace.patch_all()",
        "sentry-sdk": "sentry_sdk.init()",
        "agentops": "agentops.init()",
    },
    "bedrock": {
        "mlflow": "mlflow.bedrock.autolog()",
        "openlit": "openlit.init()",
        "traceloop-sdk": "Traceloop.init()",
        "weave": "weave.init(project)",
        "ddtrace": "ddtrace-run, or ddtrace.patch_all()",
    },
}
"""Distributions that record a client's calls too, once the application says so, and how it says so."""


def examine() -> Iterator[Finding]:
    """Everything else here that records what we record."""
    clients = [name for name in REGISTRY if installed(provider(name).distribution)]
    found = [finding for client in clients for finding in (*_around(client), *_loaded(client), *_dormant(client))]
    yield from found
    if not found:
        yield Finding(_AREA, Level.OK, "none", "nothing else here records the calls of these clients")


def _around(client: str) -> Iterator[Finding]:
    """Those whose wrapper is around the client in this very process."""
    it = provider(client)
    names = {
        name
        for path in (*it.methods, *SEAMS.get(client, ()))
        for name in wrappers(method(*it.place(path)))
        if not name.startswith(semconv.SCOPE + ".")
    }
    for package in sorted({".".join(name.split(".")[:3]) for name in names}):
        yield Finding(
            _AREA,
            Level.WARNING,
            package,
            f"has wrapped {client} in this process: a call may be recorded twice",
            "keep one of the two; where its span is open around the call, otel-prompt completes that span and makes "
            "none of its own",
        )


def _loaded(client: str) -> Iterator[Finding]:
    """Those that ``opentelemetry-instrument`` loads beside us."""
    off = disabled_instrumentations()
    for point in entry_points(group=_GROUP):
        if point.value.startswith(semconv.SCOPE + ".") or not _instruments(point, client):
            continue
        name = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        if point.name in off or "*" in off:
            text = f"instruments {client} too; OTEL_PYTHON_DISABLED_INSTRUMENTATIONS keeps it off"
            yield Finding(_AREA, Level.NOTE, name, text)
        else:
            yield Finding(
                _AREA,
                Level.WARNING,
                name,
                f"instruments {client} too under opentelemetry-instrument: a call may be recorded twice",
                f"set OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={','.join([*off, point.name])}, or uninstall it",
            )


def _instruments(point: EntryPoint, client: str) -> bool:
    """Whether an instrumentor is for a client: its extra ``instruments`` says so or, without one, its module."""
    distribution = provider(client).distribution
    declared = [text for text in (point.dist.requires or ()) if "instruments" in text] if point.dist else []
    if declared:
        return any(re.match(rf"{re.escape(distribution)}(?![\w.-])", text) for text in declared)
    return client in point.module.split(".")


def _dormant(client: str) -> Iterator[Finding]:
    """Those that are installed, and record the client's calls when the application asks them to."""
    for distribution, how in BY_CALL.get(client, {}).items():
        try:
            found = version(distribution)
        except PackageNotFoundError:
            continue
        text = f"would record the calls of {client} a second time if the application has: {how}"
        yield Finding(_AREA, Level.NOTE, f"{distribution} {found}", text)


def disabled_instrumentations() -> tuple[str, ...]:
    """What ``OTEL_PYTHON_DISABLED_INSTRUMENTATIONS`` names."""
    value = config.variable("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS") or ""
    return tuple(name.strip() for name in value.split(",") if name.strip())
