"""A chat, an embedding and a stream, seen by us and by another instrumentation: prints the spans that are left.

Run in an environment of its own by test_two_instrumentations.py, with ``openinference ours-last`` for example.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import openai_double as double
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)

import otel_prompt
from otel_prompt import semconv
from otel_prompt.exporters.sdk_spans import to_record
from otel_prompt.runs import is_call
from otel_prompt.same_call import Calls

MODULES = {
    "openinference": "openinference.instrumentation.openai",
    "openllmetry": "opentelemetry.instrumentation.openai",
}
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    "usage": USAGE,
}
EMBEDDING = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
    "usage": {"prompt_tokens": 11, "total_tokens": 11},
}


def chunk(**more):
    """A chunk of a streamed chat."""
    return {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [],
        **more,
    }


CHUNKS = (
    chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]),
    chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    chunk(usage=USAGE),
)


class Reader(SpanExporter):
    """Reads spans as it is given them."""

    def __init__(self):
        self.calls, self.records = Calls(), []

    def export(self, spans):
        """Read some spans."""
        self.records += self.calls.owned([to_record(span) for span in spans])
        return SpanExportResult.SUCCESS

    @property
    def told(self):
        """What there is to say of each span."""
        return [
            {
                "operation": r.operation,
                "scope": r.scope,
                "call": is_call(r),
                "prompt": r.attributes.get(semconv.PROMPT_NAME),
                "input": r.attributes.get(semconv.INPUT_TOKENS),
                "output": r.attributes.get(semconv.OUTPUT_TOKENS),
            }
            for r in self.records
        ]


def main(which, order):
    """Make the calls."""
    apart, together = Reader(), Reader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(apart))
    provider.add_span_processor(BatchSpanProcessor(together))
    trace.set_tracer_provider(provider)
    other = import_module(MODULES[which]).OpenAIInstrumentor()
    steps = [
        lambda: other.instrument(tracer_provider=provider),
        lambda: otel_prompt.instrument(clients=["openai"], exporters=["none"]),
    ]
    for step in steps if order == "ours-last" else steps[::-1]:
        step()
    service = double.Service()
    client = service.client()
    messages = [{"role": "user", "content": otel_prompt.Prompt("greet", "Say hi", version="1").render()}]
    service.answer(double.reply(CHAT))
    client.chat.completions.create(model="gpt-4o", messages=messages)
    service.answer(double.reply(EMBEDDING))
    client.embeddings.create(model="text-embedding-3-small", input=["one"], encoding_format="float")
    service.answer(double.stream(*CHUNKS, "[DONE]"))
    list(client.chat.completions.create(model="gpt-4o", messages=messages, stream=True))
    provider.force_flush()
    sys.stdout.write(json.dumps({"apart": apart.told, "together": together.told}) + "\n")


main(*sys.argv[1:])
