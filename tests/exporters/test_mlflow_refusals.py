"""A wrong key, a wrong address, and what is somebody else's server: one sentence, that says what to do."""

from __future__ import annotations

import pytest
from misbehaving_proxy import proxy_of
from span_records import call

from otel_prompt.config import Settings
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.mlflow import MlflowDestination
from otel_prompt.exporters.mlflow_client import check_answers

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")


def refusal(uri):
    """What a delivery says."""
    with pytest.raises(DeliveryError) as caught:
        MlflowDestination(Settings(mlflow_tracking_uri=uri)).deliver([[call()]])
    assert caught.value.failed is None
    return str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key(status, mlflow_module):
    """The sentence names the variables; a password in the address is not shown."""
    with proxy_of("http://127.0.0.1:1") as proxy:
        proxy.plan = lambda *_: status
        assert refusal(proxy.uri.replace("http://", "http://ada:secret@")) == (
            f"MLflow at {proxy.uri} lets nobody in with this key ({status}): correct MLFLOW_TRACKING_TOKEN, or "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )


def test_another_server(mlflow_module):
    """Something answers there, but it is no MLflow."""
    with proxy_of("http://127.0.0.1:1") as proxy:
        proxy.plan = lambda *_: 404
        assert refusal(proxy.uri) == f"there is no MLflow at {proxy.uri} (404): correct MLFLOW_TRACKING_URI"


def test_nobody_there(mlflow_module):
    """Nothing listens."""
    assert refusal("http://127.0.0.1:1") == "http://127.0.0.1:1 does not answer (ConnectionError)"


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME"])
def test_keys_go_with_every_request(name, mlflow_module, monkeypatch):
    """As MLflow's own client sends them, so does what is delivered: ``Bearer`` of a token, ``Basic`` of a name."""
    seen = set()
    monkeypatch.setenv(name, "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "p")
    with proxy_of("http://127.0.0.1:1") as proxy:
        proxy.plan = lambda *_: 401
        proxy.heard = lambda path, headers: path.endswith("/health") or seen.add(headers.get("authorization"))
        refusal(proxy.uri)
    assert seen == {"Bearer ada" if name.endswith("TOKEN") else "Basic YWRhOnA="}


@pytest.mark.parametrize("uri", ["databricks", "databricks://profile", "sqlite:///x.db"])
def test_what_has_no_address_of_http_is_not_asked(uri):
    """Only MLflow knows where such a workspace is, and a database needs not answer."""
    check_answers(uri)
