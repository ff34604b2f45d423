"""Settings: what a user may choose, read once. The only reader of the environment.

Highest first: arguments, ``OTEL_PROMPT_*`` and ``OTEL_*`` in the environment, ``[tool.otel-prompt]`` in the nearest
pyproject.toml, defaults.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from . import project_file, setting_values
from .errors import ConfigurationError, logger
from .setting_values import Capture, RunPer, WandbMode


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's choices.

    Attributes:
        clients: the clients to instrument; None means every one that is installed.
        exporters: where spans go: ``store``, ``mlflow``, ``wandb``, ``weave``, ``otlp``, ``console``, ``none``; None
            means what ``OTEL_TRACES_EXPORTER`` names or, without it, the store.
        capture_content: where prompts and answers are recorded; on spans unless told otherwise.
        redact: replace keys, tokens and passwords in all that is captured.
        content_limit: the most characters of one content attribute; longer messages are shortened inside the JSON.
        stream_usage: ask for usage in streamed chats by adding ``stream_options`` to the request. Off: requests are
            never changed.
        store: the path of the local store; None means the user's data folder. Like ``prompts``, a relative one in
            pyproject.toml starts at that file's folder, any other at the current one; ``~`` is the user's own.
        store_megabytes: the most room that the store takes; 0 for any. What is delivered goes first, then texts, and
            figures last.
        store_days: how long the store keeps what it has handed on; None for ever.
        exit_seconds: how long the end of a process waits for what is not yet delivered; the rest is on disk.
        prompts: the folder of prompt files that ``load_prompt`` reads.
        experiment: the experiment that spans without one belong to.
        experimenter: the person or job who experiments; None means the user's login.
        run_per: what a run on a tracker is: a variant (prompt, model, parameters) or each call.
        mlflow_tracking_uri: where MLflow is.
        mlflow_experiment: the MLflow experiment for spans that name none.
        wandb_project: the W&B project of all runs; None means the experiment's name.
        wandb_entity: the W&B user or team; None means the default of whose key it is.
        wandb_mode: ``online``, or ``offline`` to write files for ``wandb sync``.
        wandb_dir: the folder in which the folder ``wandb`` of offline runs is made; None means the current one.
        wandb_base_url: where W&B is; None means its own service.
        weave_project: the Weave project, ``entity/project`` or ``project``; None means as for W&B.
        weave_trace_server: where Weave's traces go; None means as Weave itself has it.
        jaeger_ui: the address of Jaeger's pages, for links; None for no links.
        mlflow_ui: the address of MLflow's pages, for links; None means ``mlflow_tracking_uri``, where that is one.
        filters: which traces an exporter gets, by its name: ``{"langfuse": "prompt=summarize*,ratio=0.1"}``; in the
            environment ``OTEL_PROMPT_<NAME>_FILTER``.
    """

    clients: tuple[str, ...] | None = None
    exporters: tuple[str, ...] | None = None
    capture_content: Capture = Capture.SPAN_ONLY
    redact: bool = True
    content_limit: int = 1_000_000
    stream_usage: bool = False
    store: Path | None = None
    store_megabytes: int = 2_000
    store_days: float | None = None
    exit_seconds: float = 5.0
    prompts: Path = Path("prompts")
    experiment: str | None = None
    experimenter: str | None = None
    run_per: RunPer = RunPer.VARIANT
    mlflow_tracking_uri: str | None = None
    mlflow_experiment: str | None = None
    wandb_project: str | None = None
    wandb_entity: str | None = None
    wandb_mode: WandbMode = WandbMode.ONLINE
    wandb_dir: Path | None = None
    wandb_base_url: str | None = None
    weave_project: str | None = None
    weave_trace_server: str | None = None
    jaeger_ui: str | None = None
    mlflow_ui: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])


def load(arguments: Mapping[str, Any] | None = None, *, strict: bool = True) -> Settings:
    """The settings of this process.

    Args:
        arguments: what was given in code; None values mean "not given".
        strict: with False, a bad value is logged and passed over, so that an application being instrumented still runs.

    Raises:
        ConfigurationError: a value cannot be, and ``strict``.
    """
    found: dict[str, Any] = {}
    file, table = _pyproject()
    _say_unknown_names()
    sources: list[tuple[str, Path, Mapping[str, Any]]] = [
        (
            f"[tool.otel-prompt] in {file}",
            file.parent if file else Path(),
            {k.replace("-", "_"): v for k, v in table.items()},
        ),
        ("the environment", Path(), _environment()),
        ("the arguments", Path(), {k: v for k, v in (arguments or {}).items() if v is not None}),
    ]
    for where, folder, values in sources:
        for name, value in values.items():
            try:
                parsed = _parser(name)(value)
                if isinstance(parsed, dict):  # of each place there is some part
                    parsed = {**found.get(name, {}), **parsed}
                found[name] = folder / parsed if isinstance(parsed, Path) else parsed
            except (ConfigurationError, ValueError, TypeError) as error:
                key = _variable(name) if where == "the environment" else name
                sentence = f"{key} = {value!r} in {where} is not usable: {error}"
                if strict:
                    raise ConfigurationError(sentence) from None
                _say(f"{sentence}. It is left at its default.")
    return replace(Settings(), **found)


@cache
def _say(sentence: str) -> None:
    """Log a sentence, once in a process: settings are read by several parts."""
    logger.error("otel-prompt: %s", sentence)


def _parser(name: str) -> Callable[[Any], Any]:
    if name not in _PARSERS:
        raise ConfigurationError(f"there is no setting of that name; there are: {', '.join(sorted(_PARSERS))}")
    return _PARSERS[name]


_OURS = "OTEL_PROMPT_"
_VARIABLES = {f.name: f"{_OURS}{f.name.upper()}" for f in fields(Settings)} | {
    "mlflow_tracking_uri": "MLFLOW_TRACKING_URI",
    "mlflow_experiment": "MLFLOW_EXPERIMENT_NAME",
    **{name: name.upper() for name in ("wandb_project", "wandb_entity", "wandb_mode", "wandb_dir", "wandb_base_url")},
    "weave_trace_server": "WF_TRACE_SERVER_URL",
    "capture_content": "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
}
"""The environment variable of each setting. One that is another tool's has our own beside it, which is stronger."""


def _own(name: str) -> str:
    return f"{_OURS}{name.upper()}"


def _variable(name: str) -> str:
    """The variable that sets a setting in this environment."""
    return _own(name) if os.environ.get(_own(name)) else _VARIABLES[name]


_FILTER = re.compile(r"OTEL_PROMPT_(\w+)_FILTER")
_ADDRESS = "OTEL_PROMPT_JAEGER_ENDPOINT"


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {n: value for n in _VARIABLES if n != "filters" and (value := os.environ.get(_variable(n)))}
    filters = {m[1]: value for name, value in os.environ.items() if value and (m := _FILTER.fullmatch(name))}
    return {**found, "filters": filters} if filters else found


def _say_unknown_names() -> None:
    """A variable of a name that is nobody's would otherwise do nothing, and say nothing."""
    known = {_own(name) for name in _VARIABLES} | {_ADDRESS}
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in known]:
        if _FILTER.fullmatch(name):
            continue
        from difflib import get_close_matches

        nearest = get_close_matches(name.removeprefix(_OURS).lower(), _VARIABLES, 1)
        there = f"did you mean {_own(nearest[0])}?" if nearest else f"there are: {', '.join(sorted(known))}."
        _say(f"{name} is set in the environment, but there is no such setting; {there}")


def _pyproject() -> tuple[Path | None, Mapping[str, Any]]:
    try:
        return project_file.read()
    except ConfigurationError as error:
        _say(str(error))
        return None, {}


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "clients": setting_values.names,
    "exporters": setting_values.exporters,
    "capture_content": setting_values.capture,
    "redact": setting_values.flag,
    "content_limit": setting_values.length,
    "stream_usage": setting_values.flag,
    "store": setting_values.path,
    "store_megabytes": setting_values.whole,
    "store_days": setting_values.positive,
    "exit_seconds": setting_values.positive,
    "prompts": setting_values.path,
    "experiment": str,
    "experimenter": str,
    "run_per": partial(setting_values.choice, RunPer),
    "mlflow_tracking_uri": str,
    "mlflow_experiment": str,
    "wandb_project": str,
    "wandb_entity": str,
    "wandb_mode": setting_values.wandb_mode,
    "wandb_dir": setting_values.path,
    "wandb_base_url": str,
    "weave_project": str,
    "weave_trace_server": str,
    "jaeger_ui": setting_values.address,
    "mlflow_ui": setting_values.address,
    "filters": setting_values.filters,
}


def attribute_length_limit() -> int | None:
    """The most characters of a span's attribute, as the OpenTelemetry SDK reads it; None for no limit."""
    for name in ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"):
        if (value := os.environ.get(name, "").strip()).isdecimal():
            return int(value)
    return None


def attribute_count_limit() -> int:
    """The most attributes of a span, as the OpenTelemetry SDK reads it; beyond it, the SDK drops those set first."""
    for name in ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"):
        if (value := os.environ.get(name, "").strip()).isdecimal():
            return int(value)
    return 128


def sdk_disabled() -> bool:
    """Whether ``OTEL_SDK_DISABLED`` switches telemetry off."""
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def traces_exporters() -> tuple[str, ...] | None:
    """What ``OTEL_TRACES_EXPORTER`` names, by our own names; None where it is not set."""
    value = os.environ.get("OTEL_TRACES_EXPORTER")
    if not value or not value.strip():
        return None
    return setting_values.exporters(value)


def use_traces_exporters(names: Iterable[str]) -> None:
    """Have the OpenTelemetry SDK read these names, which it knows, in ``OTEL_TRACES_EXPORTER``."""
    os.environ["OTEL_TRACES_EXPORTER"] = ",".join("otel_prompt" if name == "store" else name for name in names)


def otlp_endpoint() -> str | None:
    """Where ``OTEL_EXPORTER_OTLP_(TRACES_)ENDPOINT`` sends spans; None where neither is set."""
    return os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")


def set_default(variable: str, value: str) -> None:
    """Set an environment variable that the OpenTelemetry SDK reads, unless the user has set it."""
    os.environ.setdefault(variable, value)


def variable(name: str) -> str | None:
    """What another tool's environment variable says; None where it is not set or empty."""
    return os.environ.get(name, "").strip() or None


@contextmanager
def apart_from_environment(*prefixes: str) -> Generator[None]:
    """For a moment, hide variables by their prefixes: a library reads them even where it is told all it must know."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefixes)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def environment_of_child(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that we start: this one's, but of OpenTelemetry's variables only the changes."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}, **changes}
