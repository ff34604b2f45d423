"""A connection to one MLflow, made without touching what the application has set up of MLflow for itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from ..config import set_default
from ..errors import require
from .delivery import DeliveryError

_ANSWER_SECONDS: Final = 3.0
_MISTAKES: Final = (RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What MLflow's own code raises at data that it did not expect: such a trace must not hold up the others."""

_CHATTY: Final = ("mlflow.store.db.utils", "mlflow.store.model_registry.abstract_store")


class Connection:
    """The clients of one MLflow.

    Args:
        uri: where it is; None for where MLflow itself would look.
    """

    def __init__(self, uri: str | None) -> None:
        import mlflow
        from mlflow import MlflowClient
        from mlflow.tracing.client import TracingClient

        self.uri = uri or mlflow.get_tracking_uri()
        self.client: Any = MlflowClient(tracking_uri=self.uri)
        self.tracking: Any = TracingClient(tracking_uri=self.uri).store
        self.local = is_local(self.uri)

    def artifact(self, run_id: str, path: str) -> str | None:
        """The text of a run's file; None if there is no such file."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        if not any(file.path == path for file in self.client.list_artifacts(run_id)):
            return None
        files: Any = get_artifact_repository(self.client.get_run(run_id).info.artifact_uri, self.uri)
        with TemporaryDirectory() as folder:
            # The client's own way needs a pool of threads, which cannot be had while the process ends.
            files._download_file(path, str(Path(folder) / "file"))
            return (Path(folder) / "file").read_text("utf-8")

    def forget(self) -> None:
        """In a forked child: leave the connections of a local database to the parent, who still uses them."""
        if (engine := getattr(self.tracking, "engine", None)) is not None:
            engine.dispose(close=False)


def connect(uri: str | None) -> Connection:
    """Connect to an MLflow. A local database that is not there is made.

    Raises:
        DeliveryError: it cannot be.
        MissingExtraError: mlflow is not installed.
    """
    if "mlflow" not in sys.modules:
        # The application has no use of MLflow but ours, and did not ask to tell its makers of it.
        set_default("MLFLOW_DISABLE_TELEMETRY", "true")
    require("mlflow", "mlflow")
    for name in _CHATTY:
        logging.getLogger(name).addFilter(_worth_saying)
    with explained(uri):
        return Connection(uri)


def experiment_id(client: Any, name: str) -> str:
    """MLflow's id of an experiment, which is made if it is not there."""
    from mlflow.exceptions import MlflowException

    if (found := client.get_experiment_by_name(name)) is None:
        try:
            return client.create_experiment(name)
        except MlflowException as error:
            # Another process was first.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    return found.experiment_id


def check_answers(uri: str | None) -> None:
    """See that a server is there, before MLflow's client tries for minutes to reach it.

    Raises:
        DeliveryError: nothing answers.
    """
    if uri is None or is_local(uri):
        return
    requests: Any = require("requests", "mlflow")
    try:
        requests.get(f"{uri.rstrip('/')}/health", timeout=_ANSWER_SECONDS)
    except requests.RequestException as error:
        raise DeliveryError(f"{shown(uri)} does not answer ({type(error).__name__})") from None


def is_local(uri: str | None) -> bool:
    """Whether an address is a database or a folder of this machine."""
    return uri is None or urlsplit(uri).scheme not in ("http", "https", "databricks")


@contextmanager
def explained(uri: str | None) -> Generator[None]:
    """Turn whatever MLflow, its database or the network may raise into one error.

    Raises:
        DeliveryError: something went wrong inside.
    """
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    told = _told.set(True)
    try:
        yield
    except DeliveryError:
        raise
    except (MlflowException, RequestException, SQLAlchemyError, OSError, *_MISTAKES) as error:
        sentence = " ".join(str(error).split())[:300]
        raise DeliveryError(f"MLflow at {shown(uri)} has not taken it: {type(error).__name__}: {sentence}") from error
    finally:
        _told.reset(told)


def shown(uri: str | None) -> str:
    """An address as it may be shown and kept: without a password; a local path in full.

    None is the MLflow of the folder in which the process runs.
    """
    if uri is None:
        return str(Path.cwd())
    prefix = "sqlite:///"
    if uri.startswith(prefix):
        return prefix + str(Path(uri[len(prefix) :]).absolute())
    parts = urlsplit(uri)
    if parts.password is None and parts.username is None:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


_told: ContextVar[bool] = ContextVar("otel_prompt_mlflow", default=False)


def _worth_saying(entry: logging.LogRecord) -> bool:
    """What MLflow tells of its doings is for those who called it, not for the users of an application that we serve."""
    return entry.levelno >= logging.WARNING or not _told.get()
