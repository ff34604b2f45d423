"""``otel-prompt demo``: a prompt experiment on a real model, and where all of it can be seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from .. import config, semconv, setting_values
from ..deep_links import carried
from ..demo import application, tracker
from ..demo.model import Model, model
from ..demo.paths import program, shown
from ..errors import ConfigurationError, OtelPromptError
from ..exporters.store import Store
from ..span_record import SpanRecord
from ..tree import trees
from .calls_table import calls_table
from .terminal import terminal
from .trace_pages import say_pages
from .trace_tree import calls, trace_tree

FOLDER = Path(".demo")
_DASHES = "A dash is what is not known: this model has no price; only a streamed call has a first chunk."


def demo(
    otlp: Annotated[
        str | None, typer.Option(help="A collector that the spans go to as well, instead of to MLflow.")
    ] = None,
) -> None:
    """Run a prompt experiment on a real model, here if no key is set, and show what was recorded."""
    screen = terminal()
    if otlp is not None:
        _check_address(otlp)
    folder = _folder()
    path = (config.load().store or folder / "spans.db").absolute()
    began = time.time_ns()
    with screen.status("Looking for a language model ...") as status, model(folder / "model.log") as it:
        _introduce(screen, it)
        status.update("The application starts ...")
        for line in application.run(it, path, folder / "application.log", otlp):
            _show(screen, line)
            status.update("The model writes ...")
    spans = _recorded(path, began)
    screen.print(Text("\nWhat was recorded\n", style="bold"))
    screen.print(calls_table(calls(spans), screen.width))
    if not all(span.attributes.get(semconv.COST_TOTAL) for span in calls(spans)):
        screen.print(Text(_DASHES, style="dim"))
    chain = _chain(spans)
    screen.print(Text("\nThe chain, as one trace\n", style="bold"))
    screen.print(trace_tree(chain))
    say_pages(screen, carried(trees(chain)[0].span.attributes).items())
    _say_store(screen, path, chain[0].trace_id)
    if otlp is None:
        _say_mlflow(screen, path, folder)


def _check_address(otlp: str) -> None:
    try:
        setting_values.address(otlp)
    except ConfigurationError as error:
        raise ConfigurationError(f"--otlp {otlp!r} is no address of a collector: {error}") from None


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


def _show(screen: Console, line: str) -> None:
    """One line that the application prints, as far as it fits."""
    text = Text(line[: application.TITLE]).append(line[application.TITLE :], style="dim")
    text.truncate(screen.width, overflow="ellipsis")
    screen.print(text)


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


def _say_store(screen: Console, path: Path, trace_id: str) -> None:
    """How all of it is to be seen in the store."""
    chosen = config.load().store is not None
    command = ("" if chosen else f"OTEL_PROMPT_STORE={shown(path)} ") + program("otel-prompt")
    _say(screen, "\nThe store", shown(path), f"{command} spans", f"{command} show {trace_id[:8]}")


def _say_mlflow(screen: Console, path: Path, folder: Path) -> None:
    """Where it is to be seen in MLflow, to which it is delivered."""
    if not tracker.installed():
        _say(screen, "MLflow", "is not installed: with pip install 'otel-prompt[mlflow]' the demo shows the same there")
        return
    with screen.status("Delivering the runs and traces to MLflow ..."):
        delivered = tracker.deliver(path, folder)
    server, pages = tracker.server(folder)
    _say(screen, f"MLflow has them too ({delivered} traces delivered). Start its own server", server)
    _say(screen, "and open", *pages)


def _say(screen: Console, title: str, *lines: str) -> None:
    """Say some lines under a title, none of them broken: commands are to be copied."""
    screen.print(Text(title, style="bold"))
    for line in lines:
        screen.print(f"  {line}", soft_wrap=True)
