"""The models that Google's SDK makes of answers, read as what was sent."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from ..invocation import Invocation, Json
from ._base import fields
from ._google_content import spelled
from ._google_generate import GENERATE


def wire(value: Any) -> Any:
    """The SDK's model as it was sent: its names in the service's spelling, its bytes in base64."""
    if isinstance(value, (list, tuple)):
        return [wire(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):  # the keys of a tool's arguments are the application's
        return value
    if not hasattr(value, "model_fields_set"):
        return value
    return _sent(fields(value))


def _sent(held: Json) -> Json:
    return {name: wire(value) for name, value in spelled(held).items() if value is not None}


def _response(inv: Invocation, body: Json) -> None:
    GENERATE.response(inv, _sent(body))


GENERATED = replace(GENERATE, response=_response)
"""An answer as the SDK gives it to the application."""
