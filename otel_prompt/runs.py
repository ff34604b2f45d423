"""Runs: which variant a call belongs to. Trackers think in runs, traces in calls; the run key joins them.

A variant is an experiment, a prompt's version, a model, decoding parameters and a dataset's version. All its calls
share one key, on every machine, so that each tracker can find its run again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from . import semconv
from .config import RunPer, Settings
from .encoding import encode
from .span_record import SpanRecord

CALLS = semconv.MODEL_CALLS - {semconv.FETCH_RESPONSE}
"""The operations that make a call of a run: looking up an answer that was made earlier is none."""

_NO_PARAMETER = frozenset({"model", "stream", "previous_response.id", "store", "background", "encoding_formats"})
"""What of a request says how or where it is sent, not how the model is to answer. openai asks for embeddings in base64
of its own accord, so that no encoding is a caller's choice for certain."""

_PARAMETERS = (semconv.REQUEST_PREFIX, semconv.PARAM_PREFIX)
_DEFAULTS = Settings()


def is_call(record: SpanRecord) -> bool:
    """Whether a span is a call to a model, and so belongs to a run. Another's span of the same call is none."""
    return record.operation in CALLS and semconv.SAME_CALL not in record.attributes


def experiment(record: SpanRecord, settings: Settings = _DEFAULTS) -> str | None:
    """The experiment that a span belongs to: its own, or the process's."""
    return record.attributes.get(semconv.EXPERIMENT) or settings.experiment


def variant(record: SpanRecord, settings: Settings = _DEFAULTS) -> dict[str, str]:
    """What makes a call's variant, as a tracker's parameters: ``prompt.version``, ``llm.temperature`` and so on."""
    held = record.attributes
    named: dict[str, Any] = {
        "prompt.name": held.get(semconv.PROMPT_NAME),
        "prompt.version": held.get(semconv.PROMPT_VERSION),
        # A template that was changed under its old version is another variant all the same.
        "prompt.template_hash": held.get(semconv.PROMPT_TEMPLATE_HASH),
        "llm.operation": record.operation,
        "llm.provider": held.get(semconv.PROVIDER),
        "llm.model": held.get(semconv.REQUEST_MODEL) or held.get(semconv.RESPONSE_MODEL),
        **{f"llm.{name}": value for name, value in parameters(record).items()},
        "dataset.name": held.get(semconv.DATASET_NAME),
        "dataset.version": held.get(semconv.DATASET_VERSION),
        "dataset.digest": held.get(semconv.DATASET_DIGEST),
        "experiment": experiment(record, settings),
    }
    return {name: _text(value) for name, value in named.items() if value not in (None, "")}


def parameters(record: SpanRecord) -> dict[str, Any]:
    """The decoding parameters of a call, by name, in order."""
    found = {
        key.removeprefix(semconv.REQUEST_PREFIX).removeprefix(semconv.PARAM_PREFIX): value
        for key, value in record.attributes.items()
        if key.startswith(_PARAMETERS)
    }
    return {name: found[name] for name in sorted(found) if name not in _NO_PARAMETER}


def run_key(record: SpanRecord, settings: Settings = _DEFAULTS) -> str:
    """The key of the run that a call belongs to, 64 hex digits. One that the span carries is kept."""
    if given := record.attributes.get(semconv.RUN_KEY):
        return str(given)
    parts: list[Any] = [sorted(variant(record, settings).items())]
    if settings.run_per is RunPer.CALL:
        parts += [record.trace_id, record.span_id]
    return sha256(encode(parts).encode()).hexdigest()


def run_name(record: SpanRecord) -> str:
    """What a person reads: ``summarize 3 · gpt-5 · temperature=0.2``."""
    held = record.attributes
    if given := held.get(semconv.RUN_NAME):
        return str(given)
    version = held.get(semconv.PROMPT_VERSION) or str(held.get(semconv.PROMPT_TEMPLATE_HASH, ""))[:8]
    prompt = f"{held.get(semconv.PROMPT_NAME, '')} {version}".strip()
    model = str(held.get(semconv.REQUEST_MODEL) or held.get(semconv.RESPONSE_MODEL) or "")
    chosen = " ".join(f"{name}={_text(value)}" for name, value in parameters(record).items())
    subject = prompt or record.operation or ""
    return " · ".join(part for part in (subject, model, chosen) if part)[:200]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else encode(value)
