"""Judgements of calls in the tools that get their spans over OTLP: in each one's own words, once, and not lost."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from score_services import score_service
from sdk_application import CALL
from span_records import call, judge, new_trace, step
from tracker import until

import otel_prompt
from otel_prompt import semconv
from otel_prompt.config import Settings
from otel_prompt.exporters import destination, recording, sync
from otel_prompt.exporters.delivery import Delivered, DeliveryError
from otel_prompt.exporters.delivery_status import delivery_status
from otel_prompt.exporters.store import Store
from otel_prompt.score import Score, ScoreSource

TOOLS = ("langfuse", "langsmith", "phoenix")
KEYS = {
    "langfuse": {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk", "LANGFUSE_TRACING_ENVIRONMENT": "test"},
    "langsmith": {"LANGSMITH_API_KEY": "lsk", "LANGSMITH_PROJECT": "shop"},
    "phoenix": {"PHOENIX_API_KEY": "pkey"},
}
ADDRESSES = {"langfuse": "LANGFUSE_HOST", "langsmith": "LANGSMITH_ENDPOINT", "phoenix": "PHOENIX_COLLECTOR_ENDPOINT"}
EVERY = pytest.mark.parametrize("tool", TOOLS)


@pytest.fixture
def service(tool, monkeypatch):
    """The tool's interface, and the environment that names it."""
    with score_service() as it:
        for name, value in KEYS[tool].items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(ADDRESSES[tool], it.url)
        yield it


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of this process."""
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(tmp_path / "spans.db"))
    it = Store(tmp_path / "spans.db")
    yield it
    it.close()
    for kept in list(recording._recordings.values()):
        kept.close()
        kept.store.close()
    recording._recordings.clear()


def of(record, name="helpful", value: float | bool | str = True, later=0, **more):
    """A judgement of a span."""
    return judge(record, name, value, later, **more)


def deliver(tool, *records, **settings):
    """Tell a tool of the judgements of records, each a trace."""
    destination(f"{tool}-scores", Settings(**settings)).deliver([[record] for record in records])


@pytest.mark.parametrize("tool", ["langfuse"])
def test_langfuse(service):
    """An event for each: of the observation, of its kind, with who judged, under an id of ours."""
    record = call()
    made = [
        of(record, "helpful", True, comment="to the point", metadata={"page": "3"}),
        of(record, "stars", 4.0, judge="bob"),
        of(record, "tone", "rude", source=ScoreSource.LLM_JUDGE, judge="gpt-5"),
    ]
    deliver("langfuse", record)
    assert [(method, path) for method, path, *_ in service.asked] == [("POST", "/api/public/ingestion")]
    assert service.asked[0][2]["authorization"].startswith("Basic ")
    first, stars, tone = (service.held[score.id] for score in made)
    assert first == {
        "id": made[0].id,
        "traceId": record.trace_id,
        "observationId": record.span_id,
        "name": "helpful",
        "value": 1.0,
        "dataType": "BOOLEAN",
        "comment": "to the point",
        "metadata": {"page": "3", "source": "human", "judge": "ada"},
        "environment": "test",
    }
    assert (stars["value"], stars["dataType"]) == (4.0, "NUMERIC")
    assert (tone["value"], tone["dataType"], tone["metadata"]["source"]) == ("rude", "CATEGORICAL", "llm_judge")


@pytest.mark.parametrize("tool", ["langsmith"])
def test_langsmith(service):
    """Feedback on the run that LangSmith makes of the span, in its project."""
    record = call()
    made = of(record, "share", 0.123456, comment="why")
    word = of(record, "tone", "rude", source=ScoreSource.LLM_JUDGE, judge="gpt-5")
    deliver("langsmith", record)
    held = service.held[str(UUID(made.id))]
    assert held["run_id"] == f"00000000-0000-0000-{record.span_id[:4]}-{record.span_id[4:]}"
    assert (held["key"], held["score"], held["value"], held["comment"]) == ("share", 0.1235, None, "why")
    assert held["feedback_source"] == {"type": "api", "metadata": {"source": "human", "judge": "ada"}}
    assert held["session_id"].startswith("5e551011")
    assert service.asked[-1][2]["x-api-key"] == "lsk"
    other = service.held[str(UUID(word.id))]
    assert (other["score"], other["value"], other["feedback_source"]["type"]) == (None, "rude", "model")


@pytest.mark.parametrize("tool", ["phoenix"])
def test_phoenix(service):
    """An annotation of the span, whose identifier is the judgement's id."""
    record = call()
    made = of(record, "helpful", False, comment="no")
    of(record, "stars", 4.0, source=ScoreSource.CODE, judge="rule")
    deliver("phoenix", record)
    held = service.held[f"{record.span_id}/helpful/{made.id}"]
    assert held["result"] == {"label": "false", "score": 0.0, "explanation": "no"}
    assert (held["annotator_kind"], held["metadata"]) == ("HUMAN", {"source": "human", "judge": "ada"})
    assert {each["annotator_kind"] for each in service.held.values()} == {"HUMAN", "CODE"}
    assert service.asked[0][2]["authorization"] == "Bearer pkey"


@EVERY
def test_said_again_it_is_the_same_judgement(tool, service):
    """After a crash everything goes again; a mind that was changed is in the place of the old one."""
    record = call()
    of(record, "helpful", True, comment="good")
    deliver(tool, record)
    before = {key: dict(each) for key, each in service.held.items()}
    deliver(tool, record)
    assert service.held == before
    of(record, "helpful", False, later=5)
    deliver(tool, record)
    ((key, held),) = service.held.items()
    assert key in before
    assert False in (held.get("value"), held.get("score"), bool(held.get("result", {}).get("score", True)))
    assert "good" not in str(held)


def test_langfuse_knows_the_newest_by_its_time(monkeypatch):
    """The same event has the same id and time; a change has others."""
    from otel_prompt.exporters.langfuse_scores import tell

    record = call()
    old, new = of(record), of(record, value=False, later=60)
    assert old.id == new.id
    first, again, second = (next(tell([score], {})).body["batch"][0] for score in (old, old, new))
    assert first == again
    assert first["id"] != second["id"]
    assert first["timestamp"] < second["timestamp"]


@EVERY
def test_one_that_is_refused_does_not_hold_up_the_others(tool, service):
    """Whether the tool says so of each, of each request, or of all at once."""
    good, bad = call(), call()
    of(good), of(bad, "bad")
    service.spans = {good.span_id}
    if tool == "langsmith":
        service.fail = lambda method, path, body: 404 if body and body.get("key") == "bad" else None
    with pytest.raises(DeliveryError) as caught:
        deliver(tool, good, bad)
    assert list(caught.value.failed) == [bad.trace_id]
    assert len(service.held) == 1


@EVERY
@pytest.mark.parametrize(
    ("status", "words"), [(401, "does not accept the key"), (429, "takes nothing at the moment"), (302, "there is no ")]
)
def test_a_tool_that_takes_nothing_blames_no_trace(tool, service, status, words):
    """A wrong key, a pause that it asks for, a wrong address."""
    service.fail, service.headers = lambda *_: status, {"Retry-After": "7"}
    record = call()
    of(record)
    with pytest.raises(DeliveryError, match=words) as caught:
        deliver(tool, record)
    assert caught.value.failed is None
    assert caught.value.retry_seconds == (7 if status == 429 else None)


@EVERY
def test_a_tool_that_stumbles_over_everything_is_down(tool, service):
    """Over three, one after the other, no trace is to blame; over one alone, that one may be."""
    service.fail = lambda method, path, body: 500 if method == "POST" else None
    records = [call() for _ in range(5)]
    for record in records:
        of(record)
    with pytest.raises(DeliveryError) as caught:
        deliver(tool, *records)
    assert caught.value.failed is None
    with pytest.raises(DeliveryError) as caught:
        deliver(tool, records[0])
    assert list(caught.value.failed) == [records[0].trace_id]


@EVERY
def test_nobody_is_there(tool, monkeypatch):
    """One sentence, with the tool and its address."""
    for name, value in KEYS[tool].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(ADDRESSES[tool], "http://127.0.0.1:9")
    record = call()
    of(record)
    with pytest.raises(DeliveryError, match=r"http://127\.0\.0\.1:9 does not answer"):
        deliver(tool, record)


@EVERY
def test_feedback_long_after_its_call(tool, service, store):
    """In a process that makes no spans, of a call that this store never had: it is kept, and the tool is told."""
    settings = Settings(store=store.path, exporters=(tool,), exit_seconds=5)
    trace_id = new_trace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("otel_prompt.config.load", lambda *_, **__: settings)
        made = otel_prompt.feedback(f"{trace_id}:00000000000000ab", "helpful", True, user="ada")
    assert store.outbox.waiting() == {f"{tool}-scores {service.url}": 1}
    recording.recording(settings).close()
    assert store.outbox.waiting() == {}
    assert len(service.held) == 1
    assert made.id[:8] in str(service.held)


@EVERY
def test_a_judgement_goes_after_its_span(tool, service, store):
    """An application that sends its spans there and judges them: both have arrived when it ends, the span first."""
    settings = Settings(store=store.path, exporters=(tool,))
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter := _exporter(tool, settings)))
    with provider.get_tracer("shop").start_as_current_span("chat", attributes=CALL) as span:
        pass
    exporter._recording.judge([_score(span)])
    assert store.count() == 0
    provider.shutdown()
    doors = [path for _, path, *_ in service.asked if path != "/sessions"]
    assert doors[0].endswith("/v1/traces")
    assert len(doors) == 2
    assert len(service.held) == 1


def _exporter(tool, settings):
    from otel_prompt.exporters import span_exporter

    return span_exporter(tool, settings)


def _score(span):
    context = span.get_span_context()
    return Score(
        f"{context.trace_id:032x}", f"{context.span_id:016x}", "good", True, ScoreSource.CODE, span.end_time, "rule"
    )


@EVERY
def test_an_outage_loses_nothing(tool, service, store):
    """What could not be said waits in the store; ``sync`` says it when the tool is back, and not a second time."""
    name, record = f"{tool}-scores {service.url}", call()
    store.write_scores([of(record)], [name])
    service.fail = lambda *_: 503
    (result,) = sync(store, [destination(name)])
    assert (result.left, "takes nothing at the moment (503)" in result.error) == (1, True)
    (status,) = delivery_status(store)
    assert (status.destination, status.waiting, bool(status.retry_seconds)) == (name, 1, True)
    service.fail = lambda *_: None
    assert sync(store, [destination(name)]) == [Delivered(name, traces=1)]
    asked = len(service.asked)
    assert sync(store, [destination(name)]) == [Delivered(name)]
    assert len(service.asked) == asked
    assert len(service.held) == 1


@EVERY
def test_all_that_was_ever_judged(tool, service, store):
    """``sync langfuse-scores --all``: judgements from before the tool was there, and none of what was not judged."""
    record = call()
    store.write([record, call()])
    store.write_scores([of(record)])
    it = destination(f"{tool}-scores")
    assert sync(store, [it]) == [Delivered(it.name)]
    assert sync(store, [it], everything=True) == [Delivered(it.name, traces=1)]
    assert len(service.held) == 1


@EVERY
def test_a_filter_holds_for_judgements_too(tool, service, store):
    """A trace that the tool was not given is not judged there, as far as its id or the store tells."""
    wanted, other, unknown = call(), call(PROMPT_NAME="tone"), call()
    store.write([wanted, other])
    settings = Settings(filters={tool: "prompt=summ*"})
    it = destination(f"{tool}-scores", settings)
    store.write_scores([of(each) for each in (wanted, other, unknown)], [it.name])
    assert sync(store, [it]) == [Delivered(it.name, traces=2)]
    assert sorted(store.outbox.taken(each.trace_id).get(it.name, False) for each in (wanted, other, unknown)) == [
        False, True, True,
    ]  # fmt: skip
    none = destination(f"{tool}-scores", Settings(filters={tool: "ratio=0"}))
    store.write_scores([of(wanted, "again")], [none.name])
    assert sync(store, [none]) == [Delivered(none.name)]


@EVERY
def test_a_key_does_not_go_to_an_address_of_before(tool, service, store, monkeypatch):
    """What waits for it is told of, and can be handed on to where the tool is now."""
    name = f"{tool}-scores {service.url}"
    store.write_scores([of(call())], [name])
    monkeypatch.setenv(ADDRESSES[tool], "http://127.0.0.1:9")
    (result,) = sync(store, [destination(name)])
    assert "no key is sent there" in result.error
    assert service.asked == []
    monkeypatch.setenv(ADDRESSES[tool], service.url)
    monkeypatch.delenv(next(iter(KEYS[tool])))
    if tool != "phoenix":
        (result,) = sync(store, [destination(name)])
        assert "needs a key: set" in result.error


@EVERY
def test_spans_do_not_wait_for_a_tool_that_gets_them_itself(tool, service, store):
    """Of what is written with both exporters only judgements go by the store."""
    settings = Settings(store=store.path)
    exporter, keeping = _exporter(tool, settings), _exporter("store", settings)
    provider = TracerProvider()
    for each in (exporter, keeping):
        provider.add_span_processor(BatchSpanProcessor(each))
    with provider.get_tracer("shop").start_as_current_span("chat", attributes=CALL) as span:
        pass
    provider.force_flush()
    assert store.count() == 1
    assert store.outbox.waiting() == {}
    exporter._recording.judge([_score(span)])
    until(lambda: provider.force_flush() and recording.flush_recordings(5) and len(service.held) == 1)
    provider.shutdown()


def test_a_program_that_only_judges(tmp_path):
    """Its judgements are said before it ends, with nothing but the tool's own variables."""
    program = f"import otel_prompt; otel_prompt.feedback('{'ab' * 16}:{'cd' * 8}', 'good', 0.5)"
    with score_service() as service:
        given = {"LANGFUSE_HOST": service.url, **KEYS["langfuse"], "OTEL_TRACES_EXPORTER": "langfuse"}
        environment = {**os.environ, **given, "OTEL_PROMPT_STORE": str(tmp_path / "spans.db")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ((held,),) = [service.held.values()]
    assert (held["name"], held["value"], held["observationId"]) == ("good", 0.5, "cd" * 8)


def test_a_step_is_judged_as_a_call_is(store):
    """Of a trace with several judged spans each has its own."""
    root = step()
    inner = call(parent=root)
    store.write_scores([of(root), of(inner, "stars", 3.0)])
    assert {each.span_id: len(each.events) for each in store.judged(root.trace_id)} == {
        root.span_id: 1, inner.span_id: 1,
    }  # fmt: skip
    assert store.judged(new_trace()) == []
    assert semconv.EVALUATION_ID in store.judged(root.trace_id)[0].events[0].attributes
