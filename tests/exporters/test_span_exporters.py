"""What the SDK hands over: kept once, whole traces, and never to the application's harm."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode
from sdk_application import CALL
from tracker import Tracker, until

from otel_prompt import semconv
from otel_prompt.config import Capture, RunPer, Settings
from otel_prompt.errors import ConfigurationError
from otel_prompt.exporters import (
    OTLP_TOOLS,
    destination,
    fallback,
    known,
    mlflow_exporter,
    otlp_tools,
    recording,
    span_exporter,
    store_exporter,
)
from otel_prompt.exporters.delivery_thread import Delivery
from otel_prompt.exporters.otlp_presets import PRESETS
from otel_prompt.exporters.store import Store


def test_a_span_is_kept_as_it_is(application):
    """Ids, times, status, events, attributes and resource are the SDK's."""
    app = application()
    with app.span("chat", **CALL, stop=("a", "b")) as span:
        span.record_exception(RuntimeError("boom"))
        span.set_status(Status(StatusCode.ERROR, "boom"))
    (found,) = app.store.spans()
    assert (int(found.trace_id, 16), int(found.span_id, 16)) == (span.context.trace_id, span.context.span_id)
    assert (found.start, found.end) == (span.start_time, span.end_time)
    assert (found.name, found.kind, found.status, found.scope) == ("chat", "internal", "error", "shop")
    assert found.attributes["stop"] == ["a", "b"]
    assert found.events[0].attributes["exception.type"] == "RuntimeError"
    assert found.resource["service.name"] == "shop"


_OTHERS = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "HUSH, my key is sk-proj-abcdefghijklmnop1234567890",
    "input.value": "HUSH",
    "llm.token_count.prompt": 7,
}


def test_figures_of_others_that_are_none_are_left_out(application):
    """One span whose tokens are a word stops no sum and no table; its true figures stay."""
    app = application()
    odd = {semconv.OUTPUT_TOKENS: "many", semconv.COST_TOTAL: float("nan"), semconv.TIME_TO_FIRST_CHUNK: [1.0]}
    app.call(**odd, stop="many")
    (found,) = app.store.spans()
    assert not odd.keys() & found.attributes.keys()
    assert (found.attributes[semconv.INPUT_TOKENS], found.attributes["stop"]) == (1000, "many")


def test_content_that_is_off_is_off_in_the_store(application):
    """Also of another instrumentation's spans, and in what they say of errors: nothing of it is on the disk."""
    app = application(capture_content=Capture.NO_CONTENT)
    with app.span("chat", **_OTHERS) as span:
        span.record_exception(ValueError("HUSH"))
        span.set_status(Status(StatusCode.ERROR, "HUSH"))
    (found,) = app.store.spans()
    assert found.attributes[semconv.INPUT_TOKENS] == 7
    assert not [file for file in app.store.path.parent.iterdir() if b"HUSH" in file.read_bytes()]


def test_secrets_in_others_spans_are_not_in_the_store(application):
    """Their texts are kept, without keys."""
    app = application()
    with app.span("chat", **_OTHERS):
        pass
    (found,) = app.store.spans()
    assert "my key is [REDACTED]" in found.attributes[semconv.INPUT_MESSAGES]
    assert not [file for file in app.store.path.parent.iterdir() if b"sk-proj-abc" in file.read_bytes()]


def test_the_steps_around_a_call_are_kept_and_all_else_is_not(application):
    """A trace with a call in it is whole up to its root; a trace without one is not kept at all."""
    app = application()
    with app.span("GET /nothing"), app.span("SELECT"):
        pass
    with app.span("GET /answer"), app.span("work"):
        app.call()
        with app.span("SELECT"):
            pass
    assert sorted(s.name for s in app.store.spans()) == ["GET /answer", "SELECT", "chat", "work"]


@pytest.mark.parametrize(
    "mark",
    [
        {"openinference.span.kind": "CHAIN"},
        {"traceloop.span.kind": "workflow"},
        {"llm.request.type": "chat"},
        {semconv.STEP_NAME: "a"},
    ],
    ids=lambda mark: next(iter(mark)),
)
def test_spans_of_other_instrumentations_are_kept(application, mark):
    """Whoever made it: a span about models is one."""
    app = application()
    with app.span("theirs", **mark):
        pass
    assert [s.name for s in app.store.spans()] == ["theirs"]


def test_what_the_process_knows_is_added(application):
    """The cost, where a price is known; the run; who experiments."""
    app = application(experimenter="grace", experiment="e-1")
    app.call()
    app.call(**{semconv.REQUEST_MODEL: "no-such-model"})
    app.call(**{semconv.COST_TOTAL: 9.0})
    priced, unknown, own = reversed(app.store.spans())
    assert priced.attributes[semconv.COST_TOTAL] == pytest.approx(0.00015 + 0.0006)
    assert semconv.COST_TOTAL not in unknown.attributes
    assert own.attributes[semconv.COST_TOTAL] == 9.0
    assert own.attributes[semconv.EXPERIMENTER] == "grace"
    assert own.attributes[semconv.RUN_KEY] == priced.attributes[semconv.RUN_KEY]


def test_a_run_for_each_call_is_a_setting(application):
    """OTEL_PROMPT_RUN_PER=call reaches the spans."""
    app = application(run_per=RunPer.CALL)
    app.call()
    app.call()
    assert len({s.attributes[semconv.RUN_KEY] for s in app.store.spans()}) == 2


def test_two_exporters_write_a_span_once(application, monkeypatch):
    """With store and mlflow together a span is written once, and is waiting for MLflow."""
    app = application(names=("store", "mlflow", "store"), mlflow_tracking_uri="http://127.0.0.1:9")
    written = []
    write = Store.write
    monkeypatch.setattr(Store, "write", lambda self, spans, to=(): (written.extend(spans), write(self, spans, to)))
    monkeypatch.setattr(Delivery, "notify", lambda _: None)
    app.call()
    assert len(written) == 1
    assert app.store.backlog("mlflow") == 1
    assert app.store.outbox.waiting() == {"mlflow http://127.0.0.1:9": 1}


def test_a_store_that_cannot_be_written_harms_nobody(application, tmp_path, caplog):
    """One warning, the application runs on, and when the store is back the spans are in it."""
    path = tmp_path / "gone" / "spans.db"
    path.parent.write_text("in the way")
    app = application(path)
    app.call()
    app.call()
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    path.parent.unlink()
    app.flush()
    app.call()
    assert app.store.count() == 3
    assert "can be written again; nothing is lost" in caplog.text


def test_what_waits_in_memory_has_a_bound(application, tmp_path, monkeypatch, caplog):
    """An unwritable store does not eat the application's memory: of what is held the texts go first."""
    monkeypatch.setattr(fallback, "_MOST_BYTES", 800_000)
    path = tmp_path / "gone" / "spans.db"
    path.parent.write_text("in the way")
    app = application(path)
    for n in range(300):
        app.call(**{"n": n, semconv.INPUT_MESSAGES: f"{n} " * 5_000})
    path.parent.unlink()
    app.flush()
    kept = app.store.spans(limit=None)
    assert sorted(s.attributes["n"] for s in kept) == list(range(300))
    assert 1 <= len([s for s in kept if semconv.INPUT_MESSAGES in s.attributes]) < 60


def test_a_store_that_cannot_be_written_delivers_all_the_same(application, tmp_path, monkeypatch, caplog):
    """A container whose disk may only be read hands its traces on from memory, and once only."""
    tracker = Tracker()
    path = tmp_path / "gone" / "spans.db"
    path.parent.write_text("in the way")
    app = application(path)
    app.exporters[0].recording.deliver_to(tracker)
    app.call()
    until(lambda: len(tracker.spans) == 1)
    tracker.down = True
    app.call()
    path.parent.unlink()
    app.flush()
    assert app.store.count() == 2
    assert app.store.outbox.waiting() == {tracker.name: 1}


def test_what_can_go_nowhere_is_counted(application, tmp_path, caplog):
    """At the end, what is neither on disk nor delivered is lost, and that is said."""
    path = tmp_path / "gone" / "spans.db"
    path.parent.write_text("in the way")
    app = application(path)
    app.call()
    app.call()
    app.provider.shutdown()
    assert "2 spans could neither be written to the store nor handed on" in caplog.text


def test_the_destinations_of_a_process_share_its_last_seconds(application):
    """Three that hang cost the end of the process no more time than one."""
    app = application(exit_seconds=0.4)
    trackers = [Tracker(f"tracker http://{n}") for n in range(3)]
    for tracker in trackers:
        tracker.gate.clear()
        app.exporters[0].recording.deliver_to(tracker)
    app.call()
    began = time.monotonic()
    app.provider.shutdown()
    assert time.monotonic() - began < 1.5
    assert app.store.outbox.waiting() == {tracker.name: 1 for tracker in trackers}
    for tracker in trackers:
        tracker.gate.set()


def test_the_names_that_the_sdk_loads_are_exporters():
    """``OTEL_TRACES_EXPORTER`` wants classes that are made with no argument."""
    assert issubclass(store_exporter, SpanExporter)
    assert issubclass(mlflow_exporter, SpanExporter)


def test_every_name_gives_an_exporter(tmp_path):
    """All that the README names are known; another name is one clear sentence."""
    settings = Settings(store=tmp_path / "spans.db")
    for name in ("store", "mlflow", "wandb", "weave", "otlp", "console"):
        exporter = span_exporter(name, settings)
        assert isinstance(exporter, SpanExporter)
        exporter.shutdown()
    with pytest.raises(
        ConfigurationError, match=r"there is no exporter 'zipkin'; there are: console, jaeger, .* otlp, .* store"
    ):
        span_exporter("zipkin", settings)
    with pytest.raises(
        ConfigurationError, match=r"there is no destination 'store'; there are: .* mlflow, .*, wandb, weave"
    ):
        destination("store", settings)


def test_an_exporter_of_another_package(tmp_path, monkeypatch):
    """What the SDK would find by its entry point is found here too; one that cannot be imported is one sentence."""
    info = tmp_path / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[opentelemetry_traces_exporter]\n"
        "other = opentelemetry.sdk.trace.export:ConsoleSpanExporter\nbroken = no_such_module:Exporter\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = Settings(store=tmp_path / "spans.db")
    assert known(["other", "broken"], "x", settings) == ("other", "broken")
    assert type(span_exporter("other", settings)).__name__ == "ConsoleSpanExporter"
    with pytest.raises(ConfigurationError, match="the exporter 'broken' cannot be imported: No module"):
        span_exporter("broken", settings)


def test_importing_the_exporters_is_cheap():
    """Nothing is loaded that is not used: no database, no tracker, no HTTP client."""
    script = (
        "import sys, opentelemetry.sdk.trace.export; import otel_prompt.exporters; "
        "print([m for m in ('sqlite3', 'mlflow', 'requests', 'platformdirs', 'genai_prices') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


_WITH_ENVIRONMENT = """
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
_OTelSDKConfigurator().configure()
from opentelemetry import trace
with trace.get_tracer("app").start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
    pass
"""


def test_the_environment_variable_does_what_it_says(tmp_path):
    """``OTEL_TRACES_EXPORTER=otel_prompt`` alone keeps the spans of a program that never heard of us."""
    path = tmp_path / "spans.db"
    quiet = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    environment = {**os.environ, **quiet, "OTEL_TRACES_EXPORTER": "otel_prompt", "OTEL_PROMPT_STORE": str(path)}
    subprocess.run([sys.executable, "-c", _WITH_ENVIRONMENT], env=environment, check=True)
    store = Store(path)
    assert store.count() == 1
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_keeps_its_spans(tmp_path):
    """A pre-forking server: what a worker records is in the same store, batch processor and all."""
    settings = Settings(store=tmp_path / "spans.db")
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(span_exporter("store", settings)))

    def work(name):
        with provider.get_tracer("app").start_as_current_span(name, attributes=CALL):
            pass
        provider.force_flush()

    work("parent")
    if (child := os.fork()) == 0:
        try:
            work("child")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    work("parent again")
    provider.shutdown()
    store = Store(settings.store)
    assert sorted(s.name for s in store.spans()) == ["child", "parent", "parent again"]
    store.close()
    recording._recordings.pop(store.path.absolute()).store.close()


def test_the_tools_that_take_otlp():
    """Each has a preset and a class that ``OTEL_TRACES_EXPORTER`` finds."""
    assert sorted(OTLP_TOOLS) == sorted(PRESETS)
    for name in OTLP_TOOLS:
        assert issubclass(getattr(otlp_tools, f"{name.replace('-', '_')}_exporter"), SpanExporter)
