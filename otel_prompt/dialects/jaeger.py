"""Jaeger: the conventions' own names, which its GenAI view reads, and cache writes under the name that it knows.

Its pages make links of ids and not of whole addresses, so that a W&B run's id stands by itself. What is said here, the
Collector's layer ``collector/jaeger.yaml`` says too.

Source: jaeger-ui 2.20, packages/jaeger-ui/src/utils/genai.
"""

from __future__ import annotations

from .. import semconv
from ..runs import is_call
from ..span_record import SpanRecord
from ._base import is_about_models, rewritten, without


def jaeger(record: SpanRecord) -> SpanRecord:
    """The record as Jaeger reads it."""
    if not is_about_models(record):
        return record
    # On a call alone: its view adds up the tokens of all spans that have some.
    written = record.attributes.get(semconv.CACHE_WRITE_TOKENS) if is_call(record) else None
    run = str(record.attributes.get(semconv.WANDB_LINK, "")).rpartition("/runs/")[2]
    new = {semconv.CACHE_CREATION_TOKENS: written, semconv.WANDB_RUN: run or None}
    return rewritten(record, without(record.attributes, [semconv.JAEGER_LINK]), new)
