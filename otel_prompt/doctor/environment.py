"""What the settings and OpenTelemetry's variables make of it all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec

from .. import config
from ..config import Capture, Settings
from ..errors import logger
from .competitors import disabled_instrumentations
from .findings import Finding, Level

_AREA = "settings"
_CAPTURED = {
    Capture.NO_CONTENT: "prompts and answers are not recorded",
    Capture.SPAN_ONLY: "prompts and answers are recorded, on spans",
    Capture.EVENT_ONLY: "prompts and answers are recorded, on events only: the store and MLflow see none",
    Capture.SPAN_AND_EVENT: "prompts and answers are recorded, on spans and on events",
}


class _Sentences(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage())


def chosen_settings() -> tuple[Settings, list[Finding]]:
    """The settings as an application gets them, and a finding for each value that is not usable."""
    sentences, propagate = _Sentences(), logger.propagate
    logger.addHandler(sentences)
    logger.propagate = False
    try:
        settings = config.load(strict=False)
    finally:
        logger.removeHandler(sentences)
        logger.propagate = propagate
    found = [text.removeprefix("otel-prompt: ") for text in sentences.kept]
    return settings, [Finding(_AREA, Level.PROBLEM, "value", text, "correct it, or take it out") for text in found]


def examine(settings: Settings) -> Iterator[Finding]:
    """What is captured, and which variables keep spans from being made."""
    yield _content(settings)
    yield from _switched_off()
    yield from _sampled()
    yield from _distros()
    if find_spec("genai_prices") is None:
        advice = "pip install 'otel-prompt[openai]', or genai-prices by itself"
        yield Finding(_AREA, Level.WARNING, "cost", "is unknown for all calls: there is no price table", advice)
    if (file := config.variable("OTEL_CONFIG_FILE")) is not None:
        text = f"{file} rules: OpenTelemetry then reads no other OTEL_* variable, such as OTEL_TRACES_EXPORTER"
        yield Finding(_AREA, Level.WARNING, "OTEL_CONFIG_FILE", text, "name the exporters in that file, or unset it")


def _content(settings: Settings) -> Finding:
    captured = settings.capture_content
    if captured is Capture.NO_CONTENT:
        return Finding(_AREA, Level.NOTE, "content", _CAPTURED[captured])
    if not settings.redact:
        text = f"{_CAPTURED[captured]}, with all keys and passwords in them"
        return Finding(_AREA, Level.WARNING, "content", text, "set OTEL_PROMPT_REDACT=true, unless no text has any")
    text = f"{_CAPTURED[captured]}; keys and tokens of a form that is known, and passwords in addresses, are taken out"
    return Finding(_AREA, Level.OK, "content", text)


def _switched_off() -> Iterator[Finding]:
    if config.sdk_disabled():
        advice = "unset it to record calls again"
        yield Finding(_AREA, Level.PROBLEM, "OTEL_SDK_DISABLED", "is true: nothing is recorded", advice)
    if {"otel_prompt", "*"} & set(disabled_instrumentations()):
        yield Finding(
            _AREA,
            Level.PROBLEM,
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
            "names otel_prompt or *: opentelemetry-instrument leaves otel-prompt out",
            "take it off that list",
        )


def _sampled() -> Iterator[Finding]:
    sampler = config.variable("OTEL_TRACES_SAMPLER")
    if sampler is not None and sampler.endswith("always_off"):
        advice = "set OTEL_TRACES_SAMPLER=parentbased_always_on, or unset it"
        yield Finding(_AREA, Level.PROBLEM, "OTEL_TRACES_SAMPLER", f"is {sampler}: no span is recorded", advice)
    elif sampler is not None and "ratio" in sampler:
        share = config.variable("OTEL_TRACES_SAMPLER_ARG") or "1.0"
        text = f"is {sampler}: a share of {share} of all traces is recorded; metrics count every call"
        yield Finding(_AREA, Level.NOTE, "OTEL_TRACES_SAMPLER", text)


def _distros() -> Iterator[Finding]:
    """More than one distribution of OpenTelemetry for Python: only one is loaded."""
    others = sorted({p.name for p in entry_points(group="opentelemetry_distro")} - {"otel_prompt"})
    chosen = config.variable("OTEL_PYTHON_DISTRO")
    if chosen not in (None, "otel_prompt"):
        text = f"is {chosen}: opentelemetry-instrument takes its defaults from there; calls are recorded all the same"
        yield Finding(_AREA, Level.NOTE, "OTEL_PYTHON_DISTRO", text)
    elif others:
        text = f"{', '.join(others)} is installed as well; opentelemetry-instrument takes otel_prompt"
        advice = f"OTEL_PYTHON_DISTRO={others[0]} chooses the other"
        yield Finding(_AREA, Level.NOTE, "distro", text, advice)
