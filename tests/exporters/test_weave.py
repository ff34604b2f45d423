"""Weave as a destination: what its own client sends to a service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec

import pytest
from span_records import ANSWER, HASH, TEMPLATE, call, step
from wandb_server import KEY, WandbServer

from otel_prompt import semconv
from otel_prompt.config import Settings
from otel_prompt.encoding import encode
from otel_prompt.errors import MissingExtraError
from otel_prompt.exporters import destination, sync
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.store import Store
from otel_prompt.exporters.weave import WeaveDestination
from otel_prompt.exporters.weave_objects import prompt_object, weave_template
from otel_prompt.invocation import PromptIdentity
from otel_prompt.runs import run_key
from otel_prompt.span_record import SpanEvent

pytestmark = [
    pytest.mark.skipif(find_spec("weave") is None, reason="weave is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def moment(nanoseconds):
    """A time as Weave is told it."""
    known = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=nanoseconds // 1000)
    return known.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture(scope="module")
def service():
    """A W&B and Weave service."""
    made = WandbServer()
    yield made
    made.stop()


@pytest.fixture
def server(service, monkeypatch):
    """The service, empty, and the key for it."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    service.fail = lambda path, body: None
    for held in (service.calls, service.feedback, service.objects, service.requests):
        held.clear()
    return service


@pytest.fixture
def make(server, tmp_path, request):
    """Make destinations, as processes that come one after the other would; their children are gone at the end."""

    def begin(**settings):
        given = {"store": tmp_path / "spans.db", "wandb_base_url": server.url, "weave_trace_server": server.url}
        found = WeaveDestination(Settings(**{**given, **settings}))
        request.addfinalizer(found.close)
        return found

    return begin


@pytest.fixture(scope="module")
def running(service, tmp_path_factory):
    """One destination for the tests that look at what is sent: starting Weave's library takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_API_KEY", KEY)
        found = WeaveDestination(
            Settings(
                store=tmp_path_factory.mktemp("weave") / "spans.db",
                wandb_base_url=service.url,
                weave_trace_server=service.url,
                exporters=("weave", "wandb"),
            )
        )
        found.open()
    yield found
    found.close()


def test_a_call_field_by_field(server, running):
    """Ids, exact times, inputs, output, usage, attributes, the prompt's reference, thread and run."""
    root = step(EXPERIMENT="stories")
    record = call(
        parent=root, RUN_STEP=4, EXPERIMENT="stories", EXPERIMENTER="grace", TAGS=["nightly"], USER_ID="ada",
        SESSION_ID="s-1", DATASET_NAME="cities", CACHE_READ_TOKENS=5, CACHE_WRITE_TOKENS=2,
        **{"otel_prompt.metadata.ticket": "T-1", "otel_prompt.link.jaeger": "http://j/1"},
    )  # fmt: skip
    running.deliver([[root, record]])
    first, second = server.calls
    (reference,) = server.objects
    assert second == {
        "place": "me/stories",
        "project_id": "me/stories",
        "id": record.span_id,
        "trace_id": record.trace_id,
        "parent_id": root.span_id,
        "op_name": "chat gpt-4o-mini",
        "display_name": "chat gpt-4o-mini",
        "started_at": moment(record.start),
        "ended_at": moment(record.end),
        "inputs": {
            "model": "gpt-4o-mini",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Summarize Rome"}],
            "prompt": f"weave:///me/stories/object/{reference}",
            "n": "9",
        },
        "output": {
            "id": record.span_id,
            "object": "chat.completion",
            "created": record.end // 10**9,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}],
        },
        "summary": {
            "usage": {
                "gpt-4o-mini-2024-07-18": {
                    "requests": 1, "prompt_tokens": 21, "completion_tokens": 12, "total_tokens": 33,
                    "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2,
                }
            },
            "weave": {"status": "success", "latency_ms": 900},
        },
        "attributes": {
            "ticket": "T-1",
            "kind": "llm",
            "operation_name": "chat",
            "provider": "openai",
            "model": "gpt-4o-mini-2024-07-18",
            "model_parameters": {"temperature": 0.2},
            "prompt": {
                "name": "summarize", "version": "1", "template": TEMPLATE, "template_hash": HASH,
                "variables": {"n": "9"},
            },
            "cost": {"input_usd": 0.25, "output_usd": 0.5, "total_usd": 0.75},
            "ttft_ms": 210,
            "tags": ["nightly"],
            "user_id": "ada",
            "session_id": "s-1",
            "experimenter": "grace",
            "experiment": "stories",
            "dataset": {"name": "cities"},
            "links": {"jaeger": "http://j/1"},
            "resource": {"service.name": "shop"},
        },
        "exception": None,
        "thread_id": "s-1",
        "turn_id": root.span_id,
        "wb_run_id": f"me/stories/{run_key(record)[:16]}",
        "wb_run_step": 4,
    }  # fmt: skip
    assert (first["inputs"], first["output"], first["attributes"]["kind"]) == ({"topic": "Rome"}, "It fell.", "chain")
    assert "usage" not in first["summary"]
    assert "parent_id" not in first


def test_steps_embeddings_and_failures(server, running):
    """A tool's arguments and result, dimensions, and why it failed."""
    root = step()
    tool = step("look_up", root, OPERATION=semconv.EXECUTE_TOOL, STEP_INPUT=None, STEP_OUTPUT=None,
                TOOL_ARGUMENTS='{"q": 1}', TOOL_RESULT='{"hits": 3}')  # fmt: skip
    found = step("find", root, OPERATION=semconv.RETRIEVAL, STEP_INPUT=encode("Rome"), STEP_OUTPUT='[{"id": 1}]')
    vectors = call(parent=root, OPERATION=semconv.EMBEDDINGS, EMBEDDING_DIMENSIONS=384, OUTPUT_MESSAGES=None)
    failed = call(parent=root, failed=True, ERROR_TYPE="timeout", OUTPUT_MESSAGES=None)
    failed.status_message = "slow"
    running.deliver([[root, tool, found, vectors, failed]])
    by_id = {each["id"]: each for each in server.calls}
    assert (by_id[tool.span_id]["inputs"], by_id[tool.span_id]["output"]) == ({"q": 1}, {"hits": 3})
    assert by_id[tool.span_id]["attributes"]["kind"] == "tool"
    assert by_id[found.span_id]["inputs"] == {"input": "Rome"}
    assert by_id[vectors.span_id]["output"] == {"dimensions": 384}
    assert (by_id[failed.span_id]["exception"], by_id[failed.span_id]["output"]) == ("timeout: slow", None)
    assert by_id[failed.span_id]["summary"]["weave"]["status"] == "error"


def test_scores_are_feedback(server, running):
    """A column of scores, a person's note; each once, whenever it comes."""
    record = call()
    running.deliver([[record]])
    held = {
        semconv.EVALUATION_NAME: "how good", semconv.EVALUATION_VALUE: 0.5, semconv.EVALUATION_EXPLANATION: "short",
        semconv.EVALUATION_SOURCE_TYPE: "human", semconv.EVALUATION_SOURCE_ID: "ada",
    }  # fmt: skip
    record.events.append(SpanEvent(semconv.EVALUATION_EVENT, record.end, held))
    running.deliver([[record]])
    running.deliver([[record]])
    score, note = server.feedback
    about = {
        "project_id": "me/otel-prompt",
        "weave_ref": f"weave:///me/otel-prompt/call/{record.span_id}",
        "creator": "ada",
    }
    told = {"value": 0.5, "explanation": "short", "source": "human"}
    assert score == score | about | {"feedback_type": "wandb.runnable.how-good", "payload": {"output": told}}
    assert note == note | about | {"feedback_type": "wandb.note.1", "payload": {"note": "short"}}
    assert len(server.calls) == 1


def test_a_prompt_is_published_as_the_library_does_it():
    """The object is that of ``weave.publish``, of a text and of a chat."""
    program = """
import json, weave
from weave.trace.serialization.serialize import to_json
from weave.trace.object_record import pydantic_object_record
from weave.trace.weave_client import map_to_refs
class Client: project = "p"
for prompt in (weave.StringPrompt("Hi {name}"), weave.MessagesPrompt([{"role": "user", "content": "Hi {name}"}])):
    print(json.dumps(to_json(map_to_refs(pydantic_object_record(prompt)), "me/p", None)))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    text, chat = (json.loads(line) for line in done.stdout.splitlines())
    assert prompt_object(PromptIdentity("p", template="Hi {{name}}")) == text
    template = encode([{"role": "user", "content": "Hi {{ name }}"}])
    assert prompt_object(PromptIdentity("p", template=template)) == chat


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hi {{ name }}", "Hi {name}"),
        ('Answer {"q": "{{q}}"}', 'Answer {{"q": "{q}"}}'),
        ("Hi {name}", "Hi {name}"),
        ("no variable", "no variable"),
    ],
)
def test_templates_in_weaves_own_notation(template, expected):
    """Weave formats as Python does: other braces are doubled."""
    assert weave_template(template) == expected


def test_what_is_delivered_again_changes_nothing(server, make):
    """By the same process and by the next; a late span is added."""
    root, first = step(), call()
    first.trace_id, first.parent_id = root.trace_id, root.span_id
    here = make(weave_project="team/all")
    here.deliver([[root]])
    here.deliver([[root, first]])
    here.close()
    make(weave_project="team/all").deliver([[root, first]])
    assert [each["id"] for each in server.calls] == [root.span_id, first.span_id]
    assert {each["place"] for each in server.calls} == {"team/all"}
    assert "wb_run_id" not in server.calls[1]


@pytest.mark.parametrize("stored", [True, False], ids=["after", "before"])
def test_killed_while_it_writes(server, make, stored):
    """Killed before or after the service has the calls: delivered again, each is there once."""
    record, here = call(), make()

    def kill(path, body):
        if path.endswith("/calls/complete"):
            server.fail = lambda path, body: None
            if stored:
                server.result(path, body.encode())
            here._apart._child.process.kill()
            return 500
        return None

    server.fail = kill
    with pytest.raises(DeliveryError, match="ended without a word"):
        here.deliver([[record]])
    make().deliver([[record]])
    assert [each["id"] for each in server.calls] == [record.span_id]


def test_a_service_that_stumbles_and_one_that_is_down(server, make):
    """429 and 500 that pass are the client's own business; one that stays is one sentence, and loses nothing."""
    refused = []

    def stumble(path, body):
        if path.endswith("/calls/complete") and len(refused) < 2:
            refused.append(path)
            return 429 if len(refused) == 1 else 500
        return None

    server.fail = stumble
    here, record = make(), call()
    here.deliver([[record]])
    assert (len(server.calls), len(refused)) == (1, 2)
    server.fail = lambda path, body: 503 if path.endswith("/calls/complete") else None
    other = call()
    with pytest.raises(DeliveryError, match="has not taken it") as caught:
        here.deliver([[record], [other]])
    assert "\n" not in str(caught.value)
    server.fail = lambda path, body: None
    here.deliver([[record], [other]])
    assert [each["id"] for each in server.calls] == [record.span_id, other.span_id]


@pytest.mark.parametrize(("key", "sentence"), [("f" * 40, "does not accept the API key"), (None, "has no API key")])
def test_a_key_that_does_not_open(make, monkeypatch, tmp_path, key, sentence):
    """Said in one sentence."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("WANDB_API_KEY") if key is None else monkeypatch.setenv("WANDB_API_KEY", key)
    with pytest.raises(DeliveryError, match=sentence) as caught:
        make().open()
    assert "\n" not in str(caught.value)


def test_without_the_library(make, monkeypatch, tmp_path):
    """The sentence names the extra."""
    (tmp_path / "weave.py").write_text("raise ModuleNotFoundError(\"No module named 'weave'\", name='weave')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"pip install 'otel-prompt\[weave\]'"):
        make().open()


def test_from_the_store_to_the_service(server, tmp_path):
    """``sync`` by the name under which it waits; our own names in the environment are read."""
    os.environ |= {"WANDB_BASE_URL": server.url, "WF_TRACE_SERVER_URL": server.url}
    from otel_prompt.config import load

    settings = load({"store": tmp_path / "spans.db"})
    store = Store(settings.store)
    here = destination("weave", settings)
    store.write([step(), call()], [here.name])
    (name,) = store.outbox.waiting()
    assert name == f"weave {server.url}"
    there = destination(name, settings)
    (result,) = sync(store, [there])
    there.close()
    assert (result.error, result.left) == (None, 0)
    assert len(server.calls) == 2
    store.close()
