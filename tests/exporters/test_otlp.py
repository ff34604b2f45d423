"""Spans of an application, as servers of each tool receive them."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from http_answers import answering
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from otlp_requests import requests
from span_records import call, new_trace, step

from otel_prompt import config, exporters, semconv
from otel_prompt.config import Capture, Settings
from otel_prompt.encoding import encode
from otel_prompt.errors import ConfigurationError
from otel_prompt.exporters import otlp_tools
from otel_prompt.exporters.otlp import OtlpExporter, split
from otel_prompt.exporters.otlp_presets import PRESETS, preset
from otel_prompt.exporters.otlp_spans import to_sdk

TOOLS = sorted(PRESETS)
KEYS = {
    "jaeger": {"OTEL_PROMPT_JAEGER_ENDPOINT": "{url}"},
    "langfuse": {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk", "LANGFUSE_HOST": "{url}/"},
    "langsmith": {"LANGSMITH_API_KEY": "lsk", "LANGSMITH_ENDPOINT": "{url}", "LANGSMITH_PROJECT": "shop"},
    "mlflow-otlp": {"MLFLOW_TRACKING_URI": "{url}", "MLFLOW_EXPERIMENT_ID": "7", "MLFLOW_TRACKING_TOKEN": "t"},
    "phoenix": {"PHOENIX_COLLECTOR_ENDPOINT": "{url}", "PHOENIX_API_KEY": "pkey", "PHOENIX_PROJECT_NAME": "shop"},
    "weave-otlp": {
        "WANDB_API_KEY": "wk",
        "WANDB_ENTITY": "team",
        "WANDB_PROJECT": "shop",
        "WF_TRACE_SERVER_URL": "{url}",
    },
}
DOORS = {
    "jaeger": ("/v1/traces", {}),
    "langfuse": ("/api/public/otel/v1/traces", {"authorization": "Basic " + base64.b64encode(b"pk:sk").decode()}),
    "langsmith": ("/otel/v1/traces", {"x-api-key": "lsk", "langsmith-project": "shop"}),
    "mlflow-otlp": ("/v1/traces", {"x-mlflow-experiment-id": "7", "authorization": "Bearer t"}),
    "phoenix": ("/v1/traces", {"authorization": "Bearer pkey", "x-project-name": "shop"}),
    "weave-otlp": (
        "/otel/v1/traces",
        {"authorization": "Basic " + base64.b64encode(b"api:wk").decode(), "project_id": "team/shop"},
    ),
}
CALL = {
    semconv.OPERATION: "chat",
    semconv.PROVIDER: "openai",
    semconv.REQUEST_MODEL: "gpt-5",
    semconv.PROMPT_NAME: "summarize",
    semconv.PROMPT_VERSION: "3",
    semconv.INPUT_MESSAGES: encode([{"role": "user", "parts": [{"type": "text", "content": "SECRET"}]}]),
    semconv.INPUT_TOKENS: 21,
    semconv.OUTPUT_TOKENS: 12,
}


class Tool:
    """One tool's server, and an application that sends its spans there."""

    def __init__(self, monkeypatch, name, url, asked, scope="otel_prompt", **settings):
        for variable, value in KEYS[name].items():
            monkeypatch.setenv(variable, value.format(url=url))
        self.asked = asked
        loaded = config.load({"experimenter": "ann", **settings})
        self.exporter = exporters.span_exporter(name, loaded)
        self.memory = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        self.provider.add_span_processor(SimpleSpanProcessor(self.memory))
        self.tracer = self.provider.get_tracer(scope, "1.2")

    def send(self):
        """Hand over all finished spans at once."""
        spans = self.memory.get_finished_spans()
        self.memory.clear()
        result = self.exporter.export(spans)
        return spans, result

    @property
    def requests(self):
        """The requests' spans."""
        return requests(self.asked)

    @property
    def sent(self):
        """All spans that arrived."""
        return [span for request in self.requests for span in request]


@pytest.fixture
def tool(monkeypatch):
    """A tool's server, by name."""
    open_ones = []

    def begin(name, status=200, **settings):
        server = answering(status)
        url, asked = server.__enter__()
        open_ones.append((server, Tool(monkeypatch, name, url, asked, **settings)))
        return open_ones[-1][1]

    yield begin
    for server, each in open_ones:
        each.exporter.shutdown()
        server.__exit__(None, None, None)


@pytest.mark.parametrize("name", TOOLS)
def test_each_tool_has_its_door_and_its_key(tool, name):
    """The path and the headers that it asks for, from its own variables."""
    here = tool(name)
    here.tracer.start_span("chat", attributes=CALL).end()
    assert here.send()[1] is SpanExportResult.SUCCESS
    (sent,) = here.sent
    path, headers = DOORS[name]
    assert sent.path == path
    assert headers.items() <= sent.headers.items()


@pytest.mark.parametrize("name", TOOLS)
def test_it_is_the_same_span(tool, name):
    """Ids, parent, times, kind, status, events, links, scope, resource; and the original is as it was."""
    here = tool(name)
    with here.tracer.start_as_current_span("story") as root:
        link = Link(root.get_span_context())
        span = here.tracer.start_span("chat", kind=SpanKind.CLIENT, attributes=CALL, links=[link])
        span.add_event("exception", {"exception.type": "E"})
        span.set_status(Status(StatusCode.ERROR, "boom"))
        span.end()
    before = dict(span.attributes)
    (original, _), _ = here.send()
    sent = next(s for s in here.sent if s.name == "chat")
    context = span.get_span_context()
    assert (sent.trace_id, sent.span_id) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert sent.parent_id == f"{root.get_span_context().span_id:016x}"
    assert (sent.start, sent.end) == (original.start_time, original.end_time)
    assert (sent.kind, sent.status, sent.links, sent.scope) == (3, (2, "boom"), 1, "otel_prompt")
    assert ("exception", original.events[0].timestamp, {"exception.type": "E"}) in sent.events
    assert sent.resource["service.name"] == "shop"
    assert dict(original.attributes) == before


@pytest.mark.parametrize("name", TOOLS)
def test_a_key_to_another_place_stays_here(tool, name, monkeypatch):
    """What is set for the user's own collector is not sent to a tool: SDK 1.45 adds those headers to all others."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-honeycomb-team=hidden")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-other=hidden")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    here = tool(name)
    here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    (sent,) = here.sent
    assert "hidden" not in str(sent.headers)
    assert config.variable("OTEL_EXPORTER_OTLP_HEADERS") == "x-honeycomb-team=hidden"


OPTIONAL = {"LANGSMITH_PROJECT", "PHOENIX_API_KEY", "PHOENIX_PROJECT_NAME", "MLFLOW_TRACKING_TOKEN"}
MISSING = [(n, v) for n in TOOLS for v, value in KEYS[n].items() if "{url}" not in value and v not in OPTIONAL]
MISSING.append(("mlflow-otlp", "MLFLOW_TRACKING_URI"))


@pytest.mark.parametrize(("name", "variable"), MISSING)
def test_what_is_missing_is_one_sentence(name, variable, monkeypatch, caplog):
    """What, where, what to do; the application runs, and no address is called."""
    for key, value in KEYS[name].items():
        if key != variable:
            monkeypatch.setenv(key, value.format(url="http://127.0.0.1:9"))
    exporter = exporters.span_exporter(name)
    (said,) = caplog.records
    assert said.levelno == logging.ERROR
    assert f"'{name}'" in said.getMessage()
    assert variable in said.getMessage()
    assert "\n" not in said.getMessage()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=CALL).end()
    assert exporter.export(()) is SpanExportResult.FAILURE
    exporter.force_flush()
    exporter.shutdown()


@pytest.mark.parametrize("name", TOOLS)
def test_an_address_that_is_none_is_one_sentence(name, monkeypatch, caplog):
    """Its value, in which a password may be, is not repeated."""
    for key, value in KEYS[name].items():
        monkeypatch.setenv(key, value.format(url="user:hunter2@nowhere"))
    exporters.span_exporter(name)
    (said,) = caplog.records
    assert next(key for key, value in KEYS[name].items() if "{url}" in value) in said.getMessage()
    assert "hunter2" not in said.getMessage()


@pytest.mark.parametrize("name", TOOLS)
def test_content_that_is_off_is_off_everywhere(tool, name):
    """Also of another instrumentation's spans, in whatever names, and in what they say of errors."""
    here = tool(name, scope="openinference.instrumentation.openai", capture_content=False)
    foreign = {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.content": "SECRET",
        "llm.openai.messages": "SECRET",
        "input.value": "SECRET",
        "output.value": "SECRET",
        "llm.prompt_template.variables": '{"a": "SECRET"}',
    }
    for attributes in (foreign, CALL, {"traceloop.span.kind": "task", "traceloop.entity.input": "SECRET"}):
        span = here.tracer.start_span("chat", attributes=attributes)
        span.record_exception(ValueError("SECRET"))
        span.set_status(Status(StatusCode.ERROR, "SECRET") if attributes is not foreign else Status(StatusCode.ERROR))
        span.end()
    here.send()
    assert len(here.sent) == 3
    assert "SECRET" not in str([s for s in here.sent if s.attributes.get(semconv.OPERATION)])


@pytest.mark.parametrize("name", TOOLS)
def test_secrets_in_others_spans_are_redacted(tool, name):
    """As they are in ours."""
    here = tool(name, scope="openinference.instrumentation.openai")
    key = "sk-proj-" + "a1B2" * 12
    here.tracer.start_span("x", attributes={"openinference.span.kind": "LLM", "input.value": f"my key {key}"}).end()
    here.send()
    (sent,) = here.sent
    assert "my key" in str(sent.attributes)
    assert key not in str(sent.attributes)


@pytest.mark.usefixtures("shield_up")
@pytest.mark.parametrize("name", TOOLS)
def test_a_span_that_cannot_be_said_keeps_no_other_back(tool, name):
    """Another instrumentation's attributes may be of any type; what goes out with them goes out all the same."""
    here = tool(name, scope="theirs")
    odd = {semconv.OPERATION: ["chat"], semconv.TAGS: 5, semconv.TOOL_DEFINITIONS: True, semconv.INPUT_TOKENS: "many"}
    here.tracer.start_span("odd", attributes=odd).end()
    here.tracer.start_span("worse", attributes={**odd, semconv.OPERATION: "chat"}).end()
    here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    assert "chat" in [span.name for span in here.sent]


@pytest.mark.parametrize("name", [name for name in TOOLS if name != "jaeger"])
def test_a_tool_for_models_gets_traces_with_models(tool, name):
    """An HTTP request without one is not sent; one with a call in it is, whole."""
    here = tool(name)
    here.tracer.start_span("GET /health").end()
    with here.tracer.start_as_current_span("GET /ask"):
        here.tracer.start_span("SELECT").end()
        here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    assert sorted(s.name for s in here.sent) == ["GET /ask", "SELECT", "chat"]


def test_jaeger_gets_everything(tool):
    """It is not for models alone."""
    here = tool("jaeger")
    here.tracer.start_span("GET /health").end()
    here.send()
    assert [s.name for s in here.sent] == ["GET /health"]


def test_each_has_a_filter_of_its_own(tool, monkeypatch):
    """From the environment, by the exporter's name."""
    monkeypatch.setenv("OTEL_PROMPT_LANGFUSE_FILTER", "prompt=summ*")
    monkeypatch.setenv("OTEL_PROMPT_MLFLOW_OTLP_FILTER", "tag=canary,kind=all")
    langfuse, mlflow, jaeger = tool("langfuse"), tool("mlflow-otlp"), tool("jaeger")
    for here in (langfuse, mlflow, jaeger):
        here.tracer.start_span("a", attributes=CALL).end()
        here.tracer.start_span("b", attributes={**CALL, semconv.PROMPT_NAME: "tone"}).end()
        here.tracer.start_span("c", attributes={semconv.TAGS: ["canary"]}).end()
        here.send()
    names = [sorted(s.name for s in here.sent) for here in (langfuse, mlflow, jaeger)]
    assert names == [["a"], ["c"], ["a", "b", "c"]]


def test_a_filter_that_cannot_be_is_one_sentence(tool, caplog):
    """The exporter works without it."""
    here = tool("langfuse", filters={"langfuse": "colour=red"})
    assert "colour=red" in caplog.text
    here.tracer.start_span("a", attributes=CALL).end()
    here.send()
    assert len(here.sent) == 1


def test_mlflow_gets_at_most_a_hundred_roots_in_a_request(tool):
    """Of more it links none to the run, without an error."""
    here = tool("mlflow-otlp")
    for _ in range(250):
        with here.tracer.start_as_current_span("story"):
            here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    roots = [sum(s.parent_id is None for s in request) for request in here.requests]
    assert sum(roots) == 250
    assert max(roots) == 100
    assert len(here.sent) == 500


def test_long_spans_go_in_requests_of_their_own():
    """About so much text in a request; one that is too long by itself goes alone."""
    small, large = call(), call(INPUT_MESSAGES="x" * 900)
    tool = replace(preset("phoenix"), most_characters=len(encode(small.attributes)) * 3)
    batches = list(split([(large, None), (small, None), (large, None)], tool))
    assert len(batches) >= 2
    assert sum(len(batch) for batch in batches) == 3
    tiny = replace(tool, most_characters=10)
    assert [len(batch) for batch in split([(large, None), (small, None)], tiny)] == [1, 1]


def test_two_instrumentations_of_one_call_are_counted_once(tool):
    """Ours, and inside it another's."""
    here = tool("langfuse")
    other = here.provider.get_tracer("openinference.instrumentation.openai")
    with here.tracer.start_as_current_span("chat", attributes=CALL):
        oi = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 21, "llm.model_name": "gpt-5"}
        other.start_span("ChatCompletion", attributes=oi).end()
    here.send()
    usages = {s.name: s.attributes.get("langfuse.observation.usage_details") for s in here.sent}
    assert json.loads(usages["chat"])["input"] == 21
    assert usages["ChatCompletion"] is None


def test_what_the_process_knows_is_added(tool):
    """The run of a call, and who experiments, also to another's span."""
    here = tool("langsmith")
    here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    (sent,) = here.sent
    assert sent.attributes["langsmith.metadata.experimenter"] == "ann"
    assert len(sent.attributes["langsmith.metadata.run_key"]) == 64


def test_weave_is_told_the_project_by_the_resource(tool):
    """As its documentation asks."""
    here = tool("weave-otlp")
    here.tracer.start_span("chat", attributes=CALL).end()
    here.send()
    assert {"wandb.entity": "team", "wandb.project": "shop"}.items() <= here.sent[0].resource.items()


@pytest.mark.parametrize("status", [400, 401])
def test_what_is_refused_is_the_sdk_s_to_say(tool, status, caplog):
    """A failure is a failure; nothing is raised."""
    here = tool("langfuse", status)
    here.tracer.start_span("chat", attributes=CALL).end()
    assert here.send()[1] is SpanExportResult.FAILURE
    assert str(status) in caplog.text


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("form", ["-", "_"])
def test_names_are_written_both_ways(name, form):
    """``mlflow-otlp`` and ``mlflow_otlp``; what OTEL_TRACES_EXPORTER finds is a class that needs no argument."""
    assert preset(name.replace("-", form)).name == name
    kind = getattr(otlp_tools, f"{name.replace('-', '_')}_exporter")
    assert issubclass(kind, SpanExporter)
    made = kind()
    made.shutdown()
    assert isinstance(made, OtlpExporter)


def test_a_name_that_is_none():
    """The names there are, are said."""
    with pytest.raises(ConfigurationError, match="langsmith"):
        preset("honeycomb")


def test_records_of_the_store_become_the_same_spans():
    """One encoding for spans of the SDK and for records: ids, parents, times and status."""
    root = step()
    record = replace_status(call(parent=root, trace_id=root.trace_id))
    span = to_sdk(record, {"a": "b"})
    context = span.get_span_context()
    assert (f"{context.trace_id:032x}", f"{context.span_id:016x}") == (record.trace_id, record.span_id)
    assert f"{span.parent.span_id:016x}" == root.span_id
    assert (span.start_time, span.end_time, span.kind) == (record.start, record.end, SpanKind.CLIENT)
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "boom")
    assert span.resource.attributes == {"service.name": "shop", "a": "b"}
    assert span.attributes[semconv.PROMPT_NAME] == "summarize"


def replace_status(record):
    """A failed record."""
    record.status, record.status_message = "error", "boom"
    return record


def test_a_trace_that_began_elsewhere_has_a_remote_parent():
    """As OTLP marks it."""
    record = call(new_trace())
    record.parent_id, record.remote_parent = "4" * 16, True
    assert to_sdk(record, {}).parent.is_remote


def test_settings_that_say_events_only_keep_content_off_spans():
    """Event-only capture is no content here."""
    assert not Settings(capture_content=Capture.EVENT_ONLY).capture_content.on_spans


def test_the_exporters_that_are_named_in_the_package_are_there():
    """``OTEL_TRACES_EXPORTER`` finds a class for each preset, under both spellings."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    table = text.split("opentelemetry_traces_exporter]")[1].split("[")[0]
    named = dict(line.split(" = ") for line in table.strip().splitlines() if line)
    assert {"mlflow_otlp", *PRESETS} <= set(named)
    for target in named.values():
        module, _, attribute = target.strip('"').partition(":")
        assert issubclass(getattr(import_module(module), attribute), SpanExporter)
