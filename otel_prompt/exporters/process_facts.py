"""What a process knows of its spans and they do not say: the cost of a call, its run, who experiments, the revision."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from .. import pricing, semconv
from ..config import Settings
from ..errors import shielded
from ..mapping import from_attributes
from ..runs import is_call, run_key
from ..span_record import SpanRecord
from .revision import revision


class ProcessFacts:
    """What is the same for all spans of a process, found out once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._revision = revision(_here())
        self._experimenter = settings.experimenter or _login()

    def completed(self, record: SpanRecord) -> SpanRecord:
        """The record, with what it lacks."""
        held = record.attributes
        if is_call(record):
            with shielded:  # another instrumentation's attributes may be of any type
                if semconv.COST_TOTAL not in held:
                    held.update(_cost(held))
            held[semconv.RUN_KEY] = run_key(record, self._settings)
        if self._revision is not None:
            record.resource.setdefault(semconv.VCS_REVISION, self._revision)
        if self._experimenter:
            held.setdefault(semconv.EXPERIMENTER, self._experimenter)
        return record


def _cost(held: dict[str, Any]) -> dict[str, float]:
    found = pricing.price_of(from_attributes(held))
    if found is None:
        return {}
    return {
        semconv.COST_INPUT: found.input_usd,
        semconv.COST_OUTPUT: found.output_usd,
        semconv.COST_TOTAL: found.total_usd,
    }


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the folder is gone
        return Path("/")


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that has no name.
        return None
