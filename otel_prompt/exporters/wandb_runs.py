"""One W&B run, opened for a moment: its description, its prompt's artifact, its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .. import semconv
from ..dialects._links import links as carried
from ..encoding import decoded, encode
from ..invocation import PromptIdentity
from ..mapping import from_attributes
from ..runs import experiment, run_name
from ..span_record import SpanRecord
from .wandb import WandbOptions
from .wandb_ledger import Table
from .wandb_library import run_settings
from .wandb_names import DEFAULT_PROJECT, accepted
from .wandb_rows import config, details

JOB_TYPE: Final = "prompt-experiment"
_MOST_GROUP: Final = 128
_SERVICE: Final = "https://api.wandb.ai"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a run is opened.

    Attributes:
        folder: where its files are put.
        mark: what makes its folder's name unlike that of another in the same second, and come after it.
        is_first: nothing was ever written to it from here.
        is_new: W&B has no such run.
    """

    folder: Path
    mark: str
    is_first: bool
    is_new: bool


def project_of(call: SpanRecord, options: WandbOptions) -> str:
    """The project of a call: the one that is set, or that of its experiment."""
    if options.project:
        return options.project
    return accepted(group_of(call, options) or DEFAULT_PROJECT)


def group_of(call: SpanRecord, options: WandbOptions) -> str | None:
    """The group of a run: its experiment."""
    return experiment(call) or options.experiment


def open_run(wandb: Any, options: WandbOptions, run_id: str, call: SpanRecord, opening: Opening) -> Any:
    """Open a run, or open it again. What a person has changed of it in W&B since stays.

    Args:
        wandb: the library.
        options: where it is.
        run_id: its id.
        call: one of its calls, which says what variant it is.
        opening: how it is opened.
    """
    group = group_of(call, options)
    held = config(call)
    described: dict[str, Any] = {}
    if opening.is_first:
        held |= {**details(call), **{f"links.{where}": link for where, link in links(call, options).items()}}
    if opening.is_new:
        described = {"name": run_name(call), "tags": _tags(call), "notes": notes(call, options)}
    return wandb.init(
        id=run_id,
        entity=options.entity,
        project=project_of(call, options),
        dir=str(opening.folder),
        mode="online" if options.folder is None else "offline",
        resume="allow",
        reinit="create_new",
        group=group[:_MOST_GROUP] if group else None,
        job_type=JOB_TYPE,
        config=held,
        settings=run_settings(wandb, opening.mark),
        **described,
    )


def add_tags(run: Any, calls: Sequence[SpanRecord]) -> None:
    """Give a run the tags of its calls that it has not yet."""
    new = [tag for call in calls for tag in _tags(call) if tag not in (run.tags or ())]
    if new:
        run.tags = (*(run.tags or ()), *dict.fromkeys(new))


def describe_metrics(run: Any) -> None:
    """Let W&B draw by the number of the call."""
    run.define_metric("call")
    for name in ("tokens/*", "cost/*", "latency_ms", "ttft_ms", "error", "eval/*"):
        run.define_metric(name, step_metric="call")


def use_inputs(wandb: Any, run: Any, call: SpanRecord) -> None:
    """Enter the prompt and the dataset as artifacts that the run uses. The same content is the same version."""
    for prompt in from_attributes(call.attributes).prompts:
        if prompt.template is not None:
            _use(run, _prompt(wandb, prompt), _aliases(prompt))
    held = call.attributes
    if name := held.get(semconv.DATASET_NAME):
        prefix = semconv.DATASET_PREFIX
        facts = {k[len(prefix) :]: v for k, v in held.items() if k.startswith(prefix) and ".item." not in k}
        made = wandb.Artifact(f"dataset-{accepted(str(name))}", type="dataset", metadata=facts)
        _file(made, "dataset.json", encode(dict(sorted(facts.items()))))
        _use(run, made, [])


def parts(wandb: Any, table: Table, rows: Sequence[Sequence[Any]], *, offline: bool) -> Any:
    """The next part of a table. Offline nobody but us knows the parts before it."""
    made: Any = wandb.Table(columns=table.columns, log_mode="INCREMENTAL", allow_mixed_types=True)
    for row in rows:
        made.add_data(*row)
    if offline and table.increments:
        made._increment_num, made._previous_increments_paths = len(table.increments), list(table.increments)
    return made


def notes(call: SpanRecord, options: WandbOptions) -> str:
    """What a person reads on the run's page: which prompt it is of, and where else to look."""
    held = call.attributes
    lines = ["Written by otel-prompt: one row for each call of this variant."]
    if name := held.get(semconv.PROMPT_NAME):
        digest = str(held.get(semconv.PROMPT_TEMPLATE_HASH) or "")[:12]
        version = held.get(semconv.PROMPT_VERSION)
        lines.append(f"Prompt: {name}{f' {version}' if version else ''}{f' (template {digest})' if digest else ''}")
    lines += [_line(where, link, call) for where, link in links(call, options).items()]
    return "\n\n".join(lines)


def links(call: SpanRecord, options: WandbOptions) -> dict[str, str]:
    """Where else the variant is seen, by tool: what its first call says, and what can be told from the settings."""
    found: dict[str, str] = {}
    name = call.attributes.get(semconv.PROMPT_NAME)
    if options.mlflow and options.mlflow.startswith("http") and name:
        found["mlflow"] = f"{options.mlflow.rstrip('/')}/#/prompts/{name}"
    if options.weave_project and "/" in options.weave_project:
        pages = "https://wandb.ai" if options.place == _SERVICE else options.place
        found["weave"] = f"{pages}/{options.weave_project}/r/call/{call.span_id}"
    return found | carried(call, "wandb")


def _line(where: str, link: str, call: SpanRecord) -> str:
    """A link as a note has it. One to a single call says so: the run is of them all."""
    one = call.trace_id in link or call.span_id in link
    return f"[{where}]({link}){' (its first call)' if one else ''}"


def _tags(call: SpanRecord) -> list[str]:
    given = call.attributes.get(semconv.TAGS) or ()
    # W&B refuses the whole run for a tag of more than 64 characters.
    return list(dict.fromkeys(str(tag)[:64] for tag in ([given] if isinstance(given, str) else given) if tag))


def _prompt(wandb: Any, prompt: PromptIdentity) -> Any:
    facts = {"name": prompt.name, "version": prompt.version, "template_hash": prompt.template_hash}
    facts |= {"source": prompt.source, "label": prompt.label, "commit": prompt.commit}
    held = {key: value for key, value in facts.items() if value is not None}
    made = wandb.Artifact(f"prompt-{accepted(prompt.name)}", type="prompt", metadata=held)
    text = prompt.template or ""
    messages = isinstance(decoded(text), list)
    _file(made, "prompt.json" if messages else "template.txt", text)
    return made


def _aliases(prompt: PromptIdentity) -> list[str]:
    # Not ``v3``: W&B keeps such names for its own numbers, which count contents and not our versions.
    given = [f"version-{prompt.version}" if prompt.version else "", prompt.label or ""]
    return [accepted(alias) for alias in given if alias and not re.fullmatch(r"v\d+|latest", alias)]


def _use(run: Any, artifact: Any, aliases: Sequence[str]) -> None:
    # What ``run.use_artifact`` does, which however refuses runs without a server, and waits for one without a limit.
    run._log_artifact(artifact, aliases=list(aliases), is_user_created=True, use_after_commit=True)


def _file(artifact: Any, name: str, text: str) -> None:
    with artifact.new_file(name, encoding="utf-8") as file:
        file.write(text)
