"""A real Collector and a real Jaeger, which ``make collector`` has built, as processes on ports of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

LAYERS = Path(__file__).parents[2] / "collector"
_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-prompt-tests" / "collector"


def binary(name):
    """The path of a program; the test is skipped where it is not built, since that takes ten minutes."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"there is no {path}: `make collector` builds it, with Go, in some ten minutes")
    return path


def free_port():
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(name, configurations, environment, port, folder):
    """A program that has said that it is ready, on a port; its output is in the folder."""
    arguments = [part for one in configurations for part in ("--config", str(LAYERS / one))]
    log = folder / f"{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(binary(name)), *arguments], env={**os.environ, **environment}, stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.1)
        yield log
    finally:
        process.terminate()
        process.wait(30)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def asked(url):
    """What an HTTP interface answers."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()
