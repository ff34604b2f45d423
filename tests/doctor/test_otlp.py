"""The OTLP endpoint."""

from __future__ import annotations

import types

import pytest
from finding import found
from http_answers import answering

from otel_prompt.doctor import Level, otlp


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (200, Level.OK, "answers"),
        (400, Level.WARNING, "400"),
        (401, Level.PROBLEM, "OTEL_EXPORTER_OTLP_HEADERS"),
        (404, Level.PROBLEM, "/v1/traces"),
        (422, Level.PROBLEM, "x-mlflow-experiment-id"),
        (503, Level.PROBLEM, "its own log"),
    ],
)
def test_otlp(monkeypatch, status, level, words):
    """The endpoint is sent an empty export with the user's headers, and its answer explained."""
    with answering(status) as (url, asked):
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b,x-team=t")
        finding = found("otlp ")
    assert finding.level is level
    assert words in f"{finding.text} {finding.advice}"
    [(method, path, headers, body)] = asked
    assert (method, path, body) == ("POST", "/v1/traces", b"\n\x00")
    assert (headers["x-key"], headers["x-team"]) == ("a b", "t")


def test_otlp_that_is_down(monkeypatch, unused_port):
    """An endpoint where nothing listens is a problem."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://user:secret@127.0.0.1:{unused_port}")
    finding = found("otlp ")
    assert "nothing listens there" in finding.text
    assert "secret" not in finding.subject


def test_otlp_over_grpc(monkeypatch, unused_port):
    """Without the exporter for gRPC nothing would go out; with it, the port is tried."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setattr(otlp, "entry_points", lambda **_: [])
    assert "http/protobuf" in found("otlp").advice
    monkeypatch.setattr(otlp, "entry_points", lambda **_: [types.SimpleNamespace(name="otlp_proto_grpc")])
    assert "nothing listens there" in found("otlp ").text
