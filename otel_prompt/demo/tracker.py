"""MLflow for the demo: a database in its folder, filled from the store by ``otel-prompt sync``."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from .. import config
from ..errors import OtelPromptError
from .application import EXPERIMENT
from .paths import program, shown

DATABASE = "mlflow.db"
PORT = 5001


def installed() -> bool:
    """Whether MLflow is there."""
    return find_spec("mlflow") is not None


def deliver(store: Path, folder: Path) -> int:
    """Hand the store's traces on to MLflow. A process of its own keeps MLflow's messages in a file.

    Returns:
        How many traces there were to deliver.

    Raises:
        OtelPromptError: it did not work.
    """
    log = folder / "mlflow.log"
    changes = {"OTEL_PROMPT_STORE": str(store), "MLFLOW_TRACKING_URI": f"sqlite:///{folder / DATABASE}"}
    with log.open("w") as messages:
        done = subprocess.run(
            [sys.executable, "-m", "otel_prompt.cli", "sync", "mlflow", "--all", "--json"],
            cwd=folder,
            env=config.environment_of_child(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            text=True,
            check=False,
        )
    try:
        result = json.loads(done.stdout)[0]
    except (ValueError, LookupError):
        raise OtelPromptError(f"the delivery to MLflow failed; {log} says why") from None
    if result.get("error"):
        raise OtelPromptError(f"the delivery to MLflow failed: {result['error']}")
    return result["traces"]


def server(folder: Path) -> tuple[str, list[str]]:
    """The command that starts MLflow's own server on what was delivered, and the pages to open then."""
    port = _free_port()
    command = f"{program('mlflow')} server --backend-store-uri sqlite:///{shown(folder / DATABASE)} --port {port}"
    page = f"http://127.0.0.1:{port}/#/experiments"
    if (number := _experiment(folder / DATABASE)) is None:
        return command, [page]
    return command, [f"{page}/{number}/runs", f"{page}/{number}/traces"]


def _experiment(database: Path) -> int | None:
    """MLflow's number of the experiment."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as db:
            found = db.execute("SELECT experiment_id FROM experiments WHERE name = ?", (EXPERIMENT,)).fetchone()
    except sqlite3.Error:
        return None
    return found[0] if found else None


def _free_port() -> int:
    """The usual port, unless something listens there already."""
    with socket.socket() as it:
        try:
            it.bind(("127.0.0.1", PORT))
        except OSError:
            it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]
