"""The tools that take OTLP, each with its address, its key and what it cannot take, from its own usual variables.

An address stands here only where it is the tool's own and the user has named the tool; a key never does.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from ..config import Settings, variable
from ..dialects._base import Dialect
from ..dialects.jaeger import jaeger
from ..dialects.langfuse import langfuse
from ..dialects.langsmith import langsmith
from ..dialects.mlflow import mlflow
from ..dialects.phoenix import phoenix
from ..dialects.weave import weave
from ..errors import ConfigurationError
from .selection import ALL, MODEL


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a tool is: the whole address that spans are posted to, with its headers, and what the resource must say."""

    endpoint: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    resource: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Preset:
    """One tool.

    Attributes:
        dialect: how it reads a span.
        connect: where it is; raises ConfigurationError where that is not known.
        kind: which traces it gets unless a filter says otherwise: those with models in them, or all.
        most_roots: the most root spans in one request; None for no limit.
        most_characters: about the most text in one request. One span that has more goes alone.
    """

    name: str
    dialect: Dialect
    connect: Callable[[Settings], Connection]
    kind: str = MODEL
    most_roots: int | None = None
    most_characters: int = 4_000_000


def preset(name: str) -> Preset:
    """The preset of a name, written with ``-`` or ``_``.

    Raises:
        ConfigurationError: there is none.
    """
    if (found := PRESETS.get(name.replace("_", "-"))) is None:
        raise ConfigurationError(f"there is no OTLP preset {name!r}; there are: {', '.join(sorted(PRESETS))}")
    return found


def _needed(names: str, exporter: str, what: str) -> str:
    for name in names.split(" or "):
        if (value := variable(name)) is not None:
            return value
    raise ConfigurationError(f"the exporter {exporter!r} needs {what}: set {names}. Until then it sends nothing")


def _address(names: str, exporter: str, default: str) -> str:
    """The base address of a tool, without the stroke at its end."""
    for name in names.split(" or "):
        if (given := variable(name)) is None:
            continue
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigurationError(
                f"{name} is no address for the exporter {exporter!r}; say http://host or https://host"
            )
        return given.rstrip("/")
    return default


def _langfuse(_: Settings) -> Connection:
    public = _needed("LANGFUSE_PUBLIC_KEY", "langfuse", "a key")
    secret = _needed("LANGFUSE_SECRET_KEY", "langfuse", "a key")
    host = _address("LANGFUSE_BASE_URL or LANGFUSE_HOST", "langfuse", "https://cloud.langfuse.com")
    headers = {"Authorization": _basic(public, secret), "x-langfuse-ingestion-version": "4"}
    named = {
        "langfuse.environment": variable("LANGFUSE_TRACING_ENVIRONMENT"),
        "langfuse.release": variable("LANGFUSE_RELEASE"),
    }
    return Connection(f"{host}/api/public/otel/v1/traces", headers, {k: v for k, v in named.items() if v is not None})


def _langsmith(settings: Settings) -> Connection:
    headers = {"x-api-key": _needed("LANGSMITH_API_KEY or LANGCHAIN_API_KEY", "langsmith", "a key")}
    host = _address("LANGSMITH_ENDPOINT or LANGCHAIN_ENDPOINT", "langsmith", "https://api.smith.langchain.com")
    project = variable("LANGSMITH_PROJECT") or variable("LANGCHAIN_PROJECT") or settings.experiment
    if project:
        headers["Langsmith-Project"] = project
    if workspace := variable("LANGSMITH_WORKSPACE_ID"):
        headers["X-Tenant-Id"] = workspace
    return Connection(f"{host}/otel/v1/traces", headers)


def _phoenix(settings: Settings) -> Connection:
    host = _address("PHOENIX_COLLECTOR_ENDPOINT", "phoenix", "http://localhost:6006").removesuffix("/v1/traces")
    pairs = (pair.partition("=") for pair in (variable("PHOENIX_CLIENT_HEADERS") or "").split(",") if "=" in pair)
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    if key := variable("PHOENIX_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    if project := variable("PHOENIX_PROJECT") or variable("PHOENIX_PROJECT_NAME") or settings.experiment:
        headers["x-project-name"] = project
    return Connection(f"{host}/v1/traces", headers)


def _weave(settings: Settings) -> Connection:
    key = _needed("WANDB_API_KEY", "weave-otlp", "a key")
    entity = _needed("WANDB_ENTITY", "weave-otlp", "the W&B team or user whose project it is")
    project = variable("WANDB_PROJECT") or settings.experiment
    if project is None:
        raise ConfigurationError(
            "the exporter 'weave-otlp' needs a project: set WANDB_PROJECT. Until then it sends nothing"
        )
    base = _address("WANDB_BASE_URL", "weave-otlp", "https://api.wandb.ai")
    own = "https://trace.wandb.ai" if base == "https://api.wandb.ai" else f"{base}/traces"
    host = _address("WF_TRACE_SERVER_URL", "weave-otlp", own)
    headers = {"Authorization": _basic("api", key), "project_id": f"{entity}/{project}"}
    return Connection(f"{host}/otel/v1/traces", headers, {"wandb.entity": entity, "wandb.project": project})


def _jaeger(_: Settings) -> Connection:
    host = _address("OTEL_PROMPT_JAEGER_ENDPOINT", "jaeger", "http://localhost:4318")
    return Connection(f"{host.removesuffix('/v1/traces')}/v1/traces")


def _mlflow(settings: Settings) -> Connection:
    host = settings.mlflow_tracking_uri
    if host is None or urlsplit(host).scheme not in ("http", "https"):
        raise ConfigurationError(
            "the exporter 'mlflow-otlp' needs an MLflow server: set MLFLOW_TRACKING_URI to http://host:port (the "
            "exporter 'mlflow' takes a local database, too). Until then it sends nothing"
        )
    headers = {"x-mlflow-experiment-id": _needed("MLFLOW_EXPERIMENT_ID", "mlflow-otlp", "the id of an experiment")}
    user, token = variable("MLFLOW_TRACKING_USERNAME"), variable("MLFLOW_TRACKING_TOKEN")
    if user is not None:
        headers["Authorization"] = _basic(user, variable("MLFLOW_TRACKING_PASSWORD") or "")
    elif token is not None:
        headers["Authorization"] = f"Bearer {token}"
    for name, header in (("MLFLOW_RUN_ID", "x-mlflow-run-id"), ("MLFLOW_WORKSPACE", "X-MLFLOW-WORKSPACE")):
        if (value := variable(name)) is not None:
            headers[header] = value
    return Connection(f"{host.rstrip('/')}/v1/traces", headers)


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


PRESETS: Final = {
    each.name: each
    for each in (
        Preset("jaeger", jaeger, _jaeger, ALL),
        Preset("langfuse", langfuse, _langfuse),
        Preset("langsmith", langsmith, _langsmith),
        # Of more roots in one request MLflow links none to a run, and says so in its own log only.
        Preset("mlflow-otlp", mlflow, _mlflow, most_roots=100),
        Preset("phoenix", phoenix, _phoenix),
        Preset("weave-otlp", weave, _weave),
    )
}
