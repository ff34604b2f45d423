"""Where an MLflow is: one that is not said, and one as it may be shown and kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_FILE: Final = "sqlite:///"
_DATABASE: Final = "mlflow.db"


def whole(uri: str | None) -> str:
    """An address that means the same from every folder: a database by its whole path.

    None is the database ``mlflow.db`` of this folder, as MLflow itself has it; into the folder ``mlruns``, which it
    prefers where there is one, it takes no traces.
    """
    given = f"{_FILE}{_DATABASE}" if uri is None else uri
    path = given.removeprefix(_FILE)
    if path == given or not path or path.startswith(":"):
        return given
    return _FILE + str(Path(path).absolute())


def set_by_application() -> str | None:
    """What the application has told MLflow itself by ``mlflow.set_tracking_uri``; None where it has not, or not yet."""
    mlflow = sys.modules.get("mlflow")
    is_set, get = getattr(mlflow, "is_tracking_uri_set", None), getattr(mlflow, "get_tracking_uri", None)
    return whole(str(get())) if is_set is not None and get is not None and is_set() else None


def shown(uri: str) -> str:
    """An address as it may be shown and kept: without a password; a local path in full."""
    if uri.startswith(_FILE):
        return whole(uri)
    parts = urlsplit(uri)
    if parts.password is None and parts.username is None:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_local(uri: str) -> bool:
    """Whether an address is a database or a folder of this machine."""
    return (urlsplit(uri).scheme or uri) not in ("http", "https", "databricks")
