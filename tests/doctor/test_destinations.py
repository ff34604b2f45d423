"""Where spans go, and the store."""

from __future__ import annotations

from pathlib import Path

from finding import found
from recorded import call

from otel_prompt import config
from otel_prompt.config import Settings
from otel_prompt.doctor import Level, destinations
from otel_prompt.exporters.store import Store


def test_a_store_that_is_not_there(quiet_place):
    """It is made with the first span, and not by looking."""
    assert "is made with the first span" in found("store ").text
    assert list(quiet_place.iterdir()) == []


def test_a_store_with_spans(quiet_place):
    """It is counted; what still waits for a destination is a note."""
    store = Store(quiet_place / "spans.db")
    store.write([call(1)])
    assert "; 1 span, " in found("store ").text
    store.write([call(2)])
    assert "2 spans" in found("store ").text
    store.write([call(3)], ["mlflow http://there"])
    store.close()
    finding = found("store ")
    assert finding.level is Level.NOTE
    assert "1 for mlflow http://there" in finding.text


def test_a_broken_store(quiet_place):
    """A file that is no store is a problem."""
    (quiet_place / "spans.db").write_text("no database" * 500)
    assert found("store").level is Level.PROBLEM


def test_a_store_that_cannot_be_made(monkeypatch, quiet_place):
    """A path below a file, or in a file system that takes no files whatever its permissions say, is a problem."""
    if Path("/proc").exists():
        monkeypatch.setenv("OTEL_PROMPT_STORE", "/proc/nowhere/spans.db")
        assert found("store ").level is Level.PROBLEM
    (quiet_place / "file").write_text("")
    monkeypatch.setenv("OTEL_PROMPT_STORE", str(quiet_place / "file" / "spans.db"))
    finding = found("store ")
    assert finding.level is Level.PROBLEM
    assert "OTEL_PROMPT_STORE" in finding.advice


def test_exporters_nobody_has(monkeypatch):
    """A name that is no exporter is a problem, in the environment as in the settings."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otel_prompt,zipkin")
    assert "otlp" in found("zipkin").advice
    findings = list(destinations.examine(Settings(exporters=("zipkin",))))
    assert found("zipkin", findings=findings).level is Level.PROBLEM


def test_spans_that_go_nowhere(monkeypatch):
    """No exporter at all is a choice, and a warning; without the store the command line has nothing to show."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    finding = found("none", findings=list(destinations.examine(Settings())))
    assert (finding.level, finding.text) == (Level.WARNING, "is what OTEL_TRACES_EXPORTER says: spans go nowhere")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    assert found("store").level is Level.NOTE


def test_a_tool_that_takes_otlp(monkeypatch):
    """Where its spans go, or what is missing for that."""
    settings = Settings(exporters=("langfuse",))
    (problem,) = [f for f in destinations.examine(settings) if f.subject == "langfuse"]
    assert "LANGFUSE_PUBLIC_KEY" in (problem.advice or "")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    (fine,) = [f for f in destinations.examine(settings) if f.subject == "langfuse"]
    assert "https://cloud.langfuse.com" in fine.text


def test_a_filter_that_cannot_be(monkeypatch):
    """A term that there is none of, and an exporter that has no filter, are problems; a good one is no finding."""
    monkeypatch.setenv("OTEL_PROMPT_MLFLOW_FILTER", "colour=red")
    monkeypatch.setenv("OTEL_PROMPT_LANGFUS_FILTER", "prompt=a")
    monkeypatch.setenv("OTEL_PROMPT_WANDB_FILTER", "prompt=a,ratio=0.5")
    findings = list(destinations.examine(config.load()))
    problem = found("filter mlflow", findings=findings)
    assert (problem.level, "'colour=red' is no term" in problem.text) == (Level.PROBLEM, True)
    assert "filters are for jaeger, langfuse" in found("filter langfus", findings=findings).text
    assert not [each for each in findings if each.subject == "filter wandb"]
