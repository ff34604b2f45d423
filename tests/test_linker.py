"""A span carries the links to its pages, and ``current()`` gives them."""

from __future__ import annotations

import pickle

import pytest
from endpoint import answered
from endpoints import CHAT
from opentelemetry.sdk.trace import TracerProvider
from telemetry_double import Spans

import otel_prompt
from otel_prompt import semconv, telemetry
from otel_prompt.config import Settings
from otel_prompt.exporters.sdk_spans import to_record
from otel_prompt.exporters.store import Store
from otel_prompt.linker import Linker
from otel_prompt.runs import run_key

JAEGER = "http://j:16686"
MLFLOW = "http://tracker:5001"


@pytest.fixture
def begin():
    """Instrument into memory: ``begin(jaeger_ui=...)`` gives the spans that end."""

    def instrument(**settings):
        spans, provider = Spans(), TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(spans)
        otel_prompt.instrument(clients=["openai"], tracer_provider=provider, **settings)
        return spans

    yield instrument
    otel_prompt.uninstrument()


def page(record):
    """The page in Jaeger."""
    return f"{JAEGER}/trace/{record.trace_id}?uiFind={record.span_id}"


def test_a_call_and_a_step(begin, service):
    """Each has its own page; a call's is what ``current()`` gives after it, and can be handed to another process."""
    spans = begin(jaeger_ui=f"{JAEGER}/")

    @otel_prompt.workflow
    def report():
        inside = otel_prompt.current()
        assert inside.links == {"jaeger": page(inside)}
        CHAT.call(service.answer(answered(CHAT)).client())

    report()
    records = [to_record(span) for span in spans.ended]
    assert [record.attributes["otel_prompt.link.jaeger"] for record in records] == list(map(page, records))
    last = otel_prompt.current()
    assert last.links == {"jaeger": page(last)}
    assert last.span_id == records[0].span_id
    assert pickle.loads(pickle.dumps(last)) == last


def test_nothing_configured(begin, service):
    """Without pages there are no links, and a call is not looked at for them."""
    spans = begin()
    CHAT.call(service.answer(answered(CHAT)).client())
    assert telemetry.current().linker is None
    assert not [key for span in spans.ended for key in span.attributes if key.startswith(semconv.LINK_PREFIX)]
    assert otel_prompt.current().links == {}


def test_a_run(begin, service):
    """The run that is linked to is the one that the call is put into: its key stands on the span."""
    spans = begin(jaeger_ui=JAEGER)
    telemetry.current().linker.__init__(Settings(wandb_entity="team", wandb_project="shop"), ["wandb"])
    CHAT.call(service.answer(answered(CHAT)).client())
    [record] = map(to_record, spans.ended)
    key = record.attributes.pop(semconv.RUN_KEY)
    assert run_key(record) == key
    assert record.attributes["otel_prompt.link.wandb"] == f"https://wandb.ai/team/shop/runs/{key[:16]}"


def test_an_experiment_of_mlflow(tmp_path):
    """It is linked to when something was delivered to it, by whichever process."""
    settings = Settings(store=tmp_path / "spans.db", mlflow_tracking_uri=MLFLOW)
    linker = Linker(settings, ["mlflow"])
    assert not settings.store.exists()
    assert linker.links("1" * 32, "2" * 16, {semconv.EXPERIMENT: "tone"}) == {}
    store = Store(settings.store)
    store.destinations.note(f"mlflow {MLFLOW}", "tone", "7")
    store.close()
    address = f"{MLFLOW}/#/experiments/7/traces?selectedEvaluationId=tr-{'1' * 32}"
    assert linker.links("1" * 32, "2" * 16, {semconv.EXPERIMENT: "tone"}) == {"mlflow": address}
    assert linker.links("1" * 32, "2" * 16, {semconv.EXPERIMENT: "other"}) == {}
