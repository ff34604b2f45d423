"""What tracing itself takes when all is hot: the seam in a tight loop around an answer that is there already.

python benchmarks/tight_loop.py

No client, no HTTP and no parsing stand between two calls, so that the caches hold nothing else. What is left is the
work of a span by hand, and of otel-prompt. ``overhead.py`` measures the same in real calls.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

MODES = ("on", "metrics", "unsampled")
MESSAGES = [{"role": "system", "content": "x" * 900}, {"role": "user", "content": "y" * 1000}]
ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi " * 100}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
}


def fastest(call: Callable[[], Any], calls: int = 4_000, repeats: int = 9) -> float:
    """Microseconds of CPU for a call: the least of some repeats, which other work on the machine spares."""
    found: list[float] = []
    for _ in range(repeats):
        began = time.thread_time()
        for _ in range(calls):
            call()
        found.append((time.thread_time() - began) / calls * 1e6)
    return min(found)


def measure(mode: str) -> dict[str, float]:
    """A span by hand and a traced chat, in this process."""
    import openai
    from openai._models import FinalRequestOptions
    from openai.types.chat import ChatCompletion
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    class NoExport(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            del spans
            return SpanExportResult.SUCCESS

    answer = ChatCompletion.model_validate(ANSWER)
    openai.OpenAI.request = lambda *_, **__: answer  # type: ignore[method-assign]
    import otel_prompt

    provider = TracerProvider(sampler=ALWAYS_OFF if mode == "unsampled" else ALWAYS_ON)
    provider.add_span_processor(BatchSpanProcessor(NoExport()))
    meters = MeterProvider([InMemoryMetricReader()]) if mode == "metrics" else None
    otel_prompt.instrument(tracer_provider=provider, meter_provider=meters)
    client: Any = openai.OpenAI(api_key="k")
    body = {"model": "gpt-4o", "messages": MESSAGES, "temperature": 0.2, "max_tokens": 100, "stream": False}
    options = FinalRequestOptions(method="post", url="/chat/completions", json_data=body)
    tracer, asked, said = provider.get_tracer("hand"), json.dumps(MESSAGES), json.dumps(ANSWER["choices"])

    def by_hand() -> None:
        with tracer.start_as_current_span("chat gpt-4o", attributes={f"a{n}": "v" for n in range(5)}) as span:
            for n in range(13):
                span.set_attribute(f"b{n}", n)
            span.set_attribute("input", asked)
            span.set_attribute("output", said)

    time.sleep(1)  # the table of prices is read in the background
    return {"floor": fastest(by_hand), "chat": fastest(lambda: client.request(ChatCompletion, options))}


def main() -> None:
    """Each mode in a process of its own."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    print("| mode | a span by hand, us | a chat, us | ratio |\n| --- | --- | --- | --- |")
    for mode in MODES:
        done = subprocess.run([sys.executable, __file__, mode], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        print(f"| {mode} | {found['floor']:.1f} | {found['chat']:.1f} | {found['chat'] / found['floor']:.2f} |")


if __name__ == "__main__":
    main()
