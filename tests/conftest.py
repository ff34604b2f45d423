"""What all tests share: no network but loopback, a clean environment, no swallowed fault, and a traced client."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from unittest import mock

import pytest
from opentelemetry import trace

sys.path.insert(0, str(Path(__file__).parent / "support"))

from otel_prompt.errors import shielded

_SPEAKS_TO_US = (
    *("OTEL_", "OPENAI_", "AZURE_OPENAI_", "ANTHROPIC_", "AWS_", "GOOGLE_", "GEMINI_"),
    *("MISTRAL_", "CO_API", "COHERE_"),
    *("MLFLOW_", "WANDB_", "LANGSMITH_", "LANGFUSE_"),
)
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    """Forget what the developer's own shell has set."""
    for name in list(os.environ):
        if name.startswith(_SPEAKS_TO_US) or name.lower().endswith("_proxy"):
            del os.environ[name]


@pytest.fixture(autouse=True)
def own_environment():
    """What a test sets in the environment is gone after it."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(autouse=True)
def own_global_provider():
    """A global tracer provider that a test has set is gone after it: SDKs that trace by themselves would use it."""
    before = trace._TRACER_PROVIDER
    yield
    trace._TRACER_PROVIDER = before
    trace._TRACER_PROVIDER_SET_ONCE._done = before is not None


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """A test that reaches for another machine fails."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test reached for {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_swallowed_fault(monkeypatch):
    """A fault inside the shield fails the test."""
    monkeypatch.setattr(shielded, "reraise", True)


@pytest.fixture
def shield_up(monkeypatch):
    """The shield as users have it: what goes wrong in telemetry is logged and swallowed."""
    monkeypatch.setattr(shielded, "reraise", False)
    monkeypatch.setattr(shielded, "logged", set())


@pytest.fixture
def nothing_rendered():
    """No prompt has been rendered in this process."""
    from otel_prompt.prompts import _recognition

    _recognition._known.clear()
    _recognition._lengths.clear()
    _recognition._recent.set(_recognition.NOTHING)


@pytest.fixture
def instrument():
    """Trace the clients: ``instrument(sampler=..., **settings)`` gives what was recorded."""
    pytest.importorskip("openai")
    from telemetry_double import Traced

    made: list[Traced] = []

    def begin(**options) -> Traced:
        made.append(Traced(**options))
        return made[-1]

    yield begin
    for traced in reversed(made):
        traced.stop()
    for traced in made:
        traced.check()


@pytest.fixture
def traced(instrument):
    """The clients, traced with the default settings."""
    return instrument()


@pytest.fixture
def service():
    """A model's service in this process; ``service.client()`` and ``service.client(asynchronous=True)`` talk to it."""
    pytest.importorskip("openai")
    from openai_double import Service

    return Service()
