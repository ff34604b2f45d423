"""What an OTLP server was sent, decoded."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Sent:
    """One span as it arrived."""

    path: str
    headers: dict[str, str]
    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start: int
    end: int
    kind: int
    status: tuple[int, str]
    scope: str
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    links: int = 0
    resource: dict[str, Any] = field(default_factory=dict)


def requests(asked: list[tuple[str, str, dict[str, str], bytes]]) -> list[list[Sent]]:
    """The spans of each request that ``http_answers.answering`` was sent."""
    return [_spans(path, {k.lower(): v for k, v in headers.items()}, body) for _, path, headers, body in asked]


def _spans(path: str, headers: dict[str, str], body: bytes) -> list[Sent]:
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    elif headers.get("content-encoding") == "deflate":
        body = zlib.decompress(body)
    found = []
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        about = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            found += [_sent(path, headers, scope.scope.name, about, span) for span in scope.spans]
    return found


def _sent(path: str, headers: dict[str, str], scope: str, resource: dict[str, Any], span: Any) -> Sent:
    return Sent(
        path,
        headers,
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex() or None,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        (span.status.code, span.status.message),
        scope,
        _values(span.attributes),
        [(event.name, event.time_unix_nano, _values(event.attributes)) for event in span.events],
        len(span.links),
        resource,
    )


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(inner) for inner in value.array_value.values]
    return getattr(value, kind) if kind else None
