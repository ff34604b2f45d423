"""Which run a call belongs to."""

from __future__ import annotations

import pytest
from span_records import call, step

from otel_prompt import semconv
from otel_prompt.config import RunPer, Settings
from otel_prompt.runs import is_call, run_key, run_name, variant


def test_one_variant_is_one_run():
    """Two calls of the same variant share a key, whatever was said in them."""
    first, second = call(), call(INPUT_MESSAGES="[]", RESPONSE_ID="r-2", INPUT_TOKENS=1, USER_ID="ada")
    assert run_key(first) == run_key(second)
    assert len(run_key(first)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"PROMPT_NAME": "other"},
        {"PROMPT_VERSION": "2"},
        {"PROMPT_TEMPLATE_HASH": "0" * 64},
        {"REQUEST_MODEL": "gpt-5"},
        {"PROVIDER": "azure.ai.openai"},
        {semconv.REQUEST_PREFIX + "temperature": 0.7},
        {semconv.PARAM_PREFIX + "logit_bias": '{"1": 2}'},
        {"EXPERIMENT": "e-2"},
        {"DATASET_NAME": "news"},
        {"DATASET_VERSION": "3"},
    ],
    ids=str,
)
def test_another_variant_is_another_run(change):
    """What makes a variant is in the key."""
    assert run_key(call(**change)) != run_key(call())


@pytest.mark.parametrize("name", ["stream", "previous_response.id", "store", "background", "encoding_formats"])
def test_how_a_call_is_sent_makes_no_variant(name):
    """Streaming and the thread of a conversation do not split a run."""
    assert run_key(call(**{semconv.REQUEST_PREFIX + name: "x"})) == run_key(call())


def test_the_process_experiment_counts_where_the_span_has_none():
    """A run lives in an experiment; the span's own wins."""
    settings = Settings(experiment="e-2")
    assert run_key(call(), settings) == run_key(call(EXPERIMENT="e-2"))
    assert run_key(call(EXPERIMENT="e-1"), settings) == run_key(call(EXPERIMENT="e-1"))


def test_a_key_that_the_span_carries_is_kept():
    """Whoever runs an experiment may say what a run is."""
    assert run_key(call(RUN_KEY="k-1")) == "k-1"


def test_a_run_for_each_call():
    """With OTEL_PROMPT_RUN_PER=call no two calls share a run, and a call has the same one each time."""
    settings = Settings(run_per=RunPer.CALL)
    first, second = call(), call()
    assert run_key(first, settings) != run_key(second, settings)
    assert run_key(first, settings) == run_key(first, settings)


def test_looking_an_answer_up_is_no_call():
    """Its tokens were counted when it was made."""
    assert is_call(call())
    assert not is_call(call(OPERATION=semconv.FETCH_RESPONSE))
    assert not is_call(step())


def test_a_run_says_its_variant():
    """The name is for people, the variant for a tracker's parameters."""
    assert run_name(call()) == "summarize 1 · gpt-4o-mini · temperature=0.2"
    assert run_name(call(PROMPT_NAME=None, PROMPT_VERSION=None, PROMPT_TEMPLATE_HASH=None)).startswith("chat · gpt-4o")
    assert run_name(call(RUN_NAME="mine")) == "mine"
    said = variant(call(DATASET_NAME="news", EXPERIMENT="e"))
    assert said["prompt.version"] == "1"
    assert said["llm.temperature"] == "0.2"
    assert said["dataset.name"] == "news"
    assert said["experiment"] == "e"
