"""JSON, written for people's data: it never fails, and what comes out is always valid."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(enc_hook=lambda value: simplify(value))  # noqa: PLW0108 - defined below
_decode: Callable[[Any], Any] = msgspec.json.Decoder().decode


def encode(value: Any) -> str:
    """The JSON of any value. What JSON has no form for is given by its fields or, failing that, by its type.

    Lone surrogates, which no UTF-8 can hold and for which collectors refuse a whole batch, become U+FFFD.
    """
    try:
        return _encoder.encode(value).decode()
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError):
        return _encoder.encode(_cleaned(value, 0)).decode()


def decode(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: it is not JSON.
    """
    return _decode(text)


def decoded(text: Any) -> Any:
    """What a JSON string holds; anything else, and a string that is not JSON, as it is."""
    if not isinstance(text, str):
        return text
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return text


def printable(text: str) -> str:
    """The text without lone surrogates; two that make a character together are that character."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def simplify(value: Any) -> Any:
    """One step from any object towards JSON: an SDK model or a dataclass gives its fields."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    fields = getattr(value, "__dict__", None)
    if isinstance(fields, dict) and not isinstance(value, type) and not callable(value):
        extra = getattr(value, "__pydantic_extra__", None) or {}
        given = getattr(value, "__pydantic_fields_set__", fields)
        # A model has a null for each field that the service did not send.
        return {
            k: v
            for k, v in {**fields, **extra}.items()
            if isinstance(k, str) and not k.startswith("_") and (v is not None or k in given)
        }
    if isinstance(value, Iterable) and hasattr(value, "__len__"):
        return list(value)
    return f"<{type(value).__name__}>"


def _cleaned(value: Any, depth: int) -> Any:
    """A copy that is sure to encode; only values that failed once come here."""
    if isinstance(value, str):
        return printable(str.__str__(value))
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else str(value)
    if depth > 60:
        return f"<{type(value).__name__}>"
    if isinstance(value, dict):
        return {printable(str(k)): _cleaned(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(v, depth + 1) for v in value]
    if isinstance(value, msgspec.Struct):
        return {
            f.name: _cleaned(v, depth + 1)
            for f in msgspec.structs.fields(value)
            if (v := getattr(value, f.name)) is not None
        }
    return _cleaned(simplify(value), depth + 1)
