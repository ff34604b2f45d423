"""The environment of a process that writes to W&B or Weave: their keys and addresses, without the application's run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..config import environment_of_child

_OF_A_RUN: Final = (
    "CONFIG_PATHS CONSOLE DIR ENTITY JOB_TYPE LAUNCH MODE NAME NOTES PROJECT RESUME RUN_DIR RUN_GROUP RUN_ID SERVICE "
    "SWEEP_ID SWEEP_PARAM_PATH TAGS"
)
"""What of ``WANDB_*`` is about the application's own run, and must not be taken for ours."""


def environment_of_writer(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment as far as it concerns a writer, with changes."""
    kept = environment_of_child({})
    for name in _OF_A_RUN.split():
        kept.pop(f"WANDB_{name}", None)
    # The application did not ask to tell its makers of it.
    kept.setdefault("WANDB_ERROR_REPORTING", "false")
    return {**kept, **changes}
