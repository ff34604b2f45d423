"""What a W&B run holds of its calls: a row of history for each, a row of the table, and sums. Functions on records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .. import semconv
from ..dialects._openai_messages import inputs, outputs, texts
from ..encoding import decoded, encode
from ..invocation import Json
from ..mapping import from_attributes
from ..runs import variant
from ..score import Score, scores
from ..span_record import SpanRecord

TABLE: Final = "calls"
SCORES_TABLE: Final = "scores"

_FIRST: Final = ("call", "input", "output")
_FIGURES: Final = ("tokens/input", "tokens/output", "tokens/total", "cost/usd", "latency_ms", "ttft_ms")
_LAST: Final = ("status", "error", "user", "session", "dataset.item", "expected", "trace_id", "span_id")
_SCORES: Final = ("call", "name", "value", "label", "explanation", "source", "trace_id", "span_id")


class Item(msgspec.Struct):
    """What is written once: a call, or a score that came after its call was written.

    Attributes:
        id: what it is known by for ever.
        trace_id: the trace whose delivery it is part of.
        history: its row of history.
        row: its row of the table, by column.
        figures: what the run's sums are made of.
    """

    id: str
    trace_id: str
    history: Json
    row: Json
    figures: dict[str, float]
    is_call: bool = True


def items(call: SpanRecord) -> list[Item]:
    """What there is to write of a call, its scores after it."""
    return [_call_item(call), *(_score_item(call, score) for score in scores(call))]


def folded(new: Sequence[Item]) -> list[Item]:
    """Scores that come with their call stand in the call's own row, and need none of theirs in the history."""
    calls = {item.id: item for item in new if item.is_call}
    for item in new:
        if not item.is_call and (call := calls.get(call_id(item.id))) is not None:
            scored = {key: value for key, value in item.history.items() if key.startswith("eval/")}
            call.history.update(scored)
            call.row.update(scored)
            item.history = {}
    return list(new)


def call_id(item_id: str) -> str:
    """The id of the call that an item is, or is about."""
    return "/".join(item_id.split("/")[:2])


def seen(history: Json) -> str | None:
    """The id of the item whose row of history this is."""
    if "trace_id" not in history or "span_id" not in history:
        return None
    return "/".join(str(history[key]) for key in ("trace_id", "span_id", "score_id") if key in history)


def columns(calls: Sequence[Item]) -> list[str]:
    """The table's columns, fixed by its first calls: those that all have, their variables, their scores."""
    own = {key for item in calls for key in item.row}
    variables = sorted(key for key in own if key.startswith("var."))
    judged = sorted(key for key in own if key.startswith("eval/"))
    return [*_FIRST, *variables, *_FIGURES, *judged, *_LAST]


def cells(item: Item, names: Sequence[str]) -> list[Any]:
    """A row of the table."""
    return [item.row.get(name) for name in names]


def score_columns() -> list[str]:
    """The columns of the table of scores."""
    return list(_SCORES)


def config(call: SpanRecord) -> Json:
    """The run's configuration: the variant, which all its calls share. Numbers are numbers, to be plotted."""
    return {name: decoded(value) if name.startswith("llm.") else value for name, value in variant(call).items()}


def details(call: SpanRecord) -> Json:
    """What of the configuration the first call says for all: who experiments, and what is free."""
    held, prefix = call.attributes, semconv.METADATA_PREFIX
    named = {
        "prompt.label": held.get(semconv.PROMPT_LABEL),
        "prompt.source": held.get(semconv.PROMPT_SOURCE),
        "experimenter": held.get(semconv.EXPERIMENTER),
        "git.commit": call.resource.get(semconv.VCS_REVISION),
        **{f"meta.{key[len(prefix) :]}": value for key, value in held.items() if key.startswith(prefix)},
    }
    return {name: value for name, value in named.items() if value is not None}


def summary(figures: Sequence[dict[str, float]]) -> Json:
    """A run's sums, means and percentiles, over all its calls."""
    calls = [each for each in figures if "latency_ms" in each]
    found: Json = {"total/calls": len(calls)}
    for name, key in (("tokens/input", "tokens_input"), ("tokens/output", "tokens_output"), ("tokens/total", "tokens")):
        if any(name in each for each in calls):
            found[f"total/{key}"] = sum(each.get(name, 0) for each in calls)
    if any("cost/usd" in each for each in calls):
        found["cost/total_usd"] = sum(each.get("cost/usd", 0.0) for each in calls)
    for name in ("latency_ms", "ttft_ms"):
        if values := sorted(each[name] for each in calls if name in each):
            found |= {f"{name}/p50": _percentile(values, 0.5), f"{name}/p95": _percentile(values, 0.95)}
    if calls:
        found["error_rate"] = sum(each.get("error", 0.0) for each in calls) / len(calls)
    for name in sorted({key for each in figures for key in each if key.startswith("eval/")}):
        values = [each[name] for each in figures if name in each]
        found[f"{name}/mean"] = sum(values) / len(values)
    return found


def _percentile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _call_item(call: SpanRecord) -> Item:
    held = call.attributes
    figures, inv = _figures(call), from_attributes(held)
    place = held.get(semconv.RUN_STEP, 0)
    ids = {"trace_id": call.trace_id, "span_id": call.span_id}
    prefix = semconv.PROMPT_VARIABLE_PREFIX
    row: Json = {
        "call": place,
        "input": _text(inputs(inv)),
        "output": "\n".join(filter(None, texts(inv.output_messages))) or _text(outputs(inv)),
        **{f"var.{key[len(prefix) :]}": str(value) for key, value in held.items() if key.startswith(prefix)},
        **{name: figures.get(name) for name in _FIGURES},
        "status": "error" if call.status == "error" else "ok",
        "error": held.get(semconv.ERROR_TYPE),
        "user": held.get(semconv.USER_ID),
        "session": held.get(semconv.SESSION_ID) or held.get(semconv.CONVERSATION_ID),
        "dataset.item": held.get(semconv.DATASET_ITEM_ID),
        "expected": held.get(semconv.DATASET_ITEM_EXPECTED),
        **ids,
    }
    # W&B draws over time by the row's own time: that of the call, not that of the writing.
    history: Json = {"call": place, **figures, **ids, "_timestamp": call.end / 1e9}
    return Item("/".join(ids.values()), call.trace_id, history, row, figures)


def _text(value: Json | None) -> str | None:
    return None if value is None else encode(value)


def _score_item(call: SpanRecord, score: Score) -> Item:
    place = call.attributes.get(semconv.RUN_STEP, 0)
    figures = {} if isinstance(score.value, str) else {f"eval/{score.name}": float(score.value)}
    ids = {"trace_id": call.trace_id, "span_id": call.span_id}
    own = version(score)
    history = {"call": place, **figures, **ids, "score_id": own, "_timestamp": score.time / 1e9}
    row: Json = {
        "call": place,
        "name": score.name,
        "value": None if isinstance(score.value, str) else float(score.value),
        "label": label(score),
        "explanation": score.comment,
        "source": " ".join(part for part in (score.source.value, score.judge) if part),
        **ids,
    }
    return Item(f"{call.trace_id}/{call.span_id}/{own}", call.trace_id, history, row, figures, is_call=False)


def label(score: Score) -> str | None:
    """The word of a score; None for a number."""
    if isinstance(score.value, bool):
        return "true" if score.value else "false"
    return score.value if isinstance(score.value, str) else None


def version(score: Score) -> str:
    """The id of a score as it is now: a judge may judge again."""
    return f"{score.id}@{score.time}"


def _figures(call: SpanRecord) -> dict[str, float]:
    held, counted = call.attributes, from_attributes(call.attributes).usage
    given, made = counted.input_tokens, counted.output_tokens
    first = held.get(semconv.TIME_TO_FIRST_CHUNK)
    found = {
        "tokens/input": given,
        "tokens/output": made,
        "tokens/total": (given or 0) + (made or 0) if given is not None or made is not None else None,
        "tokens/cache_read": counted.cache_read_input_tokens,
        "tokens/cache_write": counted.cache_write_input_tokens,
        "tokens/reasoning": counted.reasoning_output_tokens,
        "cost/usd": held.get(semconv.COST_TOTAL),
        "latency_ms": round((call.end - call.start) / 1e6, 3),
        "ttft_ms": round(first * 1000, 3) if first is not None else None,
        "error": 1.0 if call.status == "error" else 0.0,
    }
    return {name: value for name, value in found.items() if value is not None}
