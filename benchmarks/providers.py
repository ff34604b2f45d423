"""What tracing adds to a chat of each client that is installed: the caller's CPU, beside a span written by hand.

python benchmarks/providers.py          a table
python benchmarks/providers.py --json   the figures alone

The services are the doubles of the tests, inside this process. What is measured is a call with the patch on, beyond the
same call with it in place and switched off; rounds of both alternate, and the medians over the rounds count.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
warnings.simplefilter("ignore")

ROUNDS, CALLS, UNCOUNTED = 30, 12, 2
Figures = dict[str, dict[str, float]]


def median_call(call: Callable[[], Any]) -> float:
    """Microseconds of CPU of this thread for a call; the first of a round find cold caches, and do not count."""
    taken: list[float] = []
    for _ in range(CALLS):
        began = time.thread_time_ns()
        call()
        taken.append((time.thread_time_ns() - began) / 1000)
    return statistics.median(taken[UNCOUNTED:])


def whole(endpoint: Any, client: Any) -> list[Any]:
    """All chunks of a stream."""
    return list(endpoint.stream(client))


def measure() -> Figures:
    """By client: a call without us, what a chat and a whole stream of one cost more, and a span by hand."""
    from endpoint import answered, streamed
    from every_endpoint import CHATS
    from openai_double import Service
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    import otel_prompt

    class NoExport(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            del spans
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NoExport()))
    otel_prompt.instrument(tracer_provider=provider)
    patches: list[Any] = otel_prompt.pipeline._patches
    tracer = provider.get_tracer("hand")

    def by_hand() -> None:
        with tracer.start_as_current_span("chat", attributes={f"a{n}": "v" for n in range(5)}) as span:
            for n in range(13):
                span.set_attribute(f"b{n}", n)
            span.set_attribute("input", "x" * 1900)
            span.set_attribute("output", "y" * 300)

    found: Figures = {}
    for endpoint in CHATS:
        rounds: dict[str, list[float]] = {}
        for name, answer in (("chat", answered), ("stream", streamed)):
            # One after the other: Hugging Face's clients have one connection, which is the last one made.
            client = Service().answer(answer(endpoint)).client(sdk=endpoint.module)
            way = partial(endpoint.call if name == "chat" else partial(whole, endpoint), client)
            for turn in range(ROUNDS):
                taken: dict[bool, float] = {}
                for active in (True, False) if turn % 2 else (False, True):
                    for patch in patches:
                        patch.active = active
                    taken[active] = median_call(way)
                rounds.setdefault(f"bare {name}", []).append(taken[False])
                rounds.setdefault(name, []).append(taken[True] - taken[False])
                rounds.setdefault("floor", []).append(median_call(by_hand))
        found[endpoint.client or endpoint.sdk] = {name: statistics.median(each) for name, each in rounds.items()}
    return found


def main() -> None:
    """Print the figures."""
    found = measure()
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    print("| client | bare chat | chat adds | x a span by hand | bare stream | stream adds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, it in found.items():
        ratio = it["chat"] / it["floor"]
        figures = [it["bare chat"], it["chat"], ratio, it["bare stream"], it["stream"]]
        print(f"| {name} | " + " | ".join(f"{x:.1f}" if x < 10 else f"{x:.0f}" for x in figures) + " |")


if __name__ == "__main__":
    main()
