"""JSON, written for people's data: it never fails, and what comes out is always valid."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any, Final

import msgspec

_encoder = msgspec.json.Encoder(enc_hook=lambda value: simplify(value))  # noqa: PLW0108 - defined below
_decode: Callable[[Any], Any] = msgspec.json.Decoder().decode
_MOST_VALUES: Final = 100_000
"""The most objects, lists and the like of one value that are looked into: a client or a session leads to thousands."""
_DEEPEST: Final = 120
"""How deep they are looked into, well within Python's own limit."""


def encode(value: Any) -> str:
    """The JSON of any value. What JSON has no form for is given by its fields or, failing that, by its type.

    Lone surrogates, which no UTF-8 can hold and for which collectors refuse a whole batch, become U+FFFD.
    """
    try:
        return _encoder.encode(value).decode()
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError):
        return _encoder.encode(_Cleaning().clean(value)).decode()


def decode(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: it is not JSON.
    """
    return _decode(text)


def decoded(text: Any) -> Any:
    """What a JSON string, or its bytes, holds; anything else, and what is not JSON, as it is."""
    if not isinstance(text, (str, bytes)):
        return text
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return text


def printable(text: str) -> str:
    """The plain text without lone surrogates; two that make a character together are that character."""
    if type(text) is not str:  # an enum's, say, prints itself otherwise
        text = str.__str__(text)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def simplify(value: Any) -> Any:
    """One step from any object towards JSON: what is made to hold data gives its fields, all else its type.

    A client, a connection or a session has attributes too, and among them its keys: those are not looked at. Nor is
    what only iterates, such as a database query: to read it would be to run it.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if (fields := _fields(value)) is not None:
        return fields
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    if isinstance(value, (Sequence, AbstractSet, ValuesView)):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(value) if isinstance(value, PurePath) else f"<{type(value).__name__}>"


def _fields(value: Any) -> dict[str, Any] | None:
    """The fields of a model of pydantic's, a dataclass, a class of attrs' or a plain namespace; None of all else."""
    kind = type(value)
    for table in ("__dataclass_fields__", "__attrs_attrs__"):
        if (declared := getattr(kind, table, None)) is not None:
            names = [f if isinstance(f, str) else f.name for f in declared]
            return {name: getattr(value, name) for name in names if hasattr(value, name)}
    # Asked of the class: an object may answer to any name.
    mark = next((n for n in ("__pydantic_fields_set__", "__fields_set__") if hasattr(kind, n)), None)
    if mark is None and kind is not SimpleNamespace:
        return None
    given: Any = getattr(value, mark, ()) if mark is not None else vars(value)
    held = {**vars(value), **(getattr(value, "__pydantic_extra__", None) or {})}
    # A model has a null for each field that the service did not send.
    return {k: v for k, v in held.items() if not k.startswith("_") and (v is not None or k in given)}


class _Cleaning:
    """A copy of one value that is sure to encode; only values that failed once come here."""

    def __init__(self) -> None:
        self._around: set[int] = set()
        self._left = _MOST_VALUES

    def clean(self, value: Any) -> Any:
        """The value, printable and finite. What holds itself, or lies too deep, is named by its type."""
        if isinstance(value, str):
            return printable(str.__str__(value))
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return int(value) if -(2**63) <= value < 2**64 else str(int(value))
        self._left -= 1
        if self._left < 0 or len(self._around) >= _DEEPEST or id(value) in self._around:
            return f"<{type(value).__name__}>"
        self._around.add(id(value))
        try:
            return self._inside(value)
        finally:
            self._around.discard(id(value))

    def _inside(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {printable(str(k)): self.clean(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(v) for v in value]
        if isinstance(value, msgspec.Struct):
            held = ((f.name, getattr(value, f.name)) for f in msgspec.structs.fields(value))
            return {name: self.clean(v) for name, v in held if v is not None}
        return self.clean(simplify(value))
