"""Jaeger's dialect."""

from __future__ import annotations

from span_records import call

from otel_prompt import semconv
from otel_prompt.dialects.jaeger import jaeger


def test_links():
    """The id of a W&B run stands by itself, for a link pattern; a page has no link to itself."""
    wandb = "https://wandb.ai/team/shop/runs/" + "ab" * 8
    record = call(WANDB_LINK=wandb, JAEGER_LINK="http://j/trace/1")
    held = jaeger(record).attributes
    assert (held[semconv.WANDB_LINK], held[semconv.WANDB_RUN]) == (wandb, "ab" * 8)
    assert semconv.JAEGER_LINK not in held
    assert semconv.WANDB_RUN not in jaeger(call()).attributes
