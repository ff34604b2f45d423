"""Where MLflow is when nobody says: the same place for all of a program's life, and known by it everywhere."""

from __future__ import annotations

import os

import pytest
from span_records import call

from otel_prompt.config import Settings
from otel_prompt.exporters import destination, mlflow_exporter, recording, sync
from otel_prompt.exporters.delivery import Delivered
from otel_prompt.exporters.mlflow import MlflowDestination
from otel_prompt.exporters.mlflow_address import is_local, set_by_application, shown, whole
from otel_prompt.exporters.store import Store

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture
def here(tmp_path, monkeypatch, mlflow_module):
    """The folder in which the program starts; no application has told MLflow anything."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mlflow_module, "is_tracking_uri_set", lambda: False)
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "same"),
    [
        (None, "sqlite:///{here}/mlflow.db"),
        ("sqlite:///a/b.db", "sqlite:///{here}/a/b.db"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("http://m:5000", "http://m:5000"),
        ("databricks", "databricks"),
    ],
)
def test_an_address_is_whole(uri, same, here):
    """Of a database its whole path; all else is as it was said."""
    assert whole(uri) == same.format(here=here)


def test_an_address_as_it_is_shown(here):
    """Without who may use it."""
    assert shown("https://ada:pw@m/x") == "https://m/x"
    assert shown("sqlite:///m.db") == f"sqlite:///{here}/m.db"
    assert [is_local(uri) for uri in ("sqlite:///m.db", "mlruns", "http://m", "databricks")] == [
        True,
        True,
        False,
        False,
    ]


def test_without_an_address_it_is_where_the_program_started(here, caplog):
    """Whatever folder it goes to then; that is said in one line."""
    exporter = mlflow_exporter(Settings(store=here / "spans.db"))
    to = next(iter(exporter.recording._deliveries.values())).destination
    os.chdir(here / "elsewhere")
    assert to.name == f"mlflow sqlite:///{here}/mlflow.db"
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"otel-prompt: MLFLOW_TRACKING_URI is not set: traces go to sqlite:///{here}/mlflow.db")
    exporter.shutdown()
    recording._recordings.pop(here / "spans.db").store.close()


def test_what_waits_is_handed_on_from_any_folder(here, mlflow_module):
    """By its name alone, to the database that it was meant for."""
    store, name = Store(here / "spans.db"), MlflowDestination(Settings()).name
    record = call(EXPERIMENT="anywhere")
    store.write([record], [name])
    os.chdir(here / "elsewhere")
    assert sync(store, [destination(name, Settings())]) == [Delivered(name, traces=1)]
    store.close()
    assert (here / "mlflow.db").exists()
    assert not list((here / "elsewhere").glob("*.db"))
    client = mlflow_module.MlflowClient(tracking_uri=f"sqlite:///{here}/mlflow.db")
    assert client.get_trace(f"tr-{record.trace_id}").info.trace_id == f"tr-{record.trace_id}"


def test_an_application_that_tells_mlflow_itself(here, mlflow_module, monkeypatch):
    """Also long after its exporters were set up: traces go there; what our own setting says is stronger."""
    unsaid, said = MlflowDestination(Settings()), MlflowDestination(Settings(mlflow_tracking_uri="http://m"))
    before = unsaid.name
    monkeypatch.setattr(mlflow_module, "is_tracking_uri_set", lambda: True)
    monkeypatch.setattr(mlflow_module, "get_tracking_uri", lambda: "http://ada:pw@theirs:5000")
    assert before == f"mlflow sqlite:///{here}/mlflow.db"
    assert unsaid.name == "mlflow http://theirs:5000"
    assert said.name == "mlflow http://m"
    assert set_by_application() == "http://ada:pw@theirs:5000"
