"""Weights & Biases as a destination: a run for each variant, with its calls as history and as a table.

What guarantee holds, in which mode:

- offline: a call is taken when it has been read back from the run's ``.wandb`` file. Each is there once, also after
  a crash at any moment; ``wandb sync`` sends the files of one run one after the other, as one run.
- online: a call is taken when W&B's own count of the run's lines of history says so. After a crash in between, W&B is
  asked which calls it has. Each is in the history once. A crash between the history and the upload of the table's part
  can leave the calls of that one delivery out of the table.
- Both need the file beside the store in which is noted what was written. Other machines with the same variant write to
  the same run; W&B itself does not take two writers of one run at the very same time.

The library works in a process of its own: see ``apart``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ..config import RunPer, Settings, WandbMode
from ..span_record import SpanRecord
from .apart import Apart
from .delivery import DeliveryError
from .filters import chosen
from .mlflow_address import shown
from .selection import Filter
from .store import default_path
from .wandb_environment import environment_of_writer

_SERVICE: Final = "https://api.wandb.ai"
_FILE: Final = "file://"

_GATHER_SECONDS: Final = 10.0
_BATCH: Final = 50


class WandbOptions(msgspec.Struct, frozen=True):
    """What the process that writes is to know.

    Attributes:
        place: the destination's address, a URL; of offline files their folder's.
        folder: the folder in which offline runs are made; None for online.
        ledger: the file that says what has been written.
        mlflow: the address of MLflow, without a password, for the link to it.
    """

    place: str
    ledger: str
    folder: str | None = None
    entity: str | None = None
    project: str | None = None
    experiment: str | None = None
    run_per: RunPer = RunPer.VARIANT
    mlflow: str | None = None
    weave_project: str | None = None


class WandbDestination:
    """One W&B: a service, or a folder of files for ``wandb sync``.

    Args:
        settings: which W&B, and how calls are put into projects and runs.
        address: another than that of the settings, as in ``name``.
    """

    judgements_alone = False

    def __init__(self, settings: Settings, address: str | None = None) -> None:
        self._mode = settings.wandb_mode
        folder = (settings.wandb_dir or Path()).absolute()
        own = f"{_FILE}{folder}" if self._mode is WandbMode.OFFLINE else settings.wandb_base_url or _SERVICE
        place = (address or own).rstrip("/")
        self.name = f"wandb {place}"
        self.batch, self.gather_seconds = _BATCH, _GATHER_SECONDS
        self.wanted = chosen("wandb", Filter(), settings)
        options = WandbOptions(
            place,
            str((settings.store or default_path()).absolute().with_suffix(".wandb.db")),
            place[len(_FILE) :] if place.startswith(_FILE) else None,
            settings.wandb_entity,
            settings.wandb_project,
            settings.experiment,
            settings.run_per,
            shown(settings.mlflow_tracking_uri) if settings.mlflow_tracking_uri else None,
            settings.weave_project,
        )
        self._apart = Apart(
            "wandb", options, environment_of_writer({} if options.folder else {"WANDB_BASE_URL": place})
        )

    @property
    def busy(self) -> bool:
        """Nothing that may not be cut off: the process that writes finishes what it has been given."""
        return False

    def open(self) -> None:
        """See that W&B answers and takes the key; for files, that they can be written.

        Raises:
            DeliveryError: it does not.
            MissingExtraError: wandb is not installed.
        """
        self.deliver([])

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Write the calls of traces to their runs. Those that are there already stay as they are.

        Raises:
            DeliveryError: W&B has not taken all of them.
            MissingExtraError: wandb is not installed.
        """
        if self._mode is WandbMode.DISABLED:
            raise DeliveryError("W&B is switched off by WANDB_MODE=disabled: set it to online or offline")
        self._apart.ask(traces)

    def close(self) -> None:
        """End the process that writes, if there is one. It starts again when it is needed."""
        self._apart.close()
