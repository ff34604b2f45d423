"""The OTLP endpoint: whether it is there, and takes spans from us."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from urllib.parse import unquote, urlsplit

from .. import config
from .findings import Finding, Level, without_password
from .probe import ask, connect

_AREA = "destinations"
_HTTP_DEFAULT = "http://localhost:4318"
_GRPC_DEFAULT = "http://localhost:4317"
_KEY = ("refuses us", "check the key in OTEL_EXPORTER_OTLP_HEADERS (name=value,name=value)")
_REFUSALS = {
    401: _KEY,
    403: _KEY,
    404: (
        "takes no spans at this path",
        "check the path: OTEL_EXPORTER_OTLP_ENDPOINT gets /v1/traces added, ..._TRACES_ENDPOINT does not",
    ),
    422: (
        "lacks something in the request",
        "MLflow wants OTEL_EXPORTER_OTLP_HEADERS=x-mlflow-experiment-id=ID of an experiment",
    ),
}
"""What a status means, and what to do."""
_EMPTY = b"\n\x00"
"""An export of one resource without spans: MLflow refuses a body with nothing in it at all."""


def examine() -> Iterator[Finding]:
    """Send an empty export, which adds nothing anywhere, to the endpoint that is configured."""
    protocol = _variable("PROTOCOL") or "http/protobuf"
    if protocol == "grpc":
        if not any(p.name == "otlp_proto_grpc" for p in entry_points(group="opentelemetry_traces_exporter")):
            advice = (
                "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or pip install opentelemetry-exporter-otlp-proto-grpc"
            )
            text = "is to go over gRPC, but the exporter for that is not installed"
            yield Finding(_AREA, Level.PROBLEM, "otlp", text, advice)
        else:
            yield _over_grpc(config.otlp_endpoint() or _GRPC_DEFAULT)
    else:
        yield _over_http(_traces_url())


def _variable(name: str) -> str | None:
    return config.variable(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or config.variable(f"OTEL_EXPORTER_OTLP_{name}")


def _traces_url() -> str:
    """Where spans go: an endpoint for traces is taken as it is, a general one gets the path added."""
    given = config.variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return given or (config.otlp_endpoint() or _HTTP_DEFAULT).rstrip("/") + "/v1/traces"


def _headers() -> dict[str, str]:
    pairs = (pair.partition("=") for pair in (_variable("HEADERS") or "").split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _over_http(url: str) -> Finding:
    subject = f"otlp {without_password(url)}"
    answer = ask(url, "POST", {**_headers(), "content-type": "application/x-protobuf"}, _EMPTY)
    if answer.status is None:
        advice = "start a collector there, or name another place in OTEL_EXPORTER_OTLP_ENDPOINT"
        return Finding(_AREA, Level.PROBLEM, subject, f"does not answer: {answer.reason}", advice)
    said = f"{answer.status} {answer.reason}".strip()
    if answer.status < 300:
        return Finding(_AREA, Level.OK, subject, "answers")
    if answer.status in _REFUSALS:
        text, advice = _REFUSALS[answer.status]
        return Finding(_AREA, Level.PROBLEM, subject, f"{text}: {said}", advice)
    if answer.status >= 500:
        advice = "its own log says why; what is sent there meanwhile is lost, unlike what goes by the store"
        return Finding(_AREA, Level.PROBLEM, subject, f"answers with an error: {said}", advice)
    advice = "does it speak OTLP over HTTP, at this very path? Its own log says more"
    return Finding(_AREA, Level.WARNING, subject, f"answers, but not as a collector does: {said}", advice)


def _over_grpc(endpoint: str) -> Finding:
    parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    answer = connect(parts.hostname or "localhost", parts.port or 4317)
    subject = f"otlp {without_password(endpoint)}"
    if answer.status is None:
        advice = "start a collector there, or name another place in OTEL_EXPORTER_OTLP_ENDPOINT"
        return Finding(_AREA, Level.PROBLEM, subject, f"does not answer: {answer.reason}", advice)
    return Finding(_AREA, Level.OK, subject, "listens (gRPC)")
