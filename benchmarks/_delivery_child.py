"""One process of ``delivery.py``: measures one part in the folder that it is started in, and prints what it found."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from span_records import call, step

from otel_prompt import semconv
from otel_prompt.config import Settings
from otel_prompt.exporters.delivery import sync
from otel_prompt.exporters.mlflow import MlflowDestination
from otel_prompt.exporters.mlflow_entities import to_mlflow
from otel_prompt.exporters.span_exporters import StoreExporter
from otel_prompt.exporters.store import Store
from otel_prompt.span_record import SpanRecord

logging.disable(logging.WARNING)
Traces = list[list[SpanRecord]]


def traces(count: int) -> Traces:
    """A workflow with a chat in it: two spans."""
    found: Traces = []
    for number in range(count):
        root = step()
        root.trace_id = uuid.uuid4().hex
        found.append([root, call(parent=root, RUN_STEP=number)])
    return found


def rate(count: int, work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def store(count: int) -> dict[str, float]:
    """Span records in batches of 512, and the SDK's spans through the exporter, in batches as its processor makes."""
    spans = [span for trace in traces(count // 2) for span in trace]
    kept = Store(Path("spans.db"))
    kept.write(spans[:2])
    found = {"records": rate(count, lambda: [kept.write(spans[i : i + 512]) for i in range(0, count, 512)])}
    batches = list(sdk_batches(count))
    exporter = StoreExporter(Settings(store=Path("exported.db").absolute()))
    exporter.export(batches.pop())
    return found | {"exporter": rate(len(batches) * 512, lambda: [exporter.export(batch) for batch in batches])}


def sdk_batches(count: int) -> Iterator[list[ReadableSpan]]:
    """Spans of the SDK, 512 at once, each with what a call of a model has."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("app")
    attributes = call().attributes
    for _ in range(count // 512):
        batch: list[Any] = []
        for number in range(512):
            span = tracer.start_span("chat gpt-4o-mini", attributes={**attributes, semconv.RESPONSE_ID: f"r-{number}"})
            span.end()
            batch.append(span)
        yield batch


def memory(count: int) -> dict[str, Any]:
    """What a process holds while spans go through its exporter."""
    exporter = StoreExporter(Settings(store=Path("spans.db").absolute()))
    marks, seen, done = [count // 10, count // 2, count // 512 * 512], [], 0
    for batch in sdk_batches(count):
        exporter.export(batch)
        done += len(batch)
        while marks and done >= marks[0]:
            marks.pop(0)
            pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
            seen.append(round(pages * resource.getpagesize() / 1e6))
    return {"spans": done, "megabytes": ", ".join(map(str, seen))}


def mlflow(count: int) -> dict[str, float]:
    """Delivery into a local database, beside MLflow's own ways; each in a database of its own."""
    found = {"delivered": _delivered("sqlite:///ours.db", count)}
    best = 0.0
    for size in (50, 100, 200, 300):
        best = max(best, _log_spans(f"sqlite:///log{size}.db", count, size))
    return found | {"log_spans": best, "autolog": _autolog(count // 10), "naive": _naive(max(count // 30, 5))}


def server(count: int) -> dict[str, float]:
    """Delivery to an ``mlflow server`` on this machine, beside ``log_spans``."""
    with _running() as uri:
        return {"delivered": _delivered(uri, count), "log_spans": _log_spans(uri, count, 100)}


def backlog(count: int) -> dict[str, Any]:
    """Traces that have waited, handed over by ``otel-prompt sync``; then MLflow is asked which it has."""
    from mlflow import MlflowClient

    uri = "sqlite:///mlflow.db"
    target = MlflowDestination(Settings(mlflow_tracking_uri=uri, mlflow_experiment="backlog"))
    target.deliver(traces(1))
    kept, ids = Store(Path("spans.db")), set[str]()
    for _ in range(0, count, 1000):
        some = traces(min(1000, count - len(ids)))
        ids |= {f"tr-{spans[0].trace_id}" for spans in some}
        kept.write([span for spans in some for span in spans], [target.name])
    marks: list[tuple[float, int]] = [(time.perf_counter(), 0)]
    (result,) = sync(kept, [target], on_progress=lambda so_far: marks.append((time.perf_counter(), so_far.traces)))
    client, there, token = MlflowClient(uri), list[str](), None
    place = client.get_experiment_by_name("backlog").experiment_id
    while True:
        page = client.search_traces(locations=[place], max_results=500, page_token=token, include_spans=False)
        there += [trace.info.trace_id for trace in page]
        token = page.token
        if not token:
            break
    some = max(len(marks) // 10, 1)
    held = [each for each in there if each in ids]
    return {
        "traces": result.traces,
        "rate": result.traces / (marks[-1][0] - marks[0][0]),
        "first": (marks[some][1] - marks[0][1]) / (marks[some][0] - marks[0][0]),
        "last": (marks[-1][1] - marks[-1 - some][1]) / (marks[-1][0] - marks[-1 - some][0]),
        "found": len(set(held)),
        "missing": len(ids - set(held)),
        "twice": len(held) - len(set(held)),
    }


def _delivered(uri: str, count: int) -> float:
    target = MlflowDestination(Settings(mlflow_tracking_uri=uri, mlflow_experiment="ours"))
    target.deliver(traces(2))
    waiting, size = traces(count), target.batch
    return rate(count, lambda: [target.deliver(waiting[i : i + size]) for i in range(0, count, size)])


def _log_spans(uri: str, count: int, size: int) -> float:
    from mlflow import MlflowClient
    from mlflow.tracing.client import TracingClient

    place, sink = MlflowClient(uri).create_experiment(f"log {size}"), TracingClient(uri).store
    waiting = traces(count)
    sink.log_spans(place, [to_mlflow(span) for trace in traces(2) for span in trace])

    def write() -> None:
        for i in range(0, count, size):
            sink.log_spans(place, [to_mlflow(span) for trace in waiting[i : i + size] for span in trace])

    return rate(count, write)


def _autolog(count: int) -> float:
    """Calls of the client with MLflow's own tracing, from the first call until all is written."""
    import mlflow
    from endpoint import answered
    from endpoints import CHAT
    from openai_double import Service

    mlflow.set_tracking_uri("sqlite:///autolog.db")
    mlflow.set_experiment("autolog")
    mlflow.openai.autolog()
    client = Service().answer(*[answered(CHAT) for _ in range(count + 1)]).client()
    CHAT.call(client)
    mlflow.flush_trace_async_logging()

    def work() -> None:
        for _ in range(count):
            CHAT.call(client)
        mlflow.flush_trace_async_logging()

    return rate(count, work)


def _naive(count: int) -> float:
    """As the tutorials have it: a run for each call, its parameters and figures one by one, its texts as files."""
    import mlflow

    mlflow.set_tracking_uri("sqlite:///naive.db")
    mlflow.set_experiment("naive")

    def work() -> None:
        for number in range(count):
            with mlflow.start_run(run_name=f"call-{number}"):
                for name in ("prompt_name", "prompt_version", "model", "provider", "temperature"):
                    mlflow.log_param(name, "x")
                for name in ("input_tokens", "output_tokens", "total_tokens", "cost", "latency"):
                    mlflow.log_metric(name, 1.0)
                mlflow.log_text("Summarize Rome", "prompt.txt")
                mlflow.log_text("It fell.", "answer.txt")

    return rate(count, work)


@contextmanager
def _running() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "files"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    uri, end = f"http://127.0.0.1:{port}", time.monotonic() + 180
    try:
        while not _answers(uri):
            if time.monotonic() > end:
                sys.exit("the server does not start")
            time.sleep(0.3)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def _answers(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=1):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    part = {"store": store, "mlflow": mlflow, "server": server, "memory": memory, "backlog": backlog}[sys.argv[1]]
    print(json.dumps(part(int(sys.argv[2]))))
