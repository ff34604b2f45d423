"""What the settings and OpenTelemetry's variables make of it all."""

from __future__ import annotations

import pytest
from finding import found

from otel_prompt import doctor
from otel_prompt.doctor import Level, environment


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("OTEL_SDK_DISABLED", "true", "nothing is recorded"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "flask, otel_prompt", "leaves otel-prompt out"),
        ("OTEL_TRACES_SAMPLER", "always_off", "no span is recorded"),
    ],
)
def test_switched_off(monkeypatch, variable, value, words):
    """What switches recording off is a problem that names the variable."""
    monkeypatch.setenv(variable, value)
    finding = found(variable)
    assert finding.level is Level.PROBLEM
    assert words in finding.text


@pytest.mark.parametrize(
    ("variable", "value", "subject", "level"),
    [
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", "OTEL_TRACES_SAMPLER", Level.NOTE),
        ("OTEL_CONFIG_FILE", "otel.yaml", "OTEL_CONFIG_FILE", Level.WARNING),
        ("OTEL_PYTHON_DISTRO", "distro", "OTEL_PYTHON_DISTRO", Level.NOTE),
        ("OTEL_PROMPT_REDACT", "no", "content", Level.WARNING),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false", "content", Level.NOTE),
    ],
)
def test_worth_knowing(monkeypatch, variable, value, subject, level):
    """What changes the record without ending it is said."""
    monkeypatch.setenv(variable, value)
    assert found(subject).level is level
    assert doctor.healthy(doctor.examine())


def test_a_value_that_cannot_be(monkeypatch, caplog):
    """A bad value is a problem, told once and not on the log."""
    monkeypatch.setenv("OTEL_PROMPT_RUN_PER", "minute")
    finding = found("value")
    assert finding.level is Level.PROBLEM
    assert "OTEL_PROMPT_RUN_PER" in finding.text
    assert caplog.text == ""


def test_no_prices(monkeypatch):
    """Without the price table there is no cost."""
    monkeypatch.setattr(environment, "find_spec", lambda _: None)
    assert found("cost").level is Level.WARNING
