"""A connection to one MLflow, made without touching what the application has set up of MLflow for itself."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ..config import set_default
from ..errors import require
from .delivery import DeliveryError
from .mlflow_address import is_local, shown

_ANSWER_SECONDS: Final = 3.0
_MISTAKES: Final = (RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What MLflow's own code raises at data that it did not expect: such a trace must not hold up the others."""

_STATUS: Final = re.compile(r"error code (\d{3})")
"""Where an answer is none of MLflow's own, its client says so."""

_PASSING: Final = (408, 429, 502, 503, 504)
"""Answers that have nothing to do with what was asked."""

_MOST_RUNS: Final = 1000
"""Whose places for files are remembered."""

_CHATTY: Final = ("mlflow.store.db.utils", "mlflow.store.model_registry.abstract_store")


class Connection:
    """The clients of one MLflow.

    Args:
        uri: where it is.
    """

    def __init__(self, uri: str) -> None:
        from mlflow import MlflowClient
        from mlflow.tracing.client import TracingClient

        self.uri = uri
        self.client: Any = MlflowClient(tracking_uri=self.uri)
        self.tracking: Any = TracingClient(tracking_uri=self.uri).store
        self.local = is_local(self.uri)
        self._files: dict[str, Any] = {}

    def artifact(self, run_id: str, path: str) -> str | None:
        """The text of a run's file; None if there is no such file."""
        files = self._repository(run_id)
        if not any(file.path == path for file in files.list_artifacts()):
            return None
        with TemporaryDirectory() as folder:
            # The client's own way needs a pool of threads, which cannot be had while the process ends.
            files._download_file(path, str(Path(folder) / "file"))
            return (Path(folder) / "file").read_text("utf-8")

    def write_artifact(self, run_id: str, path: str, text: str) -> None:
        """Write a run's file, in place of what is there."""
        folder, _, name = path.rpartition("/")
        with TemporaryDirectory() as made:
            (Path(made) / name).write_text(text, "utf-8")
            self._repository(run_id).log_artifact(str(Path(made) / name), folder or None)

    def _repository(self, run_id: str) -> Any:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        if run_id not in self._files:
            if len(self._files) >= _MOST_RUNS:
                self._files.clear()
            self._files[run_id] = get_artifact_repository(self.client.get_run(run_id).info.artifact_uri, self.uri)
        return self._files[run_id]

    def forget(self) -> None:
        """In a forked child: leave the connections of a local database to the parent, who still uses them."""
        if (engine := getattr(self.tracking, "engine", None)) is not None:
            engine.dispose(close=False)


def connect(uri: str) -> Connection:
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


def experiment_id(client: Any, name: str, uri: str) -> str:
    """MLflow's id of an experiment, which is made if it is not there.

    Raises:
        DeliveryError: it was deleted, or MLflow does not take the name.
    """
    from mlflow.exceptions import MlflowException

    with explained(uri):
        found = client.get_experiment_by_name(name)
        try:
            made = client.create_experiment(name) if found is None else None
        except MlflowException as error:
            if error.error_code == "INVALID_PARAMETER_VALUE":
                raise DeliveryError(
                    f"MLflow at {shown(uri)} takes no experiment of the name {name!r} ({_short(error)}): give another "
                    "in MLFLOW_EXPERIMENT_NAME"
                ) from error
            # Another process was first.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            made, found = None, client.get_experiment_by_name(name)
    if found is None:
        return str(made)
    if found.lifecycle_stage == "deleted":
        raise DeliveryError(
            f"the experiment {name!r} of MLflow at {shown(uri)} was deleted: restore it, or give another in "
            "MLFLOW_EXPERIMENT_NAME"
        )
    return found.experiment_id


def check_answers(uri: str) -> None:
    """See that a server is there, before MLflow's client tries for minutes to reach it.

    Raises:
        UnavailableError: nothing answers.
    """
    if not uri.startswith(("http://", "https://")):
        # A database, or a workspace of Databricks, whose address only MLflow knows.
        return
    requests: Any = require("requests", "mlflow")
    try:
        requests.get(f"{uri.rstrip('/')}/health", timeout=_ANSWER_SECONDS)
    except requests.ReadTimeout:
        # It is there, and slow: MLflow's client waits for longer.
        return
    except requests.RequestException as error:
        raise UnavailableError(f"{shown(uri)} does not answer ({type(error).__name__})") from None


class UnavailableError(DeliveryError):
    """MLflow takes nothing at the moment, whichever trace it is."""


class StumbledError(DeliveryError):
    """MLflow has an error of its own, which may be because of a trace, or not."""


@contextmanager
def explained(uri: str) -> Generator[None]:
    """Turn whatever MLflow, its database or the network may raise into one error.

    Raises:
        UnavailableError: it was not because of what was written.
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
    except MlflowException as error:
        raise _refusal(error, uri) from error
    except RequestException as error:
        raise UnavailableError(f"{shown(uri)} does not answer ({type(error).__name__})") from error
    except (SQLAlchemyError, OSError, *_MISTAKES) as error:
        raise DeliveryError(_sentence(error, uri)) from error
    finally:
        _told.reset(told)


def _refusal(error: Any, uri: str) -> DeliveryError:
    """What an answer of MLflow's means for whoever is to deliver."""
    said, cause = _STATUS.search(str(error)), error.__cause__ or error.__context__
    if isinstance(cause, require("requests", "mlflow").RequestException):
        # Its client has tried often enough: there was no answer, or always one of an error of the server's own.
        kind = StumbledError if "too many 500" in str(cause) else UnavailableError
        return kind(f"MLflow at {shown(uri)} does not answer as it should ({type(cause).__name__}: {_short(cause)})")
    status = int(said[1]) if said else error.get_http_status_code()
    if status in (401, 403):
        return UnavailableError(
            f"MLflow at {shown(uri)} lets nobody in with this key ({status}): correct MLFLOW_TRACKING_TOKEN, or "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    if said and status in (404, 405):
        return UnavailableError(f"there is no MLflow at {shown(uri)} ({status}): correct MLFLOW_TRACKING_URI")
    if status in _PASSING or error.error_code in ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"):
        return UnavailableError(_sentence(error, uri))
    return (StumbledError if status == 500 and not is_local(uri) else DeliveryError)(_sentence(error, uri))


def _sentence(error: Exception, uri: str) -> str:
    return f"MLflow at {shown(uri)} has not taken it: {type(error).__name__}: {_short(error)}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


_told: ContextVar[bool] = ContextVar("otel_prompt_mlflow", default=False)


def _worth_saying(entry: logging.LogRecord) -> bool:
    """What MLflow tells of its doings is for those who called it, not for the users of an application that we serve."""
    return entry.levelno >= logging.WARNING or not _told.get()
