"""Many traces at once into a local database of MLflow.

MLflow's own way takes some transactions for each trace, of which each waits for the disk. Here the same rows go into
the same tables by MLflow's own models, in one transaction for all. These tables are no promise of MLflow's: where they
are not as they were when this was written, nothing is written, and the caller goes the long way.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import msgspec

from .mlflow_prompts import Link

_FINALIZED: Final = "mlflow.trace.infoFinalized"
"""Says that what spans imply of a trace is not to be put in place of what is said of it here."""

_AT_ONCE: Final = 500


class Page(msgspec.Struct):
    """What is to be written of a trace besides its spans.

    Attributes:
        info: MLflow's ``TraceInfo``.
        links: the versions of the registry that it is linked to.
    """

    info: Any
    links: list[Link]


class OtherTablesError(Exception):
    """MLflow's tables or models are other than those that this was written for. Nothing was written."""


def tables_of(store: Any) -> TraceTables | None:
    """The tables of a store that can be written at once; None for a server's, and for those that cannot."""
    try:
        return TraceTables(store)
    except OtherTablesError:
        return None


class TraceTables:
    """The tables of a local database.

    Args:
        store: MLflow's ``SqlAlchemyStore``.

    Raises:
        OtherTablesError: it is no SQLite database, or an MLflow that keeps its own summaries of what is written, or one
            that has not the models that are needed.
    """

    def __init__(self, store: Any) -> None:
        engine = getattr(store, "engine", None)
        if engine is None or engine.dialect.name != "sqlite":
            raise OtherTablesError
        self._store, self._models = store, _models()
        self._experiments: dict[str, Any] = {}

    def write(self, pages: Sequence[Page]) -> None:
        """Describe traces, whether MLflow has them or not, as its ``start_trace`` and ``link_prompts_to_trace`` do.

        Raises:
            OtherTablesError: the tables are not as they were.
        """
        with _as_expected():
            for page in pages:
                self._known(page.info.experiment_id)
            with self._store.ManagedSessionMaker(read_only=False) as session:
                self._write(session, pages)

    def _known(self, experiment_id: str) -> None:
        if experiment_id not in self._experiments:
            self._experiments[experiment_id] = self._store.get_experiment(experiment_id)
            self._store._check_experiment_is_active(self._experiments[experiment_id])

    def _write(self, session: Any, pages: Sequence[Page]) -> None:
        models = self._models
        infos = [page.info for page in pages]
        _upsert(session, models.SqlTraceInfo, map(self._info_row, infos))
        _upsert(session, models.SqlTraceTag, (row for info in infos for row in self._tag_rows(info)))
        _upsert(session, models.SqlTraceMetadata, (row for info in infos for row in self._metadata_rows(info)))
        _upsert(session, models.SqlAssessments, (self._assessment_row(a, i) for i in infos for a in i.assessments))
        self._associate(session, pages)

    def _info_row(self, info: Any) -> dict[str, Any]:
        previews = {"request_preview": info.request_preview, "response_preview": info.response_preview}
        return {
            "request_id": info.trace_id,
            "experiment_id": int(info.experiment_id),
            "timestamp_ms": info.request_time,
            "execution_time_ms": info.execution_duration,
            "status": info.state.value,
            "client_request_id": info.client_request_id,
            "trace_name": self._models.validate_trace_name(info.tags.get("mlflow.traceName")),
            **{name: text for name, text in previews.items() if text is not None},
            **self._models.analytics_columns_from_metadata(info.trace_metadata),
        }

    def _tag_rows(self, info: Any) -> Iterable[dict[str, Any]]:
        held = {key: value for key, value in info.tags.items() if key != "mlflow.traceName"}
        place = self._store._get_trace_artifact_location_tag(self._experiments[info.experiment_id], info.trace_id)
        for key, value in {**held, place.key: place.value}.items():
            yield {"request_id": info.trace_id, "key": key, "value": value}

    def _metadata_rows(self, info: Any) -> Iterable[dict[str, Any]]:
        columns = self._models.PROMOTED_TRACE_METADATA_KEYS
        held = {key: value for key, value in info.trace_metadata.items() if key not in columns}
        for key, value in {**held, _FINALIZED: "true"}.items():
            yield {"request_id": info.trace_id, "key": key, "value": value}

    def _assessment_row(self, assessment: Any, info: Any) -> dict[str, Any]:
        made = self._models.SqlAssessments.from_mlflow_entity(assessment)
        held = {column.name: getattr(made, column.name) for column in made.__table__.columns}
        own = {"experiment_id": int(info.experiment_id), "trace_timestamp_ms": info.request_time}
        return {**held, "trace_id": info.trace_id, **own}

    def _associate(self, session: Any, pages: Sequence[Page]) -> None:
        """Link traces to prompts. The rows have ids of MLflow's, so those that are there have to be looked for."""
        model, kinds = self._models.SqlEntityAssociation, self._models.EntityAssociationType
        wanted = {(p.info.trace_id, f"{link.name}/{link.version}"): None for p in pages for link in p.links}
        ids = sorted({trace_id for trace_id, _ in wanted})
        for i in range(0, len(ids), _AT_ONCE):
            there = session.query(model.source_id, model.destination_id).filter(
                model.source_type == kinds.TRACE,
                model.source_id.in_(ids[i : i + _AT_ONCE]),
                model.destination_type == kinds.PROMPT_VERSION,
            )
            for trace_id, version in there:
                wanted.pop((trace_id, version), None)
        rows = [
            {
                "association_id": uuid4().hex,
                "source_type": kinds.TRACE,
                "source_id": trace_id,
                "destination_type": kinds.PROMPT_VERSION,
                "destination_id": version,
            }
            for trace_id, version in wanted
        ]
        if rows:
            session.execute(model.__table__.insert(), rows)

    def log_metrics(self, run_id: str, metrics: Sequence[Any]) -> None:
        """Enter metrics of a run, as MLflow's ``log_batch`` does. Those that are there change nothing.

        Raises:
            OtherTablesError: the tables are not as they were.
        """
        rows = [
            {"key": m.key, "timestamp": m.timestamp, "step": m.step, "value": m.value, "is_nan": False} for m in metrics
        ]
        newest = {row["key"]: row for row in sorted(rows, key=_age)}
        with _as_expected(), self._store.ManagedSessionMaker(read_only=False) as session:
            model = self._models.SqlMetric
            self._store._check_run_is_active(self._store._get_run(run_uuid=run_id, session=session))
            _upsert(session, model, ({**row, "run_uuid": run_id} for row in rows))
            latest = [model(**row, run_uuid=run_id) for row in newest.values()]
            self._store._update_latest_metrics_if_necessary(latest, session)


@contextmanager
def _as_expected() -> Generator[None]:
    """Tell tables that have changed from a database that cannot be written, or a run that was deleted."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except MlflowException as error:
        # Whatever goes wrong in a session, MLflow makes its own error of it.
        if error.__cause__ is None or isinstance(error.__cause__, OperationalError):
            raise
        raise OtherTablesError from error
    except (AttributeError, TypeError, LookupError) as error:
        raise OtherTablesError from error


def _age(row: dict[str, Any]) -> tuple[int, int, float]:
    return row["step"], row["timestamp"], row["value"]


def _models() -> SimpleNamespace:
    try:
        from mlflow.entities.entity_type import EntityAssociationType
        from mlflow.store.tracking.dbmodels import models
        from mlflow.store.tracking.utils import trace_analytics
        from mlflow.store.tracking.utils.sql_trace_rollups import rollups_enabled

        if rollups_enabled():
            raise OtherTablesError
        return SimpleNamespace(
            EntityAssociationType=EntityAssociationType,
            SqlTraceInfo=models.SqlTraceInfo,
            SqlTraceTag=models.SqlTraceTag,
            SqlTraceMetadata=models.SqlTraceMetadata,
            SqlAssessments=models.SqlAssessments,
            SqlEntityAssociation=models.SqlEntityAssociation,
            SqlMetric=models.SqlMetric,
            PROMOTED_TRACE_METADATA_KEYS=trace_analytics.PROMOTED_TRACE_METADATA_KEYS,
            analytics_columns_from_metadata=trace_analytics.analytics_columns_from_metadata,
            validate_trace_name=trace_analytics.validate_trace_name,
        )
    except (ImportError, AttributeError) as error:
        raise OtherTablesError from error


def _upsert(session: Any, model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Put rows in, over those with the same key; what a row does not name stays."""
    from sqlalchemy.dialects.sqlite import insert

    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    keys = [column.name for column in model.__table__.primary_key.columns]
    for columns, some in by_columns.items():
        statement = insert(model.__table__)
        changed = {name: statement.excluded[name] for name in columns if name not in keys}
        whole = statement.on_conflict_do_update(index_elements=keys, set_=changed) if changed else None
        session.execute(statement.on_conflict_do_nothing() if whole is None else whole, some)
