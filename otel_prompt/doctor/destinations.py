"""Where spans go, and whether each destination answers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Final

from .. import config
from ..config import Settings
from . import mlflow, otlp, store
from .findings import Finding, Level

_AREA = "destinations"
_OURS: Final = {"otel_prompt": "store"}
"""Our exporters as ``OTEL_TRACES_EXPORTER`` names them, where that differs from the settings' name."""
_KNOWN: Final = ("store", "mlflow", "otlp", "console")
_GROUP: Final = "opentelemetry_traces_exporter"


def examine(settings: Settings) -> Iterator[Finding]:
    """A finding for each place that spans go to."""
    named = [_OURS.get(name, name) for name in settings.exporters or config.traces_exporters() or ("store",)]
    chosen = [name for name in dict.fromkeys(named) if name != "none"]
    if not chosen:
        advice = "take none out of OTEL_TRACES_EXPORTER or exporters: without either, spans go to the local store"
        yield Finding(_AREA, Level.PROBLEM, "none", "no exporter is chosen: spans go nowhere", advice)
    if {"store", "mlflow"} & set(chosen):
        yield store.examine(settings)
    elif chosen:
        advice = "add otel_prompt to OTEL_TRACES_EXPORTER, or store to exporters, to keep them here too"
        yield Finding(_AREA, Level.NOTE, "store", "is not written: `otel-prompt spans` has nothing new to show", advice)
    if "mlflow" in chosen:
        yield from mlflow.examine(settings)
    if "otlp" in chosen or any(name.startswith("otlp_") for name in chosen):
        yield from otlp.examine()
    if "console" in chosen:
        yield Finding(_AREA, Level.OK, "console", "each span is printed as JSON when it ends")
    yield from _unknown(chosen, in_settings=settings.exporters is not None)


def _unknown(chosen: list[str], *, in_settings: bool) -> Iterator[Finding]:
    """Names that no exporter has: OpenTelemetry then sets up nothing at all."""
    plugged = () if in_settings else {point.name for point in entry_points(group=_GROUP)}
    for name in chosen:
        if name in _KNOWN or name in plugged:
            continue
        where = "the setting exporters" if in_settings else "OTEL_TRACES_EXPORTER"
        there = ", ".join(_KNOWN) if in_settings else ", ".join(sorted({"otlp", *plugged}))
        yield Finding(_AREA, Level.PROBLEM, name, f"is in {where}, but no exporter has that name", f"say {there}")
