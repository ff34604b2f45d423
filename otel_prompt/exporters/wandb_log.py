"""A run's ``.wandb`` file, read back: what W&B's own writer has put on disk.

The file begins with seven bytes (``:W&B``, 0xBEE1, a version); then come blocks of 32 KiB as LevelDB's log has them, in
which each record is a ``wandb.proto.wandb_internal_pb2.Record``. A file that was cut off is read as far as it goes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..encoding import decode
from ..errors import require
from ..invocation import Json

_HEADER: Final = struct.pack("<4sH", b":W&B", 0xBEE1)
_BLOCK: Final = 32 * 1024
_FULL, _LAST = 1, 4


def records(file: Path) -> Iterator[Any]:
    """The records of a file, in order; none where there is no such file."""
    pb: Any = require("wandb.proto.wandb_internal_pb2", "wandb")
    undecodable: type[Exception] = require("google.protobuf.message", "wandb").DecodeError
    for payload in _payloads(file.read_bytes() if file.is_file() else b""):
        record = pb.Record()
        try:
            record.ParseFromString(payload)
        except undecodable:
            return
        yield record


def history(file: Path) -> list[Json]:
    """The rows of history of a file."""
    return [_row(record.history.item) for record in records(file) if record.WhichOneof("record_type") == "history"]


def is_whole(file: Path) -> bool:
    """Whether the run was ended: nothing is missing at the end."""
    return any(record.WhichOneof("record_type") == "exit" for record in records(file))


def file_of(folder: Path) -> Path:
    """The file of a run's folder."""
    return next(iter(sorted(folder.glob("run-*.wandb"))), folder / "run-.wandb")


def _row(given: Any) -> Json:
    found: Json = {}
    for item in given:
        *path, key = item.nested_key or [item.key]
        held = found
        for step in path:
            held = held.setdefault(step, {})
        held[key] = decode(item.value_json)
    return found


def _payloads(data: bytes) -> Iterator[bytes]:
    if data[: len(_HEADER)] != _HEADER:
        return
    place, parts = 7, b""
    while place + 7 <= len(data):
        left = _BLOCK - place % _BLOCK
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        place += 7
        if kind == 0 or place + length > len(data):
            return
        parts += data[place : place + length]
        place += length
        if kind in (_FULL, _LAST):
            yield parts
            parts = b""
