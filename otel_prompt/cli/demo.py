"""``otel-prompt demo``: a prompt experiment on a real model, and where all of it can be seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from .. import config, semconv
from ..demo import application, tracker
from ..demo.model import Model, model
from ..demo.paths import shown
from ..errors import OtelPromptError
from ..exporters.store import Store
from ..span_record import SpanRecord
from . import figures
from .calls_table import calls_table
from .terminal import terminal
from .trace_tree import calls, trace_tree

FOLDER = Path(".demo")
_DASHES = "A dash is what is not known: this model has no price; only a streamed call has a first chunk."


def demo() -> None:
    """Run a prompt experiment on a real model, here if no key is set, and show what was recorded."""
    screen = terminal()
    folder = _folder()
    path = (config.load().store or folder / "spans.db").absolute()
    began = time.time_ns()
    with screen.status("Starting a language model on this machine ..."), model(folder / "model.log") as it:
        _introduce(screen, it)
        _run(screen, it, path, folder / "application.log")
    spans = _recorded(path, began)
    screen.print(Text("\nWhat was recorded\n", style="bold"))
    screen.print(calls_table(calls(spans), screen.width))
    if not all(span.attributes.get(semconv.COST_TOTAL) for span in calls(spans)):
        screen.print(Text(_DASHES, style="dim"))
    chain = _chain(spans)
    screen.print(Text("\nThe chain, as one trace\n", style="bold"))
    screen.print(trace_tree(chain))
    _say_where(screen, path, folder, chain[0].trace_id)


def _folder() -> Path:
    folder = FOLDER.absolute()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OtelPromptError(f"the demo keeps its files in {folder}, which cannot be made: {error.strerror}") from None
    return folder


def _introduce(screen: Console, it: Model) -> None:
    where = f"on this machine, at {it.address}" if it.local else f"at {it.address or 'OpenAI'}, by OPENAI_API_KEY"
    screen.print(f"Model        {it.name} {where}")
    screen.print(f"Application  {shown(application.FILE)}")
    screen.print("Started by   opentelemetry-instrument: its file has no tracing code\n")


def _run(screen: Console, it: Model, store: Path, log: Path) -> None:
    """Show each line that the application prints, with the time it took."""
    with screen.status("The application starts ...") as status:
        for line in application.run(it, store, log):
            title, answer = line[: application.TITLE], line[application.TITLE :]
            text = Text(f"{title:<{application.TITLE}}").append(answer, style="dim")
            text.truncate(screen.width, overflow="ellipsis")
            screen.print(text)
            status.update("The model writes ...")


def _recorded(path: Path, began: int) -> list[SpanRecord]:
    store = Store(path)
    try:
        spans = store.spans(since=began, limit=None)
    finally:
        store.close()
    if not spans:
        raise OtelPromptError(f"the application made its calls, but none is in {path}; `otel-prompt doctor` looks why")
    return spans


def _chain(spans: Sequence[SpanRecord]) -> list[SpanRecord]:
    """The trace of the workflow."""
    workflow = next((s for s in spans if s.operation == semconv.INVOKE_WORKFLOW), spans[0])
    return [span for span in spans if span.trace_id == workflow.trace_id]


def _say_where(screen: Console, path: Path, folder: Path, trace_id: str) -> None:
    """Where all of it is to be seen: the store and, delivered from there, MLflow. Commands stay in one line each."""

    def say(title: str, line: str) -> None:
        screen.print(Text(title, style="bold").append(f"\n{line}\n", style="not bold"), soft_wrap=True)

    variable = f"OTEL_PROMPT_STORE={shown(path)} " if config.load().store is None else ""
    screen.print()
    say("Store", shown(path))
    say("Look into it", f"{variable}otel-prompt spans\n{variable}otel-prompt show {trace_id[:8]}")
    if not tracker.installed():
        say("MLflow", "is not installed; with `pip install 'otel-prompt[mlflow]'` the demo shows the same calls there")
        return
    started = time.monotonic()
    with screen.status("Delivering the runs and traces to MLflow ..."):
        delivered = tracker.deliver(path, folder)
    took = figures.seconds(time.monotonic() - started)
    say("MLflow", f"{delivered} traces delivered to {shown(folder / tracker.DATABASE)} in {took}; its own UI:")
    say("Start", tracker.server_command(folder))
    say("Open", tracker.address())
