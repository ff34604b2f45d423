"""MLflow: whether the library is there, and the place that is configured for it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

from ..config import Settings
from .findings import Finding, Level, without_password
from .probe import ask

_AREA = "destinations"
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
        text = f"{installed} is an exporter without an address: MLflow's own default is used"
        yield Finding(_AREA, Level.NOTE, "mlflow", text, "set MLFLOW_TRACKING_URI to say where")
    elif uri.startswith(("http://", "https://")):
        yield _server(uri)
    elif uri.startswith("sqlite:///"):
        yield _sqlite(uri)
    else:
        yield Finding(
            _AREA, Level.NOTE, f"mlflow {without_password(uri)}", "is not a place that can be asked from here"
        )


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


def _sqlite(uri: str) -> Finding:
    path = Path(uri.removeprefix("sqlite:///"))
    subject = f"mlflow {uri}"
    if not path.exists():
        if os.access(path.parent, os.W_OK):
            return Finding(_AREA, Level.OK, subject, "is made with the first delivery")
        advice = f"make that folder, or correct MLFLOW_TRACKING_URI; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"cannot be made: {path.parent} is not writable", advice)
    try:
        db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            count = db.execute("SELECT count(*) FROM experiments").fetchone()[0]
        finally:
            db.close()
    except sqlite3.Error as error:
        advice = f"name another file in MLFLOW_TRACKING_URI; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"is no MLflow database that can be read: {error}", advice)
    return Finding(_AREA, Level.OK, subject, f"can be opened; it has {count} experiments")
