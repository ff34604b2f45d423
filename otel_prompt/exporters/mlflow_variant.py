"""A variant as MLflow's run describes it: its parameters and tags, its dataset, the model that it is a version of."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Final

from .. import semconv
from ..config import Settings
from ..encoding import encode
from ..runs import experiment, variant
from ..span_record import SpanRecord
from .mlflow_info import link_tags

_MOST_PARAMETERS: Final = 100
_MODEL: Final = semconv.METADATA_PREFIX + "mlflow.modelId"
"""A ``LoggedModel`` of MLflow's, where the application says that it is one of its versions that calls."""


def params(call: SpanRecord, settings: Settings) -> dict[str, str]:
    """The parameters of a run, as many and as long as MLflow takes them."""
    return {valid(k): v[:6000] for k, v in list(variant(call, settings).items())[:_MOST_PARAMETERS]}


def tags(call: SpanRecord) -> dict[str, str]:
    """Whose run it is, by which code, and where else it can be seen."""
    held = call.attributes
    given = held.get(semconv.TAGS) or ()
    found = {f"tag.{valid(str(tag))}": "true" for tag in ([given] if isinstance(given, str) else given)}
    # A link to one call says nothing of a run.
    found.update({name: url for name, url in link_tags(call).items() if call.trace_id not in url})
    if experimenter := held.get(semconv.EXPERIMENTER):
        found["mlflow.user"] = str(experimenter)
    if commit := call.resource.get(semconv.VCS_REVISION):
        found["mlflow.source.git.commit"] = str(commit)
    found["mlflow.source.type"] = "LOCAL"
    found["mlflow.source.name"] = _program(call)
    return {name[:250]: value[:8000] for name, value in found.items()}


def parent(call: SpanRecord, settings: Settings) -> tuple[str, str] | None:
    """The key and the name of the run that a run stands under; None for a run that stands for itself.

    Only the variants of an experiment with a dataset have one: they are made to be compared, and MLflow folds and
    compares what is under one run. Calls of an application that runs all the time are no such set.
    """
    held = call.attributes
    name, dataset = experiment(call, settings), held.get(semconv.DATASET_NAME)
    if name is None or dataset is None:
        return None
    version = held.get(semconv.DATASET_VERSION) or str(held.get(semconv.DATASET_DIGEST) or "")[:8]
    key = sha256(encode(["parent", name, dataset, version]).encode()).hexdigest()
    return key, f"{name} · {dataset} {version}".strip()[:200]


def inputs(call: SpanRecord) -> tuple[list[Any], list[Any]]:
    """The datasets and the models that a run says it used."""
    from mlflow.entities import Dataset, DatasetInput, LoggedModelInput

    held = call.attributes
    models = [LoggedModelInput(str(held[_MODEL]))] if held.get(_MODEL) else []
    if (name := held.get(semconv.DATASET_NAME)) is None:
        return [], models
    version = held.get(semconv.DATASET_VERSION)
    digest = str(held.get(semconv.DATASET_DIGEST) or version or sha256(str(name).encode()).hexdigest()[:8])
    return [DatasetInput(Dataset(str(name), digest[:36], "code", encode({"version": version})))], models


def valid(text: str) -> str:
    """A name that MLflow accepts."""
    return re.sub(r"[^\w.\-/ :]", "_", text)[:250]


def _program(call: SpanRecord) -> str:
    name = str(call.resource.get("service.name") or "")
    # What the SDK calls a program that has not said its name.
    return "otel-prompt" if name.startswith("unknown_service") or not name else name
