"""One virtual environment for each peer, outside the checkout, in the user's cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

import _tools


def folder() -> Path:
    """Where the environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return Path(base or Path.home() / ".cache") / "otel-prompt-benchmarks"


def environment(name: str) -> Path:
    """The Python of a peer's environment, made if it is not there, with this environment's openai and OpenTelemetry."""
    home = folder() / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "installed"
    wanted = [str(_tools.TOOLS[name].requirement), *(f"{p}=={version(p)}" for p in ("openai", "opentelemetry-sdk"))]
    if done.exists() and done.read_text("utf-8").split() == wanted:
        return python
    print(f"installing {' '.join(wanted)} in {home}", file=sys.stderr, flush=True)
    if uv := shutil.which("uv"):
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
        run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *wanted])
    else:
        venv.create(home, clear=True, with_pip=True)
        run([str(python), "-m", "pip", "install", "--quiet", *wanted])
    done.write_text("\n".join(wanted), "utf-8")
    return python


def run(command: list[str]) -> None:
    subprocess.run(command, check=True)
