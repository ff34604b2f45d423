"""The page of a call in each tool that shows it: from settings and ids to an address, with no request to anyone.

A tool has a link where all is known that its address is made of; one that leads nowhere is worse than none. LangSmith
has none: its addresses hold ids that its service alone knows. Sources: jaeger-ui's ``uiFind``, MLflow's routes
(``/experiments/:id/traces``), Langfuse's ``pages/trace/[traceId]`` and Phoenix's ``/redirects``, which look for the
project themselves, and the addresses that wandb and weave print.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from . import semconv
from .config import Settings, WandbMode, variable
from .errors import ConfigurationError
from .exporters.otlp_presets import Connection, preset
from .exporters.wandb_names import DEFAULT_PROJECT, accepted
from .runs import is_call, run_key
from .span_record import SpanRecord

_WANDB: Final = "https://api.wandb.ai"
DEFAULT_EXPERIMENT: Final = "otel-prompt"
"""MLflow's experiment of traces that name none."""


@dataclass(frozen=True, slots=True)
class Ids:
    """What a link is made of. Ids are lower-case hex; ``run_key`` is None for what is no call of a run."""

    trace_id: str
    span_id: str
    run_key: str | None = None
    experiment: str | None = None


def ids_of(record: SpanRecord, settings: Settings) -> Ids:
    """The ids of a span, with the key of the run that a call is in."""
    experiment = record.attributes.get(semconv.EXPERIMENT)
    key = run_key(record, settings) if is_call(record) else None
    return Ids(record.trace_id, record.span_id, key, None if experiment is None else str(experiment))


Page: TypeAlias = Callable[[Ids], str | None]


def pages(settings: Settings, exporters: Collection[str], experiments: Mapping[str, str]) -> dict[str, Page]:
    """The tools that a span's page can be told of.

    Args:
        settings: where they are.
        exporters: where spans go.
        experiments: MLflow's ids of the experiments that it is known to have, by name.
    """
    to = {name.replace("_", "-") for name in exporters}
    found = {
        "jaeger": _jaeger(settings),
        "mlflow": _mlflow(settings, to, experiments),
        "wandb": _wandb(settings) if "wandb" in to else None,
        "weave": _weave(settings) if "weave" in to else _weave_otlp(settings) if "weave-otlp" in to else None,
        "langfuse": _langfuse(settings) if "langfuse" in to else None,
        "phoenix": _phoenix(settings) if "phoenix" in to else None,
    }
    return {name: page for name, page in found.items() if page is not None}


def links(known: Mapping[str, Page], ids: Ids) -> dict[str, str]:
    """The addresses of one span's pages, by tool."""
    return {name: address for name, page in known.items() if (address := page(ids)) is not None}


def carried(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The addresses that a span says itself, by tool."""
    prefix = semconv.LINK_PREFIX
    return {key[len(prefix) :]: str(value) for key, value in attributes.items() if key.startswith(prefix)}


def _jaeger(settings: Settings) -> Page | None:
    # The address of its pages is another than the one that spans are sent to, and no guess may stand for it.
    base = settings.jaeger_ui
    return None if base is None else lambda ids: f"{base}/trace/{ids.trace_id}?uiFind={ids.span_id}"


def _mlflow(settings: Settings, to: Collection[str], experiments: Mapping[str, str]) -> Page | None:
    uri = settings.mlflow_tracking_uri or ""
    base = settings.mlflow_ui or (uri.rstrip("/") if urlsplit(uri).scheme in ("http", "https") else None)
    if base is None:
        return None
    base = _without_password(base)
    # A collector on the way puts all into one experiment, as MLflow's own door does.
    if "mlflow-otlp" in to or ("otlp" in to and settings.mlflow_ui is not None and "mlflow" not in to):
        number = variable("MLFLOW_EXPERIMENT_ID")
        return None if number is None else lambda ids: _mlflow_trace(base, number, ids)
    if "mlflow" not in to:
        return None
    usual = settings.mlflow_experiment or settings.experiment or DEFAULT_EXPERIMENT

    def page(ids: Ids) -> str | None:
        number = experiments.get(ids.experiment or usual)
        return None if number is None else _mlflow_trace(base, number, ids)

    return page


def _mlflow_trace(base: str, number: str, ids: Ids) -> str:
    return f"{base}/#/experiments/{quote(number, safe='')}/traces?selectedEvaluationId=tr-{ids.trace_id}"


def _wandb(settings: Settings) -> Page | None:
    entity = settings.wandb_entity
    if entity is None or settings.wandb_mode is not WandbMode.ONLINE:
        return None
    base = f"{_wandb_pages(settings)}/{quote(entity, safe='')}"

    def page(ids: Ids) -> str | None:
        project = settings.wandb_project or _project(ids, settings)
        return None if ids.run_key is None else f"{base}/{quote(project, safe='')}/runs/{ids.run_key[:16]}"

    return page


def _weave(settings: Settings) -> Page | None:
    given = settings.weave_project or settings.wandb_project or ""
    entity, mark, project = given.rpartition("/")
    entity = entity if mark else settings.wandb_entity or ""
    if not entity:
        return None
    base = _wandb_pages(settings)
    return lambda ids: _weave_call(base, entity, project or _project(ids, settings), ids)


def _weave_otlp(settings: Settings) -> Page | None:
    if (known := _connection("weave-otlp", settings)) is None:
        return None
    base, said = _wandb_pages(settings), known.resource
    return lambda ids: _weave_call(base, said["wandb.entity"], said["wandb.project"], ids)


def _weave_call(base: str, entity: str, project: str, ids: Ids) -> str:
    return f"{base}/{quote(entity, safe='')}/{quote(project, safe='')}/r/call/{ids.span_id}"


def _langfuse(settings: Settings) -> Page | None:
    if (known := _connection("langfuse", settings)) is None:
        return None
    base = _without_password(known.host)
    return lambda ids: f"{base}/trace/{ids.trace_id}"


def _phoenix(settings: Settings) -> Page | None:
    if (known := _connection("phoenix", settings)) is None:
        return None
    base = _without_password(known.host)
    return lambda ids: f"{base}/redirects/spans/{ids.span_id}"


def _connection(name: str, settings: Settings) -> Connection | None:
    """Where a tool is; None where it is not said, of which its exporter tells."""
    try:
        return preset(name).connect(settings)
    except ConfigurationError:
        return None


def _project(ids: Ids, settings: Settings) -> str:
    return accepted(ids.experiment or settings.experiment or DEFAULT_PROJECT)


def _wandb_pages(settings: Settings) -> str:
    base = (settings.wandb_base_url or _WANDB).rstrip("/")
    return "https://wandb.ai" if base == _WANDB else _without_password(base)


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return address if "@" not in parts.netloc else parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
