"""Who else records the same calls."""

from __future__ import annotations

import types

import pytest
from finding import found

from otel_prompt import doctor
from otel_prompt.doctor import Level, competitors
from otel_prompt.doctor.wrappers import wrappers


def distribution(folder, name, entry="", requires=""):
    """A package that is installed, as far as its metadata goes."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
    (info / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\n{entry}\n" if entry else "")


def test_no_competitor(monkeypatch):
    """Alone, it says so."""
    monkeypatch.setattr(competitors, "BY_CALL", {})
    monkeypatch.setattr(competitors, "entry_points", lambda **_: ())
    assert found("none").level is Level.OK


@pytest.mark.parametrize(
    ("entry", "requires"),
    [
        ("openai = another.instrumentation.openai:Instrumentor", ""),
        ("other = another.sdk:Instrumentor", 'Requires-Dist: openai>=1.0; extra == "instruments"\n'),
    ],
)
def test_a_competitor(quiet_place, monkeypatch, entry, requires):
    """An instrumentor for the same client is a warning that says how to switch it off, and then a note."""
    distribution(quiet_place, "another", entry, requires)
    monkeypatch.syspath_prepend(str(quiet_place))
    finding = found("another 1.0")
    name = entry.partition(" ")[0]
    assert finding.level is Level.WARNING
    assert f"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={name}" in finding.advice
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", name)
    assert found("another 1.0").level is Level.NOTE


def test_no_competitor_of_ours(quiet_place, monkeypatch):
    """An instrumentor for something else is none of our business."""
    agents = 'Requires-Dist: openai-agents>=0.3; extra == "instruments"\n'
    distribution(quiet_place, "agents", "openai_agents = agents.openai:Instrumentor", agents)
    monkeypatch.syspath_prepend(str(quiet_place))
    assert not [f for f in doctor.examine() if f.subject.startswith("agents")]


def test_one_that_waits_to_be_called(quiet_place, monkeypatch):
    """A library that records calls once the application says so is a note that says how it would."""
    distribution(quiet_place, "openlit")
    monkeypatch.syspath_prepend(str(quiet_place))
    [finding] = [f for f in doctor.examine() if f.subject == "openlit 1.0" and "calls of openai" in f.text]
    assert finding.level is Level.NOTE
    assert "openlit.init()" in finding.text


def test_a_client_that_is_not_installed_has_no_competitors(quiet_place, monkeypatch):
    """What would record the calls of nobody is not worth a word."""
    distribution(quiet_place, "openlit")
    monkeypatch.syspath_prepend(str(quiet_place))
    monkeypatch.setattr(competitors, "installed", lambda name: name == "openai")
    assert len([f for f in doctor.examine() if f.subject == "openlit 1.0"]) == 1


_WRAP = """
import functools
def wrap(f):
    @functools.wraps(f)
    def run(*args, **kwargs):
        return f(*args, **kwargs)
    return run
"""


def test_the_client_is_wrapped_by_another(monkeypatch):
    """A wrapper around the client's method is found, whoever put it there."""
    from openai.resources.chat.completions import Completions

    another = types.ModuleType("another.tracing.openai_patch")
    exec(_WRAP, another.__dict__)
    monkeypatch.setattr(Completions, "create", another.wrap(Completions.create))
    finding = found("another.tracing.openai_patch")
    assert finding.level is Level.WARNING
    assert "has wrapped openai in this process" in finding.text


def test_wrappers_of_nothing():
    """A method that is not wrapped, or not there, has no wrappers."""
    import openai

    assert wrappers(openai.OpenAI.request) == []
    assert wrappers(None) == []
