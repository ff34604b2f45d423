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
from .langfuse_scores import LANGFUSE
from .langsmith_scores import LANGSMITH
from .phoenix_scores import PHOENIX
from .score_api import ScoreApi
from .selection import ALL, MODEL, Filter


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a tool is.

    Attributes:
        host: its address, without a path of its own.
        path: what comes after it, where spans are posted to.
        headers: its key among them.
        resource: what the spans' resource must say.
    """

    host: str
    path: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    resource: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def endpoint(self) -> str:
        """The whole address that spans are posted to."""
        return self.host + self.path


@dataclass(frozen=True, slots=True)
class Preset:
    """One tool.

    Attributes:
        dialect: how it reads a span.
        host: its address, whether or not there is a key; raises ConfigurationError where it cannot be one.
        connect: where it is; raises ConfigurationError where that is not known.
        kind: which traces it gets unless a filter says otherwise: those with models in them, or all.
        most_roots: the most root spans in one request; None for no limit.
        most_characters: about the most text in one request. One span that has more goes alone.
        scores: how it is told of judgements; None where it has no scores of its own, or gets them by another way.
    """

    name: str
    dialect: Dialect
    host: Callable[[Settings], str]
    connect: Callable[[Settings], Connection]
    kind: str = MODEL
    most_roots: int | None = None
    most_characters: int = 4_000_000
    scores: ScoreApi | None = None

    @property
    def default(self) -> Filter:
        """Which traces it gets unless a filter says otherwise."""
        return Filter(kind=(self.kind,))


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


def _langfuse_host(_: Settings) -> str:
    return _address("LANGFUSE_BASE_URL or LANGFUSE_HOST", "langfuse", "https://cloud.langfuse.com")


def _langfuse(settings: Settings) -> Connection:
    public = _needed("LANGFUSE_PUBLIC_KEY", "langfuse", "a key")
    secret = _needed("LANGFUSE_SECRET_KEY", "langfuse", "a key")
    headers = {"Authorization": _basic(public, secret), "x-langfuse-ingestion-version": "4"}
    named = {
        "langfuse.environment": variable("LANGFUSE_TRACING_ENVIRONMENT"),
        "langfuse.release": variable("LANGFUSE_RELEASE"),
    }
    said = {name: value for name, value in named.items() if value is not None}
    return Connection(_langfuse_host(settings), "/api/public/otel/v1/traces", headers, said)


def _langsmith_host(_: Settings) -> str:
    return _address("LANGSMITH_ENDPOINT or LANGCHAIN_ENDPOINT", "langsmith", "https://api.smith.langchain.com")


def _langsmith(settings: Settings) -> Connection:
    headers = {"x-api-key": _needed("LANGSMITH_API_KEY or LANGCHAIN_API_KEY", "langsmith", "a key")}
    project = variable("LANGSMITH_PROJECT") or variable("LANGCHAIN_PROJECT") or settings.experiment
    if project:
        headers["Langsmith-Project"] = project
    if workspace := variable("LANGSMITH_WORKSPACE_ID"):
        headers["X-Tenant-Id"] = workspace
    return Connection(_langsmith_host(settings), "/otel/v1/traces", headers)


def _phoenix_host(_: Settings) -> str:
    return _address("PHOENIX_COLLECTOR_ENDPOINT", "phoenix", "http://localhost:6006").removesuffix("/v1/traces")


def _phoenix(settings: Settings) -> Connection:
    pairs = (pair.partition("=") for pair in (variable("PHOENIX_CLIENT_HEADERS") or "").split(",") if "=" in pair)
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    if key := variable("PHOENIX_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    if project := variable("PHOENIX_PROJECT") or variable("PHOENIX_PROJECT_NAME") or settings.experiment:
        headers["x-project-name"] = project
    return Connection(_phoenix_host(settings), "/v1/traces", headers)


def _weave_host(_: Settings) -> str:
    base = _address("WANDB_BASE_URL", "weave-otlp", "https://api.wandb.ai")
    own = "https://trace.wandb.ai" if base == "https://api.wandb.ai" else f"{base}/traces"
    return _address("WF_TRACE_SERVER_URL", "weave-otlp", own)


def _weave(settings: Settings) -> Connection:
    key = _needed("WANDB_API_KEY", "weave-otlp", "a key")
    entity = _needed("WANDB_ENTITY", "weave-otlp", "the W&B team or user whose project it is")
    project = variable("WANDB_PROJECT") or settings.experiment
    if project is None:
        raise ConfigurationError(
            "the exporter 'weave-otlp' needs a project: set WANDB_PROJECT. Until then it sends nothing"
        )
    headers = {"Authorization": _basic("api", key), "project_id": f"{entity}/{project}"}
    said = {"wandb.entity": entity, "wandb.project": project}
    return Connection(_weave_host(settings), "/otel/v1/traces", headers, said)


def _jaeger_host(_: Settings) -> str:
    return _address("OTEL_PROMPT_JAEGER_ENDPOINT", "jaeger", "http://localhost:4318").removesuffix("/v1/traces")


def _jaeger(settings: Settings) -> Connection:
    return Connection(_jaeger_host(settings), "/v1/traces")


def _mlflow_host(settings: Settings) -> str:
    host = settings.mlflow_tracking_uri
    if host is None or urlsplit(host).scheme not in ("http", "https"):
        raise ConfigurationError(
            "the exporter 'mlflow-otlp' needs an MLflow server: set MLFLOW_TRACKING_URI to http://host:port (the "
            "exporter 'mlflow' takes a local database, too). Until then it sends nothing"
        )
    return host.rstrip("/")


def _mlflow(settings: Settings) -> Connection:
    host = _mlflow_host(settings)
    headers = {"x-mlflow-experiment-id": _needed("MLFLOW_EXPERIMENT_ID", "mlflow-otlp", "the id of an experiment")}
    user, token = variable("MLFLOW_TRACKING_USERNAME"), variable("MLFLOW_TRACKING_TOKEN")
    if user is not None:
        headers["Authorization"] = _basic(user, variable("MLFLOW_TRACKING_PASSWORD") or "")
    elif token is not None:
        headers["Authorization"] = f"Bearer {token}"
    for name, header in (("MLFLOW_RUN_ID", "x-mlflow-run-id"), ("MLFLOW_WORKSPACE", "X-MLFLOW-WORKSPACE")):
        if (value := variable(name)) is not None:
            headers[header] = value
    return Connection(host, "/v1/traces", headers)


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


PRESETS: Final = {
    each.name: each
    for each in (
        Preset("jaeger", jaeger, _jaeger_host, _jaeger, ALL),
        Preset("langfuse", langfuse, _langfuse_host, _langfuse, scores=LANGFUSE),
        Preset("langsmith", langsmith, _langsmith_host, _langsmith, scores=LANGSMITH),
        # Of more roots in one request MLflow links none to a run, and says so in its own log only.
        Preset("mlflow-otlp", mlflow, _mlflow_host, _mlflow, most_roots=100),
        Preset("phoenix", phoenix, _phoenix_host, _phoenix, scores=PHOENIX),
        Preset("weave-otlp", weave, _weave_host, _weave),
    )
}
