"""A real Phoenix, and what it shows of the spans that it is sent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from cached_environment import python_with
from opentelemetry.sdk.trace.export import SpanExportResult
from span_records import ANSWER, call, judge, step

from otel_prompt import exporters, semconv
from otel_prompt.config import Settings
from otel_prompt.dialects.phoenix import phoenix
from otel_prompt.encoding import encode
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.otlp_spans import to_sdk
from otel_prompt.score import ScoreSource

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running Phoenix."""
    python = python_with("phoenix", "arize-phoenix>=15.10")
    folder = tmp_path_factory.mktemp("phoenix")
    ports = [_free(), _free()]
    settings = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(ports[0]),
        "PHOENIX_GRPC_PORT": str(ports[1]),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(python.with_name("phoenix")), "serve"],
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{ports[0]}"
    end = time.monotonic() + 240
    while not _answers(f"{url}/healthz"):
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        assert time.monotonic() < end, "Phoenix did not start"
        time.sleep(0.5)
    yield url
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def _free():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def _asked(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def shown(url, project, count):
    """The spans of a project, by name, when they are all there."""
    end = time.monotonic() + 60
    while True:
        try:
            spans = _asked(f"{url}/v1/projects/{project}/spans?limit=100")["data"]
        except urllib.error.HTTPError:
            spans = []
        if len(spans) >= count:
            return {span["name"]: span for span in spans}
        assert time.monotonic() < end, f"{len(spans)} of {count} spans"
        time.sleep(0.3)


@pytest.fixture
def sent(server, request, monkeypatch):
    """Send records into a project of the test's own; gives what Phoenix shows of them."""
    monkeypatch.setenv("PHOENIX_COLLECTOR_ENDPOINT", server)
    project = request.node.name[:40]

    def send(*records):
        exporter = exporters.span_exporter("phoenix", Settings(experiment=project))
        spans = [to_sdk(record, {}) for record in records]
        assert exporter.export(spans) is SpanExportResult.SUCCESS
        assert exporter.export(spans) is SpanExportResult.SUCCESS  # again: by their ids, nothing is there twice
        exporter.shutdown()
        return shown(server, project, len(records))

    return send


def test_a_workflow_with_a_call(sent):
    """Kinds, messages, tokens, the prompt and what surrounds it."""
    root = step(TAGS=["a"], SESSION_ID="s", USER_ID="u")
    inner = call(parent=root, CACHE_READ_TOKENS=5, CACHE_WRITE_TOKENS=2, REASONING_TOKENS=4, SESSION_ID="s")
    found = sent(root, inner)
    assert len(found) == 2
    outer, span = found[root.name], found[inner.name]
    assert (outer["span_kind"], span["span_kind"]) == ("CHAIN", "LLM")
    assert span["parent_id"] == root.span_id
    assert (span["context"]["trace_id"], span["context"]["span_id"]) == (inner.trace_id, inner.span_id)
    held = span["attributes"]
    assert held["output.value"] == ANSWER
    assert held["llm.input_messages.0.message.role"] == "system"
    assert held["llm.input_messages.1.message.content"] == "Summarize Rome"
    assert held["llm.output_messages.0.message.content"] == ANSWER
    assert held["llm.model_name"] == "gpt-4o-mini-2024-07-18"
    assert (held["llm.token_count.prompt"], held["llm.token_count.completion"]) == (21, 12)
    assert held["llm.token_count.prompt_details.cache_write"] == 2
    assert held["llm.prompt_template.template"] == "Summarize in {{n}} words: {{text}}"
    assert held["llm.prompt_template.version"] == "1"
    assert held["session.id"] == "s"
    assert json.loads(outer["attributes"]["input.value"]) == {"topic": "Rome"}
    assert "It fell." in outer["attributes"]["output.value"]


def test_a_part_that_phoenix_does_not_know_hides_no_conversation(sent):
    """Its own reading of the conventions' messages would leave them all out."""
    strange = [{"role": "user", "parts": [{"type": "hologram", "x": 1}, {"type": "text", "content": "Hi"}]}]
    record = call(INPUT_MESSAGES=encode(strange), SYSTEM_INSTRUCTIONS=None)
    held = sent(record)[record.name]["attributes"]
    assert "hologram" in held["llm.input_messages.0.message.contents.0.message_content.text"]
    assert held["llm.input_messages.0.message.contents.1.message_content.text"] == "Hi"


def test_tools_and_retrieval(sent):
    """Each with what went in and came out."""
    tool = step("weather", OPERATION="execute_tool", TOOL_NAME="weather", STEP_INPUT=None, TOOL_ARGUMENTS='{"a":1}')
    search = step("docs", OPERATION="retrieval", STEP_INPUT=None, RETRIEVAL_QUERY="Rome", parent=tool)
    search.attributes[semconv.RETRIEVAL_DOCUMENTS] = encode([{"id": "7", "content": "A city", "score": 0.5}])
    found = sent(tool, search)
    assert found[tool.name]["span_kind"] == "TOOL"
    assert found[search.name]["span_kind"] == "RETRIEVER"
    assert found[search.name]["attributes"]["retrieval.documents.0.document.content"] == "A city"
    assert found[search.name]["attributes"]["input.value"] == "Rome"


def test_an_error(sent):
    """The status, and why."""
    record = call(failed=True, ERROR_TYPE="RateLimitError", OUTPUT_MESSAGES=None)
    record.status_message = "too many"
    span = sent(record)[record.name]
    assert (span["status_code"], span["status_message"]) == ("ERROR", "too many")


def test_judgements(sent, server, request):
    """On the span, once however often they are said; a mind that was changed; and none of a span that is not there."""
    record, unknown = call(), call()
    sent(record)
    judge(record, "helpful", True, comment="to the point")
    judge(record, "tone", "rude", source=ScoreSource.LLM_JUDGE, judge="gpt-5")
    it = exporters.destination("phoenix-scores", Settings())
    for _ in range(2):
        it.deliver([[record]])
    judge(record, "helpful", False, later=5, comment="after all, no")
    judge(unknown, "helpful", True)
    with pytest.raises(DeliveryError) as caught:
        it.deliver([[record], [unknown]])
    assert "has not got the span" in caught.value.failed.pop(unknown.trace_id)
    assert caught.value.failed == {}
    place = f"{server}/v1/projects/{request.node.name[:40]}/span_annotations?span_ids={record.span_id}"
    held = {each["name"]: each for each in _asked(place)["data"]}
    assert len(_asked(place)["data"]) == 2
    assert held["helpful"]["result"] == {"label": "false", "score": 0.0, "explanation": "after all, no"}
    assert (held["helpful"]["annotator_kind"], held["helpful"]["metadata"]["judge"]) == ("HUMAN", "ada")
    assert (held["tone"]["result"]["label"], held["tone"]["annotator_kind"]) == ("rude", "LLM")


def test_what_is_sent_needs_no_reading_of_ours():
    """What Phoenix takes from the conventions by itself is said in OpenInference's names already."""
    held = phoenix(call()).attributes
    assert held["openinference.span.kind"] == "LLM"
    assert semconv.INPUT_MESSAGES not in held
