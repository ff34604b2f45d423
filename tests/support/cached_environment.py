"""Environments of their own, for real parts that do not go together with ours: made once, outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-prompt-tests"


def python_with(name: str, *packages: str) -> Path:
    """The Python of an environment that has some packages; the test is skipped where it cannot be made."""
    python = _FOLDER / name / "bin" / "python"
    if not python.exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        if not Path(uv).exists():
            pytest.skip(f"there is no uv to make an environment with {', '.join(packages)}")
        making = _FOLDER / f".{name}-{os.getpid()}"
        commands = (
            [uv, "venv", "--quiet", "--python", sys.executable, "--relocatable", str(making)],
            [uv, "pip", "install", "--quiet", "--python", str(making / "bin" / "python"), *packages],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                shutil.rmtree(making, ignore_errors=True)
                pytest.skip(f"{name} cannot be installed: {done.stderr.strip()[-300:]}")
        try:
            making.rename(_FOLDER / name)
        except OSError:  # another process of the tests was first
            shutil.rmtree(making, ignore_errors=True)
    return python
