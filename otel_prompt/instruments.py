"""The conventions' metrics of a client: durations, tokens, the pace of streams; with the prompt's name and version."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Histogram, MeterProvider, Observation

from . import semconv
from .invocation import Invocation

_LABELS: Final = (
    semconv.OPERATION,
    semconv.PROVIDER,
    semconv.REQUEST_MODEL,
    semconv.RESPONSE_MODEL,
    semconv.SERVER_ADDRESS,
    semconv.SERVER_PORT,
    semconv.ERROR_TYPE,
    semconv.PROMPT_NAME,
    semconv.PROMPT_VERSION,
)
_COUNTED: Final = (
    ("input_tokens", "input_tokens"),
    ("output_tokens", "output_tokens"),
    ("cache_read_input_tokens", "cache_read.input_tokens"),
    ("cache_write_input_tokens", "cache_write.input_tokens"),
    ("reasoning_output_tokens", "reasoning.output_tokens"),
)
"""The counts of a usage, and their names under ``semconv.METRIC_USAGE_PREFIX``."""


@dataclass(slots=True)
class _Series:
    """One set of labels, and the tokens that were counted under it."""

    labels: dict[str, Any]
    tokens: list[int] = field(default_factory=lambda: [0] * len(_COUNTED))


class Instruments:
    """The instruments of a meter provider.

    Histograms are recorded at each call. Tokens are summed here, and the sums given when metrics are collected: in the
    SDK an addition to a counter costs ten times what it costs here, and a call has up to five of them.
    """

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter(semconv.SCOPE, schema_url=semconv.SCHEMA_URL)
        self._series: dict[tuple[Any, ...], _Series] = {}
        self.unlock()

        def seconds(name: str, text: str) -> Histogram:
            return meter.create_histogram(
                name, "s", text, explicit_bucket_boundaries_advisory=list(semconv.DURATION_BUCKETS)
            )

        def tokens(name: str, text: str) -> Histogram:
            return meter.create_histogram(
                name, "{token}", text, explicit_bucket_boundaries_advisory=list(semconv.TOKEN_BUCKETS)
            )

        self.inference_duration = seconds(semconv.INFERENCE_DURATION, "Duration of an inference")
        self.operation_duration = seconds(semconv.OPERATION_DURATION, "Duration of a call that is no inference")
        self.first_chunk = seconds(semconv.METRIC_TIME_TO_FIRST_CHUNK, "From the request to the first chunk")
        self.per_chunk = seconds(semconv.METRIC_TIME_PER_OUTPUT_CHUNK, "Per chunk after the first: a stream's mean")
        self.input_tokens = tokens(semconv.METRIC_INPUT_TOKENS, "Input tokens of an inference")
        self.output_tokens = tokens(semconv.METRIC_OUTPUT_TOKENS, "Output tokens of an inference")
        for place, (_, name) in enumerate(_COUNTED):
            full = semconv.METRIC_USAGE_PREFIX + name
            meter.create_observable_counter(full, [self._observing(place)], "{token}", f"Tokens: {name}")

    def unlock(self) -> None:
        """In a forked child: no thread of the parent's holds anything here."""
        # One thread may take it twice: garbage is collected at any moment, and a stream that is dropped then counts.
        self._lock = RLock()

    def record(self, inv: Invocation, seconds: float, per_chunk: float | None, error: str | None) -> None:
        """Count one call: its duration, its tokens if it said them, and the pace of its stream."""
        prompt = inv.prompts[0] if inv.prompts else None
        key = (
            inv.operation,
            inv.provider,
            inv.request_model,
            inv.response_model,
            inv.server_address,
            inv.server_port,
            error,
            prompt.name if prompt else None,
            prompt.version if prompt else None,
        )
        series = self._series.get(key)
        if series is None:
            labels = {name: value for name, value in zip(_LABELS, key) if value is not None}
            series = self._series.setdefault(key, _Series(labels))
        labels = series.labels
        inference = inv.operation in semconv.INFERENCE
        (self.inference_duration if inference else self.operation_duration).record(seconds, labels)
        if inv.time_to_first_chunk is not None:
            self.first_chunk.record(inv.time_to_first_chunk, labels)
        if per_chunk is not None:
            self.per_chunk.record(per_chunk, labels)
        usage = inv.usage
        if inference and usage.input_tokens is not None:
            self.input_tokens.record(usage.input_tokens, labels)
        if inference and usage.output_tokens is not None:
            self.output_tokens.record(usage.output_tokens, labels)
        with self._lock:
            for place, (name, _) in enumerate(_COUNTED):
                if count := getattr(usage, name):
                    series.tokens[place] += count

    def _observing(self, place: int) -> Callable[[CallbackOptions], list[Observation]]:
        def observe(_: CallbackOptions) -> list[Observation]:
            return [
                Observation(series.tokens[place], {**series.labels, semconv.TOKEN_MODALITY: "unknown"})
                for series in list(self._series.values())
                if series.tokens[place]
            ]

        return observe


_of_providers: WeakKeyDictionary[MeterProvider, Instruments] = WeakKeyDictionary()
_making = RLock()


def instruments_of(provider: MeterProvider) -> Instruments:
    """The instruments of a provider: made once, for a provider never lets go of the counters that it observes."""
    with _making:
        found = _of_providers.get(provider)
        if found is None:
            found = _of_providers[provider] = Instruments(provider)
        return found


def _after_fork() -> None:
    global _making
    _making = RLock()
    for each in _of_providers.values():
        each.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
