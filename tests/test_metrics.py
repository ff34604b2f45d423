"""Metrics: the conventions' names, with the prompt's name and version, counted for every call."""

from __future__ import annotations

import os
import threading
import time
from unittest import mock

import openai
import pytest
from endpoint import answered, streamed
from endpoints import CHAT, EMBEDDINGS, chat, chunk
from openai_double import reply, stream
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from otel_prompt import Prompt, instruments, telemetry
from otel_prompt.config import Settings

LABELS = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "server.address": "api.openai.com",
    "server.port": 443,
}
BOTH = pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["sampled", "unsampled"])


def points(traced, name):
    """The only point of a metric: what it has counted, and its labels."""
    [point] = traced.metrics[name]
    return getattr(point, "sum", getattr(point, "value", None)), dict(point.attributes)


@BOTH
def test_a_call(sampler, instrument, service):
    """Duration and tokens, sampled or not."""
    traced = instrument(sampler=sampler)
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    CHAT.call(service.answer(reply(chat() | {"usage": usage})).client())
    assert set(traced.metrics) == {
        "gen_ai.client.inference.duration",
        "gen_ai.client.inference.operation.input_tokens",
        "gen_ai.client.inference.operation.output_tokens",
        "gen_ai.client.inference.usage.input_tokens",
        "gen_ai.client.inference.usage.output_tokens",
        "gen_ai.client.inference.usage.cache_read.input_tokens",
        "gen_ai.client.inference.usage.reasoning.output_tokens",
    }
    seconds, labels = points(traced, "gen_ai.client.inference.duration")
    assert 0 < seconds < 5
    assert labels == LABELS
    assert points(traced, "gen_ai.client.inference.operation.input_tokens") == (11, LABELS)
    unknown = {**LABELS, "gen_ai.token.modality": "unknown"}
    assert points(traced, "gen_ai.client.inference.usage.output_tokens") == (7, unknown)
    assert points(traced, "gen_ai.client.inference.usage.cache_read.input_tokens") == (5, unknown)
    assert points(traced, "gen_ai.client.inference.usage.reasoning.output_tokens") == (3, unknown)


@BOTH
def test_a_stream(sampler, instrument, service):
    """The time to the first chunk, and the pace of those after it."""
    traced = instrument(sampler=sampler)
    list(CHAT.stream(service.answer(streamed(CHAT)).client()))
    first, _ = points(traced, "gen_ai.client.inference.time_to_first_chunk")
    each, _ = points(traced, "gen_ai.client.inference.time_per_output_chunk")
    whole, _ = points(traced, "gen_ai.client.inference.duration")
    assert 0 < first <= whole
    assert 0 <= each <= whole


@BOTH
def test_a_stream_of_one_chunk_has_no_pace(sampler, instrument, service):
    """Nothing came after the first."""
    traced = instrument(sampler=sampler)
    list(CHAT.stream(service.answer(stream(chunk("Hi", finish="stop"), "[DONE]")).client()))
    assert "gen_ai.client.inference.time_per_output_chunk" not in traced.metrics


@BOTH
def test_the_prompt_is_a_label(sampler, instrument, service):
    """Which version costs what can be read from the metrics alone."""
    traced = instrument(sampler=sampler)
    prompt = Prompt("greeting", "Please say hello to {{who}} in a friendly way", version="7")
    messages = [{"role": "user", "content": prompt.render(who="Ada")}]
    service.answer(answered(CHAT)).client().chat.completions.create(model="gpt-4o", messages=messages)
    _, labels = points(traced, "gen_ai.client.inference.duration")
    assert labels == LABELS | {"gen_ai.prompt.name": "greeting", "gen_ai.prompt.version": "7"}


@BOTH
def test_a_failure_is_a_label(sampler, instrument, service):
    """By the error's class, on the duration; no tokens."""
    traced = instrument(sampler=sampler)
    with pytest.raises(openai.BadRequestError):
        CHAT.call(service.answer(reply({"error": {"message": "no"}}, 400)).client())
    assert set(traced.metrics) == {"gen_ai.client.inference.duration"}
    _, labels = points(traced, "gen_ai.client.inference.duration")
    assert labels["error.type"] == "openai.BadRequestError"


def test_what_is_no_inference_is_another_metric(traced, service):
    """Embeddings are an operation; their tokens are no inference's."""
    EMBEDDINGS.call(service.answer(answered(EMBEDDINGS)).client())
    assert "gen_ai.client.operation.duration" in traced.metrics
    assert "gen_ai.client.inference.duration" not in traced.metrics


def test_without_meters_nothing_is_counted(instrument, service):
    """No provider of meters: no metric, and a span as ever."""
    traced = instrument(meters=False)
    CHAT.call(service.answer(answered(CHAT)).client())
    assert traced.metrics == {}
    assert traced.span


def test_threads_that_ask_at_once_all_count(traced):
    """While the first one makes the instruments, the others do not conclude that there are none."""
    made = instruments.Instruments

    def slowly(provider):
        time.sleep(0.1)
        return made(provider)

    instruments._of_providers.clear()
    signals = telemetry.Telemetry(Settings(), traced.tracer_provider, traced.meter_provider)
    found = []
    with mock.patch.object(instruments, "Instruments", slowly):
        threads = [threading.Thread(target=lambda: found.append(signals.instruments())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert None not in found
    assert len(set(map(id, found))) == 1


@pytest.mark.skipif(not hasattr(os, "register_at_fork"), reason="this system has no fork")
def test_a_forked_child_waits_for_no_thread_of_its_parent(traced):
    """Its locks are its own."""
    held = instruments.instruments_of(traced.meter_provider)
    before = held._lock, instruments._making
    instruments._after_fork()
    assert before[0] is not held._lock
    assert before[1] is not instruments._making
