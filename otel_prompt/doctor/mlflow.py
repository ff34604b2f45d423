"""MLflow: whether the library is there, and the place that is configured for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from ..config import Settings
from ..exporters.mlflow_address import whole
from ..wording import counted
from .findings import Finding, Level, without_password
from .folders import unwritable
from .probe import ask

_AREA = "destinations"
_NOT_ASKED: Final = ("postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc")
_PLUGINS: Final = "mlflow.tracking_store"
_WAITS = "what is recorded meanwhile waits in the store"


def examine(settings: Settings) -> Iterator[Finding]:
    """The library, and the place."""
    try:
        installed = version("mlflow")
    except PackageNotFoundError:
        advice = f"pip install 'otel-prompt[mlflow]'; {_WAITS}"
        yield Finding(_AREA, Level.PROBLEM, "mlflow", "is an exporter, but the library is not installed", advice)
        return
    uri = settings.mlflow_tracking_uri
    if uri is None:
        text = f"{installed} is an exporter without an address: traces go to {whole(None)}, of the folder it starts in"
        yield Finding(_AREA, Level.NOTE, "mlflow", text, "set MLFLOW_TRACKING_URI to say where")
    elif uri.startswith(("http://", "https://")):
        yield _server(uri)
    elif uri.startswith("sqlite:///"):
        yield _sqlite(uri)
    else:
        yield _elsewhere(uri)


def _server(uri: str) -> Finding:
    subject = f"mlflow {without_password(uri)}"
    answer = ask(uri.rstrip("/") + "/health")
    if answer.status is None:
        advice = f"start it, or correct MLFLOW_TRACKING_URI; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"does not answer: {answer.reason}", advice)
    if answer.status != 200:
        text = f"does not say that it is well: {answer.status} {answer.reason} at /health"
        advice = f"is it an MLflow server (`mlflow server`), and may you use it? {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, text, advice)
    return Finding(_AREA, Level.OK, subject, "answers")


def _elsewhere(uri: str) -> Finding:
    """A place that is not looked at: most need MLflow itself to be loaded, and a login."""
    subject = f"mlflow {without_password(uri)}"
    scheme = urlsplit(uri).scheme.partition("+")[0]
    if scheme in _NOT_ASKED or uri in _NOT_ASKED or any(p.name == scheme for p in entry_points(group=_PLUGINS)):
        return Finding(_AREA, Level.NOTE, subject, "is not asked from here; the first delivery tells")
    advice = f"name a server (http://...) or a database (sqlite:///mlflow.db) in MLFLOW_TRACKING_URI; {_WAITS}"
    if scheme in ("", "file"):
        return Finding(_AREA, Level.PROBLEM, subject, "is a folder, into which MLflow takes no traces", advice)
    return Finding(_AREA, Level.PROBLEM, subject, f"is no place that MLflow knows: it has no {scheme}:", advice)


def _sqlite(uri: str) -> Finding:
    path = Path(uri.removeprefix("sqlite:///"))
    subject = f"mlflow {uri}"
    if not path.exists():
        folder = unwritable(path.parent) if path.parent.is_dir() else path.parent
        if folder is None:
            return Finding(_AREA, Level.OK, subject, "is made with the first delivery")
        advice = f"make that folder, or correct MLFLOW_TRACKING_URI; {_WAITS}"
        text = f"cannot be made: {folder} is not writable, or not there"
        return Finding(_AREA, Level.PROBLEM, subject, text, advice)
    try:
        db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            count = db.execute("SELECT count(*) FROM experiments").fetchone()[0]
        finally:
            db.close()
    except sqlite3.Error as error:
        advice = f"name another file in MLFLOW_TRACKING_URI; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"is no MLflow database that can be read: {error}", advice)
    return Finding(_AREA, Level.OK, subject, f"can be opened; it has {counted(count, 'experiment')}")
