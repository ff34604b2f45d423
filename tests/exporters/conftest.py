"""A real MLflow to deliver to: a local database, and a server of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from sdk_application import Application

from otel_prompt.config import Settings
from otel_prompt.exporters import recording
from otel_prompt.exporters.mlflow import MlflowDestination


@pytest.fixture(scope="session")
def mlflow_module():
    """MLflow, imported with what it warns about of itself out of the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlflow")


@pytest.fixture(scope="session")
def mlflow_database(mlflow_module, tmp_path_factory):
    """The address of a local MLflow database. Each test has an experiment of its own in it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with folder_of(folder):
        # Artifacts go to the folder in which the database is made.
        mlflow_module.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db").search_experiments()
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture
def new_mlflow_database(tmp_path):
    """The address of a local MLflow database that nothing is in."""
    with folder_of(tmp_path):
        yield f"sqlite:///{tmp_path}/mlflow.db"


@contextmanager
def folder_of(folder):
    """Work in a folder for a moment."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class Server:
    """A real ``mlflow server``, to be started and stopped."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--workers", "1"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        environment = {**os.environ, **quiet, "PATH": path}
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 120
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < end, (self.folder / "server.log").read_text()
            time.sleep(0.2)

    def answers(self):
        """Whether it is up."""
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        """End it, as a crash would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process = None


@pytest.fixture(scope="session")
def mlflow_server(mlflow_module, tmp_path_factory):
    """A running ``mlflow server``."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new_mlflow_server(mlflow_module, tmp_path):
    """An ``mlflow server`` that is not yet started."""
    server = Server(tmp_path)
    yield server
    server.stop()


class Mlflow:
    """One MLflow as a destination, and as those see it who look at it afterwards."""

    def __init__(self, module, uri, experiment, **settings):
        self.settings = Settings(mlflow_tracking_uri=uri, mlflow_experiment=experiment, **settings)
        self.destination = MlflowDestination(self.settings)
        self.client = module.MlflowClient(tracking_uri=uri)
        self.module, self.uri, self.experiment = module, uri, experiment

    def deliver(self, *traces):
        """Hand traces over."""
        self.destination.deliver([list(trace) for trace in traces])

    @property
    def experiment_id(self):
        """MLflow's id of the experiment."""
        return self.client.get_experiment_by_name(self.experiment).experiment_id

    @property
    def experiment_id_made(self):
        """The same, of an experiment that is not there yet."""
        return self.client.create_experiment(self.experiment)

    @property
    def slug(self):
        """A part for names that must be unlike those of other tests."""
        return re.sub(r"\W+", "-", self.experiment)

    def versions(self, name):
        """The versions of a prompt in the registry."""
        return self.client.search_model_versions(f"name='{name}' AND tags.`mlflow.prompt.is_prompt`='true'")

    def artifact(self, run, path):
        """The text of a run's file."""
        with tempfile.TemporaryDirectory() as folder:
            return Path(self.client.download_artifacts(run.info.run_id, path, folder)).read_text()

    def table(self, run):
        """The rows of a run's table of calls."""
        table = json.loads(self.artifact(run, "calls.json"))
        return [dict(zip(table["columns"], row)) for row in table["data"]]

    def traces(self, query=None):
        """The traces of the experiment."""
        return self.client.search_traces(locations=[self.experiment_id], filter_string=query, max_results=100)

    def trace(self, record):
        """The trace of a span."""
        return self.client.get_trace(f"tr-{record.trace_id}")

    def runs(self, query=""):
        """The runs of the experiment."""
        return self.client.search_runs([self.experiment_id], query)

    def everything(self):
        """All that is seen of the experiment, to be compared with what is seen later."""
        runs = {run.info.run_id: (run.to_dictionary(), self._history(run)) for run in self.runs()}
        return runs, {trace.info.trace_id: trace.to_dict() for trace in self.traces()}

    def _history(self, run):
        keys = sorted(run.data.metrics)
        return [
            (m.key, m.step, m.timestamp, m.value)
            for key in keys
            for m in self.client.get_metric_history(run.info.run_id, key)
        ]


@pytest.fixture(params=["database", pytest.param("server", marks=pytest.mark.e2e)])
def mlflow(request, mlflow_module):
    """An MLflow to deliver to, local and served."""
    if request.param == "database":
        uri = request.getfixturevalue("mlflow_database")
    else:
        uri = request.getfixturevalue("mlflow_server").uri
    return Mlflow(mlflow_module, uri, request.node.name)


@pytest.fixture
def mlflow_at(mlflow_module, request):
    """An MLflow at an address, as the destination of an experiment of this test's own."""
    return lambda uri, **settings: Mlflow(mlflow_module, uri, request.node.name, **settings)


@pytest.fixture
def application(tmp_path):
    """A program with the store as its exporter."""
    made = []

    def begin(path=tmp_path / "spans.db", **options):
        made.append(Application(path, **options))
        return made[-1]

    yield begin
    for each in made:
        each.provider.shutdown()
        each.store.close()
        recording._recordings.pop(each.store.path.absolute()).store.close()
