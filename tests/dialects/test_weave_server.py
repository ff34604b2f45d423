"""What Weave's own server makes of its dialect: the parser of weave 0.52.39, the last release that has it."""

from __future__ import annotations

import json
import subprocess

import pytest
from cached_environment import python_with
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from span_records import call, step

from otel_prompt import semconv
from otel_prompt.dialects.weave import weave
from otel_prompt.encoding import encode
from otel_prompt.exporters.otlp_spans import to_sdk

pytestmark = pytest.mark.e2e
PARSER = """
import json, sys
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from weave.trace_server.opentelemetry.python_spans import Span
request = ExportTraceServiceRequest.FromString(sys.stdin.buffer.read())
spans = [span for r in request.resource_spans for s in r.scope_spans for span in s.spans]
calls = [Span.from_proto(span).to_call("team/shop") for span in spans]
dumped = [{**end.model_dump(mode="json"), **start.model_dump(mode="json")} for start, end in calls]
print(json.dumps([{k: v for k, v in d.items() if k != "otel_dump"} for d in dumped], default=str))
"""


@pytest.fixture(scope="module")
def python():
    """A Python with Weave's server in it."""
    return python_with("weave", "weave==0.52.39", "opentelemetry-proto")


def parsed(python, *records, dialect=weave):
    """The calls that Weave makes of records."""
    body = encode_spans([to_sdk(dialect(record), {}) for record in records]).SerializeToString()
    done = subprocess.run([str(python), "-W", "ignore", "-c", PARSER], input=body, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_call(python):
    """Inputs, outputs, usage, the prompt, the run and the turn."""
    root = step(SESSION_ID="s")
    record = call(
        parent=root,
        RUN_KEY="ab" * 32,
        RUN_STEP=4,
        TAGS=["a"],
        CACHE_READ_TOKENS=5,
        CACHE_WRITE_TOKENS=2,
        SESSION_ID="s",
    )
    outer, inner = parsed(python, root, record)
    assert inner["inputs"]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert inner["inputs"]["messages"][1] == {"role": "user", "content": "Summarize Rome"}
    assert inner["output"]["choices"][0]["message"]["role"] == "assistant"
    (usage,) = inner["summary"]["usage"].values()
    assert {"input_tokens": 21, "output_tokens": 12, "total_tokens": 33}.items() <= usage.items()
    assert {"cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}.items() <= usage.items()
    attributes = inner["attributes"]
    assert {"name": "summarize", "version": "1"}.items() <= attributes["prompt"].items()
    assert attributes["cost"] == {"input_usd": 0.25, "output_usd": 0.5, "total_usd": 0.75}
    assert (attributes["tags"], attributes["ttft_ms"], attributes["kind"]) == (["a"], 210.0, "llm")
    assert (inner["wb_run_id"], inner["wb_run_step"]) == ("team/shop:" + "ab" * 8, 4)
    assert (inner["id"], inner["trace_id"], inner["parent_id"]) == (record.span_id, record.trace_id, root.span_id)
    assert (outer["thread_id"], outer["turn_id"]) == ("s", root.span_id)
    assert (inner["thread_id"], inner["turn_id"]) == ("s", None)
    assert outer["inputs"] == {"topic": "Rome"}


def test_without_its_dialect_the_prompt_is_taken_for_the_input(python):
    """Why there are dialects: the canonical span as it is."""
    (found,) = parsed(python, call(), dialect=lambda record: record)
    assert found["inputs"] == {"gen_ai.prompt": {"name": "summarize", "version": "1", "variable": {"n": "9"}}}


def test_an_error(python):
    """The status message is all that it shows."""
    record = call(failed=True, **{semconv.ERROR_TYPE: "RateLimitError"})
    (found,) = parsed(python, record)
    assert found["exception"] == "RateLimitError"


def test_a_text_for_an_output(python):
    """A step may give a text."""
    (found,) = parsed(python, step(STEP_INPUT=encode({"a": 1}), STEP_OUTPUT=encode("It fell.")))
    assert (found["inputs"], found["output"]) == ({"a": 1}, "It fell.")
