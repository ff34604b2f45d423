"""An application, a real Collector behind it, and behind that a real Jaeger and a real MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from collector_binaries import LAYERS, asked, binary, free_port, running
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExportResult
from span_records import ANSWER, call, step

from otel_prompt import semconv
from otel_prompt.dialects.jaeger import jaeger
from otel_prompt.encoding import encode
from otel_prompt.exporters.otlp_spans import to_sdk

pytest.importorskip("openai")
pytest.importorskip("yaml")
import yaml
from openai_server import openai_server

APPLICATION = """
import openai
from otel_prompt import Prompt, current, workflow

summarize = Prompt("summarize", "Summarize in {{n}} words: {{text}}", version="3")

@workflow
def report(text):
    message = {"role": "user", "content": summarize.render(n=9, text=text)}
    openai.OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[message])

report("Rome")
print(current().links["jaeger"])
"""
LAUNCHER = [sys.executable, "-c", "from opentelemetry.instrumentation.auto_instrumentation import run; run()"]


@pytest.fixture(scope="module")
def tools(mlflow_module, mlflow_server, tmp_path_factory):
    """All three, with an experiment of MLflow for what comes."""
    folder = tmp_path_factory.mktemp("collector")
    experiment = mlflow_module.MlflowClient(tracking_uri=mlflow_server.uri).create_experiment("collected")
    pages, query, inner, http, grpc = (free_port() for _ in range(5))
    addresses = {
        "JAEGER_PAGES": f"127.0.0.1:{pages}",
        "JAEGER_QUERY_GRPC": f"127.0.0.1:{query}",
        "JAEGER_OTLP_LISTEN": f"127.0.0.1:{inner}",
        "JAEGER_OTLP": f"http://127.0.0.1:{inner}",
        "JAEGER_UI_CONFIG": str(LAYERS / "jaeger" / "ui.json"),
        "COLLECTOR_HTTP": f"127.0.0.1:{http}",
        "COLLECTOR_GRPC": f"127.0.0.1:{grpc}",
        "MLFLOW_TRACKING_URI": mlflow_server.uri,
        "MLFLOW_EXPERIMENT_ID": experiment,
    }
    layers = ["base.yaml", "jaeger.yaml", "mlflow.yaml"]
    with (
        running("jaeger", ["jaeger/server.yaml"], addresses, pages, folder),
        running("otelcol-prompt", layers, addresses, http, folder),
    ):
        yield SimpleNamespace(
            door=f"http://127.0.0.1:{http}",
            jaeger=f"http://127.0.0.1:{pages}",
            mlflow=mlflow_module.MlflowClient(tracking_uri=mlflow_server.uri),
            mlflow_uri=mlflow_server.uri,
            experiment=experiment,
        )


def found(tools, service, spans, **attributes):
    """The one trace that Jaeger finds by attributes of its spans, when all of its spans are there."""
    query = urlencode({"service": service, "tags": json.dumps(attributes), "lookback": "48h", "limit": 20})
    end = time.monotonic() + 30
    while True:
        traces = json.loads(asked(f"{tools.jaeger}/api/traces?{query}"))["data"] or []
        if len(traces) == 1 and len(traces[0]["spans"]) >= spans:
            return traces[0]
        assert time.monotonic() < end, traces
        time.sleep(0.2)


def tags(span):
    """The attributes of a span of Jaeger's."""
    return {tag["key"]: tag["value"] for tag in span["tags"]}


def in_mlflow(tools, trace_id):
    """A trace of MLflow's, when it is there and done."""
    end = time.monotonic() + 30
    while True:
        for trace in tools.mlflow.search_traces(locations=[tools.experiment], max_results=100):
            if trace.info.trace_id == f"tr-{trace_id}" and trace.info.state.name != "IN_PROGRESS":
                return trace
        assert time.monotonic() < end, "MLflow never got it"
        time.sleep(0.2)


def send(tools, *records):
    """Send records as the exporter ``otlp`` does: as they are."""
    exporter = OTLPSpanExporter(endpoint=f"{tools.door}/v1/traces")
    assert exporter.export([to_sdk(record, {}) for record in records]) is SpanExportResult.SUCCESS
    exporter.shutdown()


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_an_application(tools, tmp_path):
    """Its trace is found in Jaeger by prompt name and version, and is in MLflow; each has the way to the other."""
    (tmp_path / "app.py").write_text(APPLICATION)
    with openai_server() as address:
        settings = {
            "OPENAI_BASE_URL": address,
            "OPENAI_API_KEY": "k",
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": tools.door,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_PROMPT_JAEGER_UI": tools.jaeger,
            "OTEL_PROMPT_MLFLOW_UI": tools.mlflow_uri,
            "MLFLOW_EXPERIMENT_ID": tools.experiment,
        }
        done = subprocess.run(
            [*LAUNCHER, sys.executable, "app.py"],
            cwd=tmp_path,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    trace = found(tools, "shop", 2, **{"gen_ai.prompt.name": "summarize", "gen_ai.prompt.version": "3"})
    trace_id = trace["traceID"]
    assert done.stdout.startswith(f"{tools.jaeger}/trace/{trace_id}?uiFind=")
    workflow, chat = sorted(trace["spans"], key=lambda span: span["startTime"])
    assert workflow["operationName"] == "invoke_workflow report"
    assert tags(chat)["gen_ai.prompt.variable.n"] == "9"
    page = f"{tools.mlflow_uri}/#/experiments/{tools.experiment}/traces?selectedEvaluationId=tr-{trace_id}"
    assert tags(workflow)["otel_prompt.link.mlflow"] == page
    assert "otel_prompt.link.jaeger" not in tags(workflow)
    kept = in_mlflow(tools, trace_id)
    assert [span.span_type for span in kept.data.spans] == ["CHAIN", "CHAT_MODEL"]
    assert kept.info.tags["otel_prompt.link.jaeger"].startswith(f"{tools.jaeger}/trace/{trace_id}")
    assert kept.info.token_usage["total_tokens"] == 21
    assert "Rome" in kept.info.request_preview


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_the_layer_says_what_the_dialect_says(tools):
    """To Jaeger a span comes with the same attributes through the Collector as from the exporter ``jaeger``."""
    run = "https://wandb.ai/team/shop/runs/" + "ab" * 8
    root = step(SERVICE="a", INPUT_TOKENS=21)
    owner = call(parent=root, CACHE_WRITE_TOKENS=2, CACHE_READ_TOKENS=5, WANDB_LINK=run, JAEGER_LINK="http://j")
    again = call(parent=owner, SAME_CALL=owner.span_id, COST_TOTAL=0.75)
    fetched = call(parent=root, OPERATION=semconv.FETCH_RESPONSE)
    other = step("web", parent=root, OPERATION=None, STEP_NAME=None, STEP_INPUT=None, WORKFLOW_NAME=None)
    records = [root, owner, again, fetched, other]
    for record in records:
        record.resource["service.name"] = "alike"
    send(tools, *records)
    trace = found(tools, "alike", len(records))
    seen = {span["spanID"]: tags(span) for span in trace["spans"]}
    for record in records:
        held = {k: v for k, v in seen[record.span_id].items() if k in record.attributes or k.startswith("otel_prompt.")}
        said = seen[record.span_id]
        expected = jaeger(record).attributes
        assert {k: said.get(k) for k in expected} == expected
        assert set(held) <= set(expected)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_what_mlflow_does_not_translate_by_itself(tools):
    """Kinds, a step's input and output, our cost, retrieval, and tokens that are counted once."""
    root = step(EXPERIMENTER="ann")
    model = call(parent=root, COST_TOTAL=0.75)
    again = call(parent=model, SAME_CALL=model.span_id)
    search = step("docs", parent=root, OPERATION="retrieval", STEP_INPUT=None, STEP_OUTPUT=None, RETRIEVAL_QUERY="Rome")
    search.attributes[semconv.RETRIEVAL_DOCUMENTS] = encode([{"id": "7", "content": "A city"}])
    send(tools, root, model, again, search)
    trace = in_mlflow(tools, root.trace_id)
    spans = {span.span_id: span for span in trace.data.spans}
    assert [spans[r.span_id].span_type for r in (root, model, search)] == ["CHAIN", "CHAT_MODEL", "RETRIEVER"]
    assert (spans[root.span_id].inputs, spans[root.span_id].outputs) == ({"topic": "Rome"}, "It fell.")
    assert (spans[search.span_id].inputs, spans[search.span_id].outputs[0]["id"]) == ("Rome", "7")
    assert ANSWER in json.dumps(spans[model.span_id].outputs)
    assert json.loads(trace.info.trace_metadata["mlflow.trace.cost"]) == {
        "input_cost": 0.25,
        "output_cost": 0.5,
        "total_cost": 0.75,
    }
    assert trace.info.token_usage["total_tokens"] == 33
    assert trace.info.tags["otel_prompt.experimenter"] == "ann"
    assert "Rome" in trace.info.request_preview


@pytest.mark.e2e
@pytest.mark.parametrize("layers", [["base"], ["base", "jaeger"], ["base", "mlflow"], ["base", "jaeger", "mlflow"]])
def test_any_layers_go_together(layers):
    """The Collector takes them."""
    arguments = [part for name in layers for part in ("--config", str(LAYERS / f"{name}.yaml"))]
    done = subprocess.run([binary("otelcol-prompt"), "validate", *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_compose_file():
    """It mounts what is there, and runs the Collector that the layers are tried with."""
    services = yaml.safe_load((LAYERS / "compose.yaml").read_text())["services"]
    mounts = [mount for service in services.values() for mount in service["volumes"]]
    assert all((LAYERS / mount.partition(":")[0]).is_file() for mount in mounts if mount.startswith("./"))
    version = yaml.safe_load((LAYERS / "builder.yaml").read_text())["dist"]["version"]
    assert services["collector"]["image"].endswith(f":{version}")


def test_the_manifest_has_just_what_the_layers_use():
    """A component that no layer uses would be built for nothing; one that is missing would not start."""
    built = yaml.safe_load((LAYERS / "builder.yaml").read_text())
    layers = [yaml.safe_load((LAYERS / f"{name}.yaml").read_text()) for name in ("base", "jaeger", "mlflow")]
    for section in ("receivers", "processors", "exporters"):
        used = {name.partition("/")[0].replace("_", "") for layer in layers for name in layer.get(section) or {}}
        modules = [part["gomod"].split() for part in built[section]]
        assert {path.rpartition("/")[2].removesuffix(section[:-1]) for path, _ in modules} == used
        assert {version for _, version in modules} == {f"v{built['dist']['version']}"}
