"""A place to look at in which nothing is set."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture(autouse=True)
def quiet_place(tmp_path, monkeypatch):
    """A folder without settings, and a store of its own."""
    pytest.importorskip("openai")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(tmp_path / "spans.db"))
    return tmp_path


@pytest.fixture
def unused_port():
    """A port where nothing listens."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]
