"""A span as MLflow names things, without an MLflow."""

from __future__ import annotations

import pytest
from span_records import ANSWER, call, step

from otel_prompt import semconv
from otel_prompt.dialects._content import content
from otel_prompt.dialects.mlflow import usage
from otel_prompt.encoding import encode


@pytest.mark.parametrize(
    ("attributes", "counted"),
    [
        ({}, {"input_tokens": 21, "output_tokens": 12, "total_tokens": 33}),
        ({"OUTPUT_TOKENS": None}, {"input_tokens": 21}),
        ({"INPUT_TOKENS": None}, {"output_tokens": 12}),
        ({"INPUT_TOKENS": None, "OUTPUT_TOKENS": None}, None),
        ({"OUTPUT_TOKENS": 0}, {"input_tokens": 21, "output_tokens": 0, "total_tokens": 21}),
        (
            {"OPERATION": semconv.EMBEDDINGS, "OUTPUT_TOKENS": None},
            {"input_tokens": 21, "total_tokens": 21},
        ),
        ({"OPERATION": semconv.FETCH_RESPONSE}, None),
    ],
)
def test_tokens(attributes, counted):
    """What the service did not say is absent, not zero; a total is there only if all of it is known."""
    assert usage(call(**attributes)) == counted


def test_the_preview_of_messages_is_their_text():
    """The list of traces shows a workflow's messages as text, like a call's."""
    asked = encode([{"role": "user", "parts": [{"type": "text", "content": "Why did Rome fall?"}]}])
    answered = encode([{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}])
    shown = content(step(STEP_INPUT=None, STEP_OUTPUT=None, INPUT_MESSAGES=asked, OUTPUT_MESSAGES=answered))
    assert (shown.asked, shown.answered) == ("Why did Rome fall?", ANSWER)
    assert shown.inputs == {"messages": [{"role": "user", "content": "Why did Rome fall?"}]}
