"""MLflow as a destination: each trace as a native one with its prompt linked, and a run for each variant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from .. import semconv
from ..config import Settings
from ..span_record import SpanRecord
from .delivery import DeliveryError
from .filters import chosen
from .mlflow_address import is_local, set_by_application, shown, whole
from .mlflow_client import (
    Connection,
    StumbledError,
    UnavailableError,
    check_answers,
    connect,
    experiment_id,
    explained,
)
from .mlflow_database import tables_of
from .mlflow_prompts import Registry
from .mlflow_runs import Runs
from .mlflow_traces import TraceWriter
from .selection import Filter

_DEFAULT_EXPERIMENT: Final = "otel-prompt"
_GATHER_SECONDS: Final = 1.0
_BATCH: Final = 100
"""Traces in one write to a server, which should answer soon."""

_LOCAL_BATCH: Final = 200
"""To a local database, which waits for the disk once in a batch, and is not to be locked for long."""

_ENOUGH: Final = 3
"""Traces over which a server must stumble, one after the other, for none of them to be to blame."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """What writes to an MLflow once it is connected to. It belongs to one process: a forked child makes its own."""

    connection: Connection
    runs: Runs
    traces: TraceWriter
    process: int


class MlflowDestination:
    """One MLflow: a server, or a local database.

    Args:
        settings: which MLflow, and how calls are put into experiments and runs.
        address: an MLflow other than that of the settings.
    """

    judgements_alone = False

    def __init__(self, settings: Settings, address: str | None = None) -> None:
        self._settings = settings
        given = address if address is not None else settings.mlflow_tracking_uri
        self._is_said, self._fixed = given is not None, whole(given)
        self.batch, self.gather_seconds = _LOCAL_BATCH if is_local(self._uri) else _BATCH, _GATHER_SECONDS
        self.wanted = chosen("mlflow", Filter(), settings)
        self._opened: _Opened | None = None
        self._connecting = False

    @property
    def _uri(self) -> str:
        # An application that tells MLflow itself may do so long after its exporters were set up.
        return self._fixed if self._is_said else set_by_application() or self._fixed

    @property
    def name(self) -> str:
        """Its address, without a password."""
        return f"mlflow {shown(self._uri)}"

    @property
    def busy(self) -> bool:
        """Whether MLflow is being imported, or a local database made.

        A thread that is stopped in the middle of an import keeps the interpreter's import lock, and a database that is
        half made is of no use to anyone.
        """
        return self._connecting

    def open(self) -> None:
        """Connect, if that is not done; see that a server answers.

        Raises:
            DeliveryError: it does not.
        """
        self._open()

    def close(self) -> None:
        """Nothing is held that must be let go: MLflow keeps its own connections."""

    def _open(self) -> _Opened:
        uri = self._uri
        check_answers(uri)
        if self._opened is not None and self._opened.process != os.getpid():
            self._opened.connection.forget()
            self._opened = None
        if self._opened is None or self._opened.connection.uri != uri:
            self._connecting = True
            try:
                connection = connect(uri)
            finally:
                self._connecting = False
            registry = Registry(connection.client)
            tables = tables_of(connection.tracking)
            runs = Runs(connection, registry, self._settings, tables)
            self._opened = _Opened(connection, runs, TraceWriter(connection, registry, tables), os.getpid())
        return self._opened

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Write traces and the runs of their calls. Those that are there already stay as they are.

        Raises:
            DeliveryError: MLflow has not taken all of them.
        """
        opened = self._open()
        by_experiment: dict[str, list[list[SpanRecord]]] = {}
        for spans in traces:
            by_experiment.setdefault(self._experiment(spans), []).append(spans)
        failed: dict[str, str] = {}
        for name, some in by_experiment.items():
            try:
                place = experiment_id(opened.connection.client, name, self._uri)
                failed.update(self._write_all(opened, place, some))
            except UnavailableError:
                raise
            except StumbledError as error:
                raise UnavailableError(str(error)) from error
            except DeliveryError as error:
                failed.update({spans[0].trace_id: str(error) for spans in some})
        if failed:
            raise DeliveryError(next(iter(failed.values())), failed)

    def _write_all(self, opened: _Opened, experiment: str, traces: list[list[SpanRecord]]) -> dict[str, str]:
        """Write traces. Where one is refused, find out which, so that the others get through.

        Returns:
            Why, by trace id.

        Raises:
            UnavailableError: no trace is to blame.
        """
        try:
            self._write(opened, experiment, traces)
            return {}
        except UnavailableError:
            raise
        except DeliveryError as error:
            if len(traces) == 1:
                return {traces[0][0].trace_id: str(error)}
        failed: dict[str, str] = {}
        for number, spans in enumerate(traces):
            check_answers(self._uri)
            try:
                self._write(opened, experiment, [spans])
            except StumbledError as error:
                failed[spans[0].trace_id] = str(error)
                if len(failed) == number + 1 == min(_ENOUGH, len(traces)):
                    # It stumbles over everything.
                    raise UnavailableError(str(error)) from error
            except UnavailableError:
                raise
            except DeliveryError as error:
                failed[spans[0].trace_id] = str(error)
        return failed

    def _write(self, opened: _Opened, experiment: str, traces: list[list[SpanRecord]]) -> None:
        with explained(self._uri):
            runs = opened.runs.write(experiment, traces)
            opened.traces.write(experiment, traces, runs)

    def _experiment(self, spans: list[SpanRecord]) -> str:
        """The experiment's name: of the trace, of MLflow's settings, of ours."""
        own = (str(s.attributes[semconv.EXPERIMENT]) for s in spans if s.attributes.get(semconv.EXPERIMENT))
        settings = self._settings
        return next(own, None) or settings.mlflow_experiment or settings.experiment or _DEFAULT_EXPERIMENT
