"""MLflow as the doctor sees it."""

from __future__ import annotations

import sqlite3

import pytest
from finding import found
from http_answers import answering

from otel_prompt import config
from otel_prompt.config import Settings
from otel_prompt.doctor import Level, mlflow


@pytest.mark.parametrize(("status", "level"), [(200, Level.OK), (404, Level.PROBLEM)])
def test_an_mlflow_server(monkeypatch, status, level):
    """A server is asked how it is."""
    pytest.importorskip("mlflow")
    with answering(status) as (url, asked):
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        finding = found("mlflow http")
    assert finding.level is level
    assert asked[0][:2] == ("GET", "/health")


def test_an_mlflow_that_is_down(monkeypatch, unused_port):
    """A server that does not answer is a problem, and nothing is lost."""
    pytest.importorskip("mlflow")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{unused_port}")
    finding = found("mlflow http")
    assert finding.level is Level.PROBLEM
    assert "waits in the store" in finding.advice


def test_an_mlflow_database(monkeypatch, quiet_place):
    """A database is made when there is none, opened when there is one, and refused when it is something else."""
    pytest.importorskip("mlflow")
    file = quiet_place / "mlflow.db"
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
    assert "made with the first delivery" in found("mlflow sqlite").text
    assert not file.exists()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    db.close()
    assert found("mlflow sqlite").level is Level.OK
    file.write_text("something else" * 500)
    assert found("mlflow sqlite").level is Level.PROBLEM


@pytest.mark.parametrize(
    ("uri", "level", "words"),
    [
        ("foo://bar", Level.PROBLEM, "is no place that MLflow knows: it has no foo:"),
        ("mlruns", Level.PROBLEM, "is a folder"),
        ("file:///tmp/mlruns", Level.PROBLEM, "is a folder"),
        ("sqlite:////proc/mlflow.db", Level.PROBLEM, "cannot be made"),
        ("postgresql+psycopg2://me:secret@host/db", Level.NOTE, "is not asked from here"),
        ("databricks", Level.NOTE, "is not asked from here"),
    ],
)
def test_other_places(monkeypatch, uri, level, words):
    """A place that MLflow does not know, or takes no traces at, is a problem; one that is not asked is no success."""
    pytest.importorskip("mlflow")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    finding = found("mlflow ", findings=list(mlflow.examine(config.load())))
    assert (finding.level, words in finding.text, "secret" in finding.subject) == (level, True, False)


def test_mlflow_is_not_installed(monkeypatch):
    """The exporter without the library is a problem that names the extra."""

    def gone(name):
        raise mlflow.PackageNotFoundError(name)

    monkeypatch.setattr(mlflow, "version", gone)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "mlflow")
    finding = [f for f in mlflow.examine(Settings()) if f.subject == "mlflow"]
    assert "otel-prompt[mlflow]" in finding[0].advice
