"""A program that has its own OpenTelemetry set-up keeps it: spans go where its provider sends them, and only there.

python examples/own_provider.py
"""

import os

from openai import OpenAI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_prompt

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
otel_prompt.instrument(tracer_provider=provider)

answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": "Name a star."}],
    max_tokens=20,
)
print(answer.choices[0].message.content)
for span in memory.get_finished_spans():
    print(span.name, span.attributes["gen_ai.usage.output_tokens"], "tokens")
