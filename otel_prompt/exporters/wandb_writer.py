"""What writes to W&B, in the process that ``apart`` has made for it: each call once, however often it is delivered."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ..config import Settings
from ..runs import is_call, run_key
from ..span_record import SpanRecord
from . import wandb_runs as runs
from .apart import read_options
from .delivery import DeliveryError
from .wandb import WandbOptions
from .wandb_ledger import Ledger, Session, Table
from .wandb_library import RefusedError, explained, library
from .wandb_log import file_of, history, is_whole
from .wandb_rows import (
    SCORES_TABLE,
    TABLE,
    Item,
    cells,
    columns,
    folded,
    items,
    score_columns,
    seen,
    summary,
)
from .wandb_server import Lines, Server

_MOST_PARTS = 100
"""Of a table in more parts W&B shows the last hundred: then it goes on in another table."""

_CLOSING_SECONDS = 10.0


class _Work(msgspec.Struct):
    """What is to be written to one run.

    Attributes:
        name: the run, with its place, as the ledger knows it.
        calls: its calls, of which some may be there already.
        new: what is to be written whole.
        late: what is to be written to a table only.
    """

    name: str
    id: str
    entity: str | None
    project: str
    calls: list[SpanRecord]
    new: list[Item]
    late: list[Item]


class WandbWriter:
    """Writes calls to the runs of one W&B."""

    def __init__(self, options: WandbOptions) -> None:
        self._options = options
        self._settings = Settings(experiment=options.experiment, run_per=options.run_per)
        self._ledger = Ledger(Path(options.ledger))
        self._server = Server(options.place)
        self.broken = False

    @classmethod
    def of(cls, first: bytes) -> WandbWriter:
        """The writer that the parent's first line asks for."""
        return cls(read_options(first, WandbOptions))

    def write(self, traces: list[list[SpanRecord]]) -> None:
        """Write the calls of traces.

        Raises:
            DeliveryError: W&B has not taken all of them.
        """
        wandb = library()
        if not traces:
            return self._check()
        by_run: dict[str, list[SpanRecord]] = {}
        for call in (record for spans in traces for record in spans if is_call(record)):
            by_run.setdefault(run_key(call, self._settings), []).append(call)
        failed: dict[str, str] = {}
        Path(self._options.ledger).parent.mkdir(parents=True, exist_ok=True)
        with self._ledger.alone():
            for key, calls in by_run.items():
                try:
                    self._write(wandb, key[:16], calls)
                except RefusedError as error:
                    failed.update({call.trace_id: str(error) for call in calls})
        if failed:
            raise DeliveryError(next(iter(failed.values())), failed)
        return None

    def close(self) -> None:
        """End the library's own process."""
        if "wandb" in sys.modules:
            library().teardown()

    def _check(self) -> None:
        if self._options.folder is None:
            self._server.entity()
        else:
            try:
                Path(self._options.folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DeliveryError(f"no W&B runs can be written to {self._options.folder}: {error}") from None

    def _write(self, wandb: Any, run_id: str, calls: list[SpanRecord]) -> None:
        options = self._options
        project = runs.project_of(calls[0], options)
        lines = Lines() if options.folder else self._server.lines(options.entity, project, run_id)
        entity = options.entity or lines.entity
        name = f"{options.place} {entity or ''}/{project}/{run_id}"
        for session in self._ledger.cut_off(name):
            self._ledger.settle(session, self._arrived(session, entity, project, run_id))
        new, late = self._ledger.missing(name, [item for call in calls for item in items(call)])
        if new or late:
            work = _Work(name, run_id, entity, project, calls, folded(new), late)
            self._write_session(wandb, work, lines)

    def _arrived(self, session: Session, entity: str | None, project: str, run_id: str) -> dict[str, bool]:
        """What of a session that was cut off is there, by item; and whether its part of the table is."""
        if session.folder is not None:
            rows = history(file_of(Path(session.folder)))
        else:
            rows = self._server.history(entity or "", project, run_id, session.step)
        in_table = any(key.startswith(TABLE) for row in rows for key in row)
        return {item: in_table for row in rows if (item := seen(row)) is not None}

    def _write_session(self, wandb: Any, work: _Work, lines: Lines) -> None:
        options = self._options
        _wait_for_another_second(self._ledger.last_folder(work.name))
        folder = Path(options.folder or tempfile.mkdtemp(prefix="otel-prompt-wandb-"))
        is_first = self._ledger.is_new(work.name)
        opening = runs.Opening(
            folder, f"{time.time_ns():x}", is_first, is_first if options.folder else not lines.exists
        )
        try:
            with explained(options.place, work.project):
                run = runs.open_run(wandb, options, work.id, work.calls[0], opening)
            place = str(run.settings.sync_dir) if options.folder else None
            session = self._ledger.begin(work.name, place, lines.step, lines.count, work.new)
            with self._breaking(), explained(options.place, work.project):
                tables, rows = self._fill(wandb, run, work, is_first=is_first)
                run.finish()
                self._ledger.end(session, self._confirmed(session, work, tables, rows), work.late)
        finally:
            if options.folder is None:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _breaking(self) -> Generator[None]:
        """What fails inside leaves a run half written, which the library may go on with by itself."""
        try:
            yield
        except BaseException:
            self.broken = True
            raise

    def _fill(self, wandb: Any, run: Any, work: _Work, *, is_first: bool) -> tuple[list[Table], int]:
        """Everything of a session.

        Returns:
            The tables that were written to, and the number of rows of history.
        """
        runs.describe_metrics(run)
        if is_first:
            runs.use_inputs(wandb, run, work.calls[0])
        runs.add_tags(run, work.calls)
        rows = [item.history for item in work.new if item.history]
        written = [*work.new, *work.late]
        tables: list[Table] = []
        last = rows.pop() if rows else {}
        for name, some, names in (
            (TABLE, [item for item in written if item.is_call], columns(written)),
            (SCORES_TABLE, [item for item in written if not item.is_call], score_columns()),
        ):
            if some:
                table = self._table(work.name, name, names)
                tables.append(table)
                part = [cells(item, table.columns) for item in some]
                last[table.name] = runs.parts(wandb, table, part, offline=self._options.folder is not None)
        for row in [*rows, last]:
            run.log(row)
        run.summary.update(summary(self._ledger.figures(work.name)))
        return tables, len(rows) + 1

    def _table(self, run: str, name: str, names: list[str]) -> Table:
        """The table that a run's rows go to now."""
        number = 1
        while (table := self._ledger.table(run, name if number == 1 else f"{name}_{number}")) is not None:
            if len(table.increments) < _MOST_PARTS:
                return table
            number += 1
        return Table(name if number == 1 else f"{name}_{number}", names)

    def _confirmed(self, session: Session, work: _Work, tables: Sequence[Table], rows: int) -> list[Table]:
        """See that all has arrived, and where the parts of the tables are.

        Raises:
            DeliveryError: it has not.
        """
        where = f"the run {work.id} of {work.project!r}"
        if session.folder is None:
            count = self._server.lines(work.entity, work.project, work.id).count
            if count < session.line + rows:
                raise DeliveryError(
                    f"W&B at {self._options.place} has taken {count - session.line} of {rows} rows of {where}"
                )
            places = {table.name: "" for table in tables}
        else:
            file = file_of(Path(session.folder))
            until = time.monotonic() + _CLOSING_SECONDS
            while not is_whole(file) and time.monotonic() < until:
                # The library has said that it is done; its service may still be closing the file.
                time.sleep(0.01)
            found = history(file)
            if len(found) < rows:
                raise DeliveryError(f"{file} has {len(found)} of {rows} rows of {where}")
            places = {t.name: str(row[t.name]["artifact_path"]) for row in found for t in tables if t.name in row}
        return [Table(t.name, t.columns, [*t.increments, places.get(t.name, "")]) for t in tables]


def _wait_for_another_second(folder: str | None) -> None:
    """Let an offline run's next file bear a later time than its last: ``wandb sync`` orders them by the second."""
    while folder is not None and time.strftime("%Y%m%d_%H%M%S") in Path(folder).name:
        time.sleep(0.02)
