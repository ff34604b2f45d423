"""One process of the benchmark: measure one tool in one mode, print JSON. Started by overhead.py."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from typing import Any

import _tools
import _wire
import openai
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import SpanKind

CONCURRENT, BIG = 50, 2_000_000
Sample = tuple[int, ...]
Arm = Callable[[], Sample]
now = time.thread_time_ns


class NoExport(SpanExporter):
    """Takes spans and forgets them."""

    def export(self, spans: Any) -> SpanExportResult:
        del spans
        return SpanExportResult.SUCCESS


class Seams:
    """What the tool has put in place of the openai package's methods, taken out again for a reference client.

    The reference runs in the same process, at the same time, on the same code: its client and resources are of
    subclasses that hold the methods as they were. Nothing is patched and unpatched between rounds, which would empty
    the interpreter's inline caches again and again.
    """

    def __init__(self) -> None:
        client, other = openai.OpenAI(api_key="none"), openai.AsyncOpenAI(api_key="none")
        objects = (client, other, client.chat.completions, other.chat.completions)
        self.before = {cls: dict(vars(cls)) for o in objects for cls in type(o).__mro__[:-1]}

    def reference(self, cls: type) -> type:
        bases = cls.__mro__[:-1]
        changed = {n for base in bases for n, v in vars(base).items() if self.before[base].get(n) is not v}
        original = {n: v for base in reversed(bases) for n, v in self.before[base].items()}
        held = {n: original[n] for n in changed if n in original}
        return type(cls.__name__, (cls,), held)


class Client:
    """The calls of the cases, by a client that is traced or, given ``seams``, by the reference."""

    def __init__(self, seams: Seams | None = None) -> None:
        as_it_was = seams.reference if seams is not None else lambda cls: cls
        client = as_it_was(openai.OpenAI)(api_key="none", http_client=_wire.client())
        other = as_it_was(openai.AsyncOpenAI)(api_key="none", http_client=_wire.async_client())
        self.completions = as_it_was(type(client.chat.completions))(client)
        self.async_completions = as_it_was(type(other.chat.completions))(other)

    def chat(self, messages: Any = _wire.MESSAGES) -> Any:
        return self.completions.create(messages=messages, **_wire.PARAMETERS)

    def stream(self) -> Any:
        return self.completions.create(
            messages=_wire.MESSAGES, stream=True, stream_options={"include_usage": True}, **_wire.PARAMETERS
        )

    def timed_chat(self, messages: Any = _wire.MESSAGES) -> Sample:
        start = now()
        self.chat(messages)
        return (now() - start,)

    def timed_stream(self) -> Sample:
        """(all of it, to the first chunk, the median of the chunks after that)."""
        start = now()
        times = [now() for _ in self.stream()]
        end = now()
        gaps = [b - a for a, b in pairwise(times)]
        return end - start, times[0] - start, int(statistics.median(gaps))

    async def _gather(self) -> None:
        create = self.async_completions.create
        await asyncio.gather(*(create(messages=_wire.MESSAGES, **_wire.PARAMETERS) for _ in range(CONCURRENT)))

    def timed_async(self, loop: asyncio.AbstractEventLoop) -> Sample:
        start = now()
        loop.run_until_complete(self._gather())
        return ((now() - start) // CONCURRENT,)


class Hand:
    """The floor: the same call inside a span written by hand, 20 attributes, two of them JSON of the messages.

    What a sampler needs is given at the start of the span, what only the answer tells is set at its end.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tracer = trace.get_tracer("by-hand")
        self.input = json.dumps(_wire.MESSAGES)
        self.output = json.dumps([_wire.ANSWER])

    def prebuilt(self) -> Sample:
        start = now()
        with self.tracer.start_as_current_span(
            "chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=_wire.AT_START
        ) as s:
            self.client.chat()
            s.set_attributes(
                {**_wire.AT_END, "gen_ai.input.messages": self.input, "gen_ai.output.messages": self.output}
            )
        return (now() - start,)

    def dumped(self) -> Sample:
        start = now()
        with self.tracer.start_as_current_span(
            "chat gpt-4o-mini", kind=SpanKind.CLIENT, attributes=_wire.AT_START
        ) as s:
            answer = self.client.chat()
            said = answer.choices[0].message
            s.set_attributes(
                {
                    **_wire.AT_END,
                    "gen_ai.input.messages": json.dumps(_wire.MESSAGES),
                    "gen_ai.output.messages": json.dumps([{"role": said.role, "content": said.content}]),
                }
            )
        return (now() - start,)


def compare(arms: dict[str, Arm], rounds: int, calls: int) -> dict[str, list[float]]:
    """What each arm takes beyond ``bare``, in us: the median over rounds of the difference of the rounds' medians.

    An arm makes half as many calls again before those that count, so that every arm is seen in its own steady state.
    """
    names = list(arms)
    medians: dict[str, list[Sample]] = {name: [] for name in names}
    for turn in range(-2, rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            samples = [arms[name]() for _ in range(calls + (calls + 1) // 2)][(calls + 1) // 2 :]
            if turn >= 0:
                medians[name].append(tuple(statistics.median(column) for column in zip(*samples)))
    found = {"bare": [statistics.median(column) / 1000 for column in zip(*medians["bare"])]}
    for name in names[1:]:
        differences = [[a - b for a, b in zip(*pair)] for pair in zip(medians[name], medians["bare"])]
        found[name] = [statistics.median(column) / 1000 for column in zip(*differences)]
    return found


class Seen(SpanProcessor):
    """Counts the spans."""

    count = 0

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        del span, parent_context
        self.count += 1


def pipeline(mode: str) -> Seen:
    """The application's own OpenTelemetry: a batch processor, an exporter that does nothing; a meter if asked."""
    resource = Resource.create({"service.name": "benchmark"})
    provider = TracerProvider(sampler=ALWAYS_OFF if mode == "unsampled" else ALWAYS_ON, resource=resource)
    provider.add_span_processor(BatchSpanProcessor(NoExport(), max_queue_size=100_000))
    provider.add_span_processor(seen := Seen())
    trace.set_tracer_provider(provider)
    if mode == "metrics":
        metrics.set_meter_provider(MeterProvider([InMemoryMetricReader()], resource=resource))
    return seen


def measure(tool: str, mode: str, rounds: int) -> dict[str, Any]:
    seams = Seams()
    seen = pipeline(mode)
    inactive = _tools.TOOLS[tool].start(mode)
    traced, bare = Client(), Client(seams)
    bare.chat()
    if seen.count:
        sys.exit(f"{tool}: the reference client is traced too")
    hand = Hand(bare)
    chat = {"bare": bare.timed_chat, "traced": traced.timed_chat, "floor": hand.prebuilt, "floor_dumps": hand.dumped}
    if inactive is not None:
        chat["inactive"] = inactive(traced.timed_chat)
    found = {"chat": compare(chat, rounds, 10)}
    if mode == "unsampled":
        big = [{"role": "user", "content": "All work and no play. " * (BIG // 22)}]
        arms = {name: partial(c.timed_chat, big) for name, c in (("bare", bare), ("traced", traced))}
        found["big"] = compare(arms, rounds // 3, 3)
    if mode in ("on", "metrics"):
        found["stream"] = compare({"bare": bare.timed_stream, "traced": traced.timed_stream}, rounds // 2, 3)
    if mode == "on":
        loop = asyncio.new_event_loop()
        arms = {name: partial(c.timed_async, loop) for name, c in (("bare", bare), ("traced", traced))}
        found["async"] = compare(arms, rounds // 3, 2)
        loop.close()
    return found


def start_up(tool: str) -> dict[str, float]:
    """Milliseconds of the tool's own import and set-up, after openai and the application's pipeline."""
    pipeline("start")
    wall, cpu = time.perf_counter(), time.process_time()
    _tools.TOOLS[tool].start("start")
    return {"wall": (time.perf_counter() - wall) * 1000, "cpu": (time.process_time() - cpu) * 1000}


def versions(tool: str) -> dict[str, str]:
    found = {}
    for name in ("openai", "opentelemetry-sdk", _tools.TOOLS[tool].distribution):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    os.environ.update(_tools.ENVIRONMENT)
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=_tools.TOOLS)
    parser.add_argument("mode", choices=("on", "metrics", "off", "unsampled", "start"))
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = start_up(given.tool) if given.mode == "start" else measure(given.tool, given.mode, given.rounds)
    print(json.dumps({"versions": versions(given.tool), "found": found}), flush=True)
    os._exit(0)  # without the export of what is queued, which some tools wait for


if __name__ == "__main__":
    main()
