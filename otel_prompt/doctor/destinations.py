"""Where spans go, and whether each destination answers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Final

from .. import config
from ..config import Settings
from ..errors import ConfigurationError
from ..exporters import DESTINATIONS, filters
from ..exporters.otlp_presets import PRESETS
from . import mlflow, otlp, store, wandb
from .findings import Finding, Level, without_password

_AREA = "destinations"
_KNOWN: Final = ("store", *DESTINATIONS, "otlp", "console", *PRESETS)
_GROUP: Final = "opentelemetry_traces_exporter"


def examine(settings: Settings) -> Iterator[Finding]:
    """A finding for each place that spans go to."""
    named = settings.exporters or config.traces_exporters() or ("store",)
    chosen = [name for name in dict.fromkeys(named) if name != "none"]
    if not chosen:
        where = "OTEL_TRACES_EXPORTER" if settings.exporters is None else "the setting exporters"
        advice = "without it, spans go to the local store"
        yield Finding(_AREA, Level.WARNING, "none", f"is what {where} says: spans go nowhere", advice)
    if {"store", *DESTINATIONS} & set(chosen):
        yield store.examine(settings)
    elif chosen:
        advice = "add otel_prompt to OTEL_TRACES_EXPORTER, or store to exporters, to keep them here too"
        yield Finding(_AREA, Level.NOTE, "store", "is not written: `otel-prompt spans` has nothing new to show", advice)
    if "mlflow" in chosen:
        yield from mlflow.examine(settings)
    if "wandb" in chosen:
        yield from wandb.examine(settings)
    if "weave" in chosen:
        yield from wandb.examine_weave(settings)
    if "otlp" in chosen or any(name.startswith("otlp_") for name in chosen):
        yield from otlp.examine()
    for name in dict.fromkeys(name.replace("_", "-") for name in chosen):
        if name in PRESETS:
            yield _preset(name, settings)
    if "console" in chosen:
        yield Finding(_AREA, Level.OK, "console", "each span is printed as JSON when it ends")
    for name, text in settings.filters.items():
        if (wrong := filters.fault(name, text)) is not None:
            yield Finding(_AREA, Level.PROBLEM, f"filter {name}", wrong, "see the filters in README.md, Where spans go")
    yield from _unknown(chosen, in_settings=settings.exporters is not None)


def _preset(name: str, settings: Settings) -> Finding:
    """A tool that takes OTLP: whether its key and its address are there."""
    try:
        there = PRESETS[name].connect(settings)
    except ConfigurationError as error:
        return Finding(_AREA, Level.PROBLEM, name, "is not set up", str(error))
    return Finding(_AREA, Level.OK, name, f"is sent to {without_password(there.endpoint)}")


def _unknown(chosen: list[str], *, in_settings: bool) -> Iterator[Finding]:
    """Names that no exporter has: they are left out and, where there is no other, spans go to the store."""
    plugged = {point.name for point in entry_points(group=_GROUP)}
    for name in chosen:
        if name.replace("_", "-") in _KNOWN or name in plugged:
            continue
        where = "the setting exporters" if in_settings else "OTEL_TRACES_EXPORTER"
        there = ", ".join(sorted({*_KNOWN, *plugged}))
        yield Finding(_AREA, Level.PROBLEM, name, f"is in {where}, but no exporter has that name", f"say {there}")
