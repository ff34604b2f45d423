"""A span record as an MLflow span, for MLflow's own interface."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, Final

from ..dialects.mlflow import named, own_attributes
from ..span_record import SpanRecord

_STATUS: Final = {"ok": "STATUS_CODE_OK", "error": "STATUS_CODE_ERROR", "unset": "STATUS_CODE_UNSET"}


def to_mlflow(record: SpanRecord) -> Any:
    """The MLflow span of a record."""
    from mlflow.entities.span import Span

    trace_id = f"tr-{record.trace_id}"
    held = {**own_attributes(record), **named(record), "mlflow.traceRequestId": trace_id}
    return Span.from_dict(
        {
            "trace_id": _base64(record.trace_id),
            "span_id": _base64(record.span_id),
            "parent_span_id": _base64(record.parent_id) if record.parent_id else "",
            "name": record.name,
            "start_time_unix_nano": record.start,
            "end_time_unix_nano": record.end,
            "status": {"code": _STATUS.get(record.status, _STATUS["unset"]), "message": record.status_message or ""},
            "attributes": {key: json.dumps(value, ensure_ascii=False) for key, value in held.items()},
            "events": [{"name": e.name, "time_unix_nano": e.time, "attributes": e.attributes} for e in record.events],
        }
    )


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()
