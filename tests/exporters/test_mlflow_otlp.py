"""A real MLflow server, and what it makes of spans at its OTLP door."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from span_records import ANSWER, call, step

from otel_prompt import config, exporters, semconv
from otel_prompt.exporters.otlp_spans import to_sdk

pytestmark = pytest.mark.e2e


@pytest.fixture
def sent(mlflow_module, mlflow_server, request, monkeypatch):
    """Send records to an experiment of the test's own; gives its traces."""
    client = mlflow_module.MlflowClient(tracking_uri=mlflow_server.uri)
    experiment = client.create_experiment(request.node.name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", experiment)

    def send(*records):
        exporter = exporters.span_exporter("mlflow_otlp", config.load())
        for _ in range(2):  # again: by their ids, nothing is there twice
            assert exporter.export([to_sdk(record, {}) for record in records]) is SpanExportResult.SUCCESS
        exporter.shutdown()
        return client.search_traces(locations=[experiment], max_results=500)

    return send


def test_a_workflow_with_a_call(sent):
    """Types, inputs and outputs, tokens, cost, session, user, tags."""
    root = step(SESSION_ID="s", USER_ID="u", TAGS=["canary"], EXPERIMENTER="ann")
    root.attributes[semconv.METADATA_PREFIX + "region"] = "eu"
    inner = call(parent=root, CACHE_READ_TOKENS=5, CACHE_WRITE_TOKENS=2)
    (trace,) = sent(root, inner)
    assert trace.info.trace_id == f"tr-{root.trace_id}"
    spans = {span.name: span for span in trace.data.spans}
    assert (spans[root.name].span_type, spans[inner.name].span_type) == ("CHAIN", "CHAT_MODEL")
    assert spans[root.name].inputs == {"topic": "Rome"}
    assert spans[root.name].outputs == "It fell."
    assert spans[inner.name].inputs["messages"][0] == {"role": "system", "content": "Be brief."}
    assert spans[inner.name].outputs["choices"][0]["message"]["content"] == ANSWER
    usage = {"input_tokens": 21, "output_tokens": 12, "total_tokens": 33}
    assert usage.items() <= trace.info.token_usage.items()
    assert json.loads(trace.info.trace_metadata["mlflow.trace.cost"])["total_cost"] == 0.75
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s"
    assert trace.info.trace_metadata["mlflow.trace.user"] == "u"
    assert {"canary": "true", "region": "eu", "otel_prompt.experimenter": "ann"}.items() <= trace.info.tags.items()
    assert "Rome" in trace.info.request_preview
    assert spans[inner.name].attributes[semconv.PROMPT_NAME] == "summarize"


def test_many_roots(sent):
    """More than the hundred that one request may have."""
    assert len(sent(*[call() for _ in range(130)])) == 130
