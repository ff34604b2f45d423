"""MLflow for the demo: a database in its folder, filled from the store by ``otel-prompt sync``."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .. import config
from ..errors import OtelPromptError
from .paths import shown

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


def server_command(folder: Path) -> str:
    """How to start MLflow's own server on what was delivered."""
    program = shown(Path(sys.executable).with_name("mlflow"))
    return f"{program} server --backend-store-uri sqlite:///{shown(folder / DATABASE)} --port {PORT}"


def address() -> str:
    """Where that server then shows the experiments."""
    return f"http://127.0.0.1:{PORT}/#/experiments"
