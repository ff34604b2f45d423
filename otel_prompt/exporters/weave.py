"""Weave as a destination: each span as a call with its own ids and times, its prompt as an object, scores as feedback.

A call is taken when Weave has answered for it, and is then noted beside the store: it goes there once. After a crash in
between, Weave is asked which calls it has; feedback goes again under the same id.

The library works in a process of its own: see ``apart``.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ..config import RunPer, Settings, traces_exporters
from ..span_record import SpanRecord
from .apart import Apart
from .filters import chosen
from .selection import Filter
from .store import default_path
from .wandb_environment import environment_of_writer

_SERVICE: Final = "https://trace.wandb.ai"
_WANDB: Final = "https://api.wandb.ai"

_GATHER_SECONDS: Final = 2.0
_BATCH: Final = 50


class WeaveOptions(msgspec.Struct, frozen=True):
    """What the process that writes is to know.

    Attributes:
        place: the address of the trace server.
        ledger: the file that says what has been written.
        project: ``entity/project`` or ``project``; None for the experiment's name.
        wandb_project: the W&B project in which the runs are, for the links to them.
        linked: the same calls go to W&B runs.
    """

    place: str
    ledger: str
    project: str | None = None
    entity: str | None = None
    wandb_project: str | None = None
    experiment: str | None = None
    run_per: RunPer = RunPer.VARIANT
    linked: bool = False


class WeaveDestination:
    """One Weave.

    Args:
        settings: which Weave, and which project of it.
        address: the trace server, if it is another than that of the settings.
    """

    judgements_alone = False

    def __init__(self, settings: Settings, address: str | None = None) -> None:
        base = (settings.wandb_base_url or _WANDB).rstrip("/")
        # As Weave itself has it: a W&B of one's own serves its traces under its own address.
        own = settings.weave_trace_server or (_SERVICE if base == _WANDB else f"{base}/traces")
        place = (address or own).rstrip("/")
        self.name = f"weave {place}"
        self.batch, self.gather_seconds = _BATCH, _GATHER_SECONDS
        self.wanted = chosen("weave", Filter(), settings)
        options = WeaveOptions(
            place,
            str((settings.store or default_path()).absolute().with_suffix(".weave.db")),
            settings.weave_project or settings.wandb_project,
            settings.wandb_entity,
            settings.wandb_project,
            settings.experiment,
            settings.run_per,
            "wandb" in (settings.exporters or traces_exporters() or ()),
        )
        environment = environment_of_writer({"WANDB_BASE_URL": base, "WF_TRACE_SERVER_URL": place})
        self._apart = Apart("weave", options, environment)

    @property
    def busy(self) -> bool:
        """Nothing that may not be cut off: the process that writes finishes what it has been given."""
        return False

    def open(self) -> None:
        """See that Weave answers and takes the key.

        Raises:
            DeliveryError: it does not.
            MissingExtraError: weave is not installed.
        """
        self.deliver([])

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Write traces. Calls that are there already stay as they are.

        Raises:
            DeliveryError: Weave has not taken all of them.
            MissingExtraError: weave is not installed.
        """
        self._apart.ask(traces)

    def close(self) -> None:
        """End the process that writes, if there is one. It starts again when it is needed."""
        self._apart.close()
