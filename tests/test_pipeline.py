"""``instrument()`` and ``uninstrument()``, each in a process of its own: a global provider is set once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from otel_prompt.providers import REGISTRY

PREAMBLE = """
import importlib, openai, otel_prompt
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
http = importlib.import_module("httpx2" if openai.__version__ >= "3" else "httpx")
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [
    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}
def call():
    transport = http.MockTransport(lambda request: http.Response(200, json=ANSWER))
    client = openai.OpenAI(api_key="k", http_client=http.Client(transport=transport))
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}])
def provider():
    exporter, made = InMemorySpanExporter(), TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, made
def stored():
    from otel_prompt.exporters.store import Store
    from otel_prompt.config import load
    trace.get_tracer_provider().force_flush()
    store = Store(load(strict=False).store)
    found = store.spans()
    store.close()
    return found
"""


@pytest.fixture
def run(tmp_path):
    """Run a program after the preamble; gives what it printed and what it said on standard error."""
    pytest.importorskip("openai")

    def run(program, **environment):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PREAMBLE + program],
            env={**os.environ, "OTEL_PROMPT_STORE": str(tmp_path / "spans.db"), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr.strip()

    return run


def test_by_default(run):
    """Called twice or once, a call is one span in the store; undone, the classes are as they were."""
    said = run(
        """
before = dict(vars(openai.OpenAI)), dict(vars(openai.AsyncOpenAI))
otel_prompt.instrument(); otel_prompt.instrument()
call()
print([span.name for span in stored()])
otel_prompt.uninstrument()
call()
print((dict(vars(openai.OpenAI)), dict(vars(openai.AsyncOpenAI))) == before)
otel_prompt.instrument()
call()
print(len(stored()))
"""
    )
    assert said == ("['chat gpt-4o']\nTrue\n2", "")


def test_imported_afterwards(run):
    """A client that is imported later is instrumented then; undone before, it is not."""
    said = run(
        """
import subprocess, sys
late = '''
import sys, otel_prompt
otel_prompt.instrument()
if sys.argv[1] == "undo": otel_prompt.uninstrument()
import openai
print("request" in vars(openai.OpenAI))
'''
for word in ("stay", "undo"):
    print(subprocess.run([sys.executable, "-c", late, word], capture_output=True, text=True).stdout.strip())
"""
    )
    assert said == ("True\nFalse", "")


def test_imported_at_the_same_time(run):
    """Another thread is in the middle of the import: the client is instrumented when that is done."""
    said = run(
        """
import subprocess, sys
racing = '''
import sys, threading, otel_prompt
thread = threading.Thread(target=__import__, args=("openai",))
thread.start()
while "openai" not in sys.modules: pass
otel_prompt.instrument()
thread.join()
import openai
print("request" in vars(openai.OpenAI))
'''
done = subprocess.run([sys.executable, "-c", racing], capture_output=True, text=True)
print(done.stdout.strip(), done.stderr.strip())
"""
    )
    assert said == ("True", "")


def test_a_given_provider(run):
    """It is used as it is: nothing is added, no global is set, nothing is stored."""
    said = run(
        """
import os
exporter, given = provider()
processors = len(given._active_span_processor._span_processors)
otel_prompt.instrument(tracer_provider=given)
call()
print(len(exporter.get_finished_spans()), len(given._active_span_processor._span_processors) - processors)
print(type(trace.get_tracer_provider()).__name__, os.path.exists(os.environ["OTEL_PROMPT_STORE"]))
"""
    )
    assert said == ("1 0\nProxyTracerProvider False", "")


def test_the_applications_provider(run):
    """Ours is added to the one that is set, which stays; spans of others are marked with what surrounds them."""
    said = run(
        """
exporter, theirs = provider()
trace.set_tracer_provider(theirs)
otel_prompt.instrument()
with otel_prompt.attributes(user="u"):
    with trace.get_tracer("web").start_as_current_span("request"):
        call()
print(trace.get_tracer_provider() is theirs, [(s.name, s.attributes["user.id"]) for s in exporter.get_finished_spans()])
print(sorted(span.name for span in stored()))
otel_prompt.uninstrument()
otel_prompt.instrument()
print(len(theirs._active_span_processor._span_processors))
"""
    )
    assert said == (
        "True [('chat gpt-4o', 'u'), ('request', 'u')]\n['chat gpt-4o', 'request']\n2",
        "",
    )


def test_a_provider_that_is_set_afterwards(run):
    """It is not refused: calls, steps and the application's own spans go to it from then on, and to the store."""
    said = run(
        """
otel_prompt.instrument()
early = trace.get_tracer("a module that was imported early")
call()
exporter, theirs = provider()
trace.set_tracer_provider(theirs)
@otel_prompt.step
def work():
    return call()
with early.start_as_current_span("request"):
    work()
print(trace.get_tracer_provider() is theirs, [s.name for s in exporter.get_finished_spans()])
otel_prompt.uninstrument()
print(sorted(span.name for span in stored()))
call()
print(len(exporter.get_finished_spans()))
otel_prompt.instrument()
call()
print(len(exporter.get_finished_spans()), len(stored()))
"""
    )
    assert said == (
        "True ['chat gpt-4o', 'work', 'request']\n['chat gpt-4o', 'chat gpt-4o', 'request', 'work']\n3\n4 5",
        "",
    )


def test_a_provider_is_replaced_once(run):
    """What OpenTelemetry says of a second one, it says as without us."""
    printed, said = run(
        """
otel_prompt.instrument()
first, second = provider()[1], provider()[1]
trace.set_tracer_provider(first); trace.set_tracer_provider(second)
print(trace.get_tracer_provider() is first)
"""
    )
    assert printed == "True"
    assert said == "Overriding of current TracerProvider is not allowed"


def test_where_no_provider_is_ever_set(run):
    """Ours stands in: the application's own spans are there beside the calls."""
    said = run(
        """
early = trace.get_tracer("early")
otel_prompt.instrument()
with early.start_as_current_span("early"), trace.get_tracer("late").start_as_current_span("late"):
    call()
print(sorted(span.name for span in stored()))
"""
    )
    assert said == ("['chat gpt-4o', 'early', 'late']", "")


def test_disabled(run):
    """``OTEL_SDK_DISABLED`` leaves everything alone."""
    said = run("otel_prompt.instrument(); print('request' in vars(openai.OpenAI))", OTEL_SDK_DISABLED="true")
    assert said == ("False", "")


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (
            "clients=['opnai', 'openai']",
            {},
            f"there is no client 'opnai'; there are: {', '.join(sorted(REGISTRY))}.",
        ),
        ("exporters=['stoer', 'store']", {}, "there is no exporter 'stoer', which the setting exporters names"),
        ("exporters=['stoer']", {}, "Spans go to the local store instead"),
        ("", {"OTEL_TRACES_EXPORTER": "jager"}, "there is no exporter 'jager', which OTEL_TRACES_EXPORTER names"),
        ("", {"OTEL_PROMPT_REDDACT": "false"}, "did you mean OTEL_PROMPT_REDACT?"),
        ("colour='red'", {}, "colour = 'red' in the arguments is not usable: there is no setting of that name"),
        ("", {"OTEL_PROMPT_RUN_PER": "week"}, "OTEL_PROMPT_RUN_PER = 'week' in the environment is not usable"),
        ("", {"OTEL_PROMPT_EXPORTERS": "zipkin,store"}, "there is no exporter 'zipkin'"),
        ("", {"OTEL_BSP_MAX_QUEUE_SIZE": "100"}, "the OTEL_BSP_* variables in the environment cannot be used"),
    ],
)
def test_what_cannot_be(run, arguments, environment, sentence):
    """One sentence, and the rest is done: the application runs, and is traced."""
    printed, said = run(f"otel_prompt.instrument({arguments}); call(); print(len(stored()))", **environment)
    assert printed == "1"
    assert sentence in said
    assert said.count("\n") == 0
    assert "Traceback" not in said


def test_a_store_that_cannot_be_written(run):
    """One warning; the call returns what it returns."""
    printed, said = run(
        "otel_prompt.instrument(); print(call().id); trace.get_tracer_provider().force_flush()",
        OTEL_PROMPT_STORE="/proc/nowhere/spans.db",
    )
    assert printed == "c"
    assert "the store /proc/nowhere/spans.db cannot be" in said
    assert "Traceback" not in said


ENDING = """
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
chunks = [{**ANSWER, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "half"}}]}] * 3
events = "".join(f"data: {json.dumps(chunk)}\\n\\n" for chunk in chunks).encode()
def answer(request):
    kind = {"content-type": "text/event-stream"}
    return http.Response(200, headers=kind, stream=http.ByteStream(events))
client = openai.OpenAI(api_key="k", http_client=http.Client(transport=http.MockTransport(answer)))
otel_prompt.instrument(exporters=["console"])
asked = dict(model="gpt-4o", messages=[{"role": "user", "content": "hello"}], stream=True)
"""

RAW = """
held = client.chat.completions.with_raw_response.create(**asked)
pieces = held.http_response.iter_bytes(60)
for _ in range(5): next(pieces)
"""


@pytest.mark.parametrize(
    ("opened", "output"),
    [
        ("held = client.chat.completions.create(**asked); next(held)", "half"),
        (RAW, "half"),
        ("gives = otel_prompt.step(lambda: (yield 'half')); held = gives(); next(held)", None),
    ],
    ids=["stream", "raw", "step"],
)
@pytest.mark.parametrize("end", ["", "sys.exit()", "pid = os.fork()\nif pid: os.waitpid(pid, 0)"])
def test_what_is_open_when_the_process_ends(opened, output, end, run):
    """One span, with what has come, that says it was cut short; none from a forked child, whose it is not."""
    printed, said = run(f"import json, os, sys{ENDING}{opened}\n{end}")
    assert printed.count('"trace_id"') == 1
    assert '"otel_prompt.cut_short": true' in printed
    assert output is None or output in printed
    assert "otel" not in said  # the SDK's own generator complains there, with us and without


def test_a_folder_that_is_gone(run):
    """A service may outlive the folder that it was started in."""
    said = run(
        """
import os, tempfile
os.chdir(folder := tempfile.mkdtemp()); os.rmdir(folder)
otel_prompt.instrument(); call()
print(len(stored()))
"""
    )
    assert said == ("1", "")


def test_an_exporter_that_is_not_installed(run):
    """One sentence, and the others get the spans."""
    printed, said = run(
        """
import sys
sys.modules["opentelemetry.exporter.otlp.proto.http.trace_exporter"] = None
otel_prompt.instrument(exporters=["otlp", "store"]); call()
print(len(stored()))
"""
    )
    assert printed == "1"
    assert said.startswith("otel-prompt: the exporter 'otlp' cannot be set up, so nothing is sent there: ")
    assert said.count("\n") == 0


def test_instrumented_again_it_is_as_the_new_settings_say(run):
    """Where the first settings sent spans, the second do not name: nothing goes there any more."""
    out, _ = run(
        """
from otel_prompt.exporters.recording import recording
from otel_prompt.exporters.store import Store
from otel_prompt.config import load
otel_prompt.instrument(exporters=["mlflow"], mlflow_tracking_uri="http://127.0.0.1:9", exit_seconds=0.2)
call()
otel_prompt.uninstrument()
otel_prompt.instrument(exporters=["store"], exit_seconds=0.1)
call()
print(len(stored()), Store(load().store).outbox.waiting(), recording(load()).settings.exit_seconds)
"""
    )
    assert out == "2 {'mlflow http://127.0.0.1:9': 1} 0.1"


def test_a_flush_hands_on_what_the_store_has(run):
    """A function that is frozen after its answer flushes its provider: by then each destination has its traces."""
    out, err = run(
        """
from otel_prompt.config import load
from otel_prompt.exporters.recording import recording
from otel_prompt.exporters.selection import Filter
otel_prompt.instrument()
class Tracker:
    name, batch, gather_seconds, busy, taken = "tracker here", 50, 0, False, 0
    wanted, judgements_alone = Filter(), False
    def open(self): pass
    def close(self): pass
    def deliver(self, traces): self.taken += len(traces)
tracker = Tracker()
recording(load()).deliver_to(tracker)
call()
print(trace.get_tracer_provider().force_flush(), tracker.taken)
"""
    )
    assert (out, err) == ("True 1", "")


def test_a_span_is_soon_in_the_store(run):
    """What a process that is killed can lose is half a second old, unless the environment says otherwise."""
    program = """
import time
from otel_prompt.exporters.store import Store
from otel_prompt.config import load
otel_prompt.instrument()
call()
began = time.monotonic()
while not Store(load().store).path.exists() or not Store(load().store).count():
    if time.monotonic() - began > {limit}: break
    time.sleep(0.02)
print(time.monotonic() - began < {limit})
import os; os._exit(0)
"""
    assert run(program.format(limit=4))[0] == "True"


def test_the_environment_says_how_soon(run):
    """A delay that the user sets is the user's."""
    program = """
import time, os
from otel_prompt.exporters.store import Store
from otel_prompt.config import load
otel_prompt.instrument()
call()
time.sleep(1)
print(Store(load().store).path.exists())
os._exit(0)
"""
    assert run(program, OTEL_BSP_SCHEDULE_DELAY="60000")[0] == "False"
