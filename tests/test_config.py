"""Settings: who wins, what is understood, and one sentence for what is not."""

from __future__ import annotations

import logging
from pathlib import Path
from unittest import mock

import pytest

from otel_prompt import config
from otel_prompt.config import Capture, RunPer, Settings, load
from otel_prompt.errors import ConfigurationError

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder without a project, in an environment that names no MLflow: a test of MLflow's own may leave one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def test_defaults():
    """Nothing set: content is captured, without secrets, and requests are not changed."""
    found = load()
    assert found == Settings()
    assert (found.capture_content, found.redact, found.stream_usage) == (Capture.SPAN_ONLY, True, False)


def test_arguments_before_environment_before_file(elsewhere, monkeypatch):
    """The nearer to the call, the stronger."""
    (elsewhere / "pyproject.toml").write_text(
        '[tool.otel-prompt]\nexperiment = "file"\nexperimenter = "file"\nrun-per = "call"\n'
    )
    monkeypatch.setenv("OTEL_PROMPT_EXPERIMENT", "environment")
    monkeypatch.setenv("OTEL_PROMPT_EXPERIMENTER", "environment")
    found = load({"experiment": "argument", "redact": None})
    assert (found.experiment, found.experimenter, found.run_per) == ("argument", "environment", RunPer.CALL)


def test_the_nearest_project_counts(elsewhere, monkeypatch):
    """A file in a folder above, unless there is one nearer."""
    (elsewhere / "pyproject.toml").write_text('[tool.otel-prompt]\nexperiment = "above"\n')
    (elsewhere / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(elsewhere / "a" / "b")
    assert load().experiment == "above"
    (elsewhere / "a" / "pyproject.toml").write_text("")
    assert load().experiment is None


@pytest.mark.parametrize(
    ("value", "capture"),
    [
        ("NO_CONTENT", Capture.NO_CONTENT),
        ("span_only", Capture.SPAN_ONLY),
        ("Event_Only", Capture.EVENT_ONLY),
        ("SPAN_AND_EVENT", Capture.SPAN_AND_EVENT),
        ("true", Capture.SPAN_ONLY),
        ("TRUE", Capture.SPAN_ONLY),
        ("1", Capture.SPAN_ONLY),
        ("false", Capture.NO_CONTENT),
        ("0", Capture.NO_CONTENT),
    ],
)
def test_the_standard_variable_for_content(value, capture, monkeypatch):
    """All four values, and the true and false of older instrumentations."""
    monkeypatch.setenv(CAPTURE, value)
    assert load().capture_content is capture


@pytest.mark.parametrize(("value", "capture"), [(True, Capture.SPAN_ONLY), (False, Capture.NO_CONTENT)])
def test_content_as_an_argument(value, capture):
    """``capture_content=True``."""
    assert load({"capture_content": value}).capture_content is capture


def test_an_empty_variable_is_not_set(monkeypatch):
    """``NAME=`` in a shell means nothing."""
    monkeypatch.setenv("OTEL_PROMPT_REDACT", "")
    assert load().redact is True


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (CAPTURE, "some", "no_content, span_only, event_only, span_and_event, true, false"),
        ("OTEL_PROMPT_REDACT", "perhaps", "true or false"),
        ("OTEL_PROMPT_CONTENT_LIMIT", "many", "say a number of characters, 100 or more"),
        ("OTEL_PROMPT_CAPTURE_CONTENT", "some", "true, false"),
        ("OTEL_PROMPT_STORE", " ", "say a path"),
        ("OTEL_PROMPT_STORE", "~no-such-user/spans.db", "no such user"),
        ("OTEL_PROMPT_CONTENT_LIMIT", "3", "100 or more"),
        ("OTEL_PROMPT_RUN_PER", "month", "variant, call"),
    ],
)
def test_a_bad_value_is_one_sentence(name, value, says, monkeypatch, caplog):
    """It names the variable, the value and the choices; an application being instrumented still runs."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load()
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} = {value!r} in the environment is not usable")
    assert says in sentence
    assert "\n" not in sentence
    with caplog.at_level(logging.ERROR, "otel_prompt"):
        assert load(strict=False) == Settings()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("name", ["captrue_content", "reddact"])
def test_an_unknown_setting_is_one_sentence(name):
    """It lists those that there are."""
    with pytest.raises(ConfigurationError, match="capture_content"):
        load({name: True})


def test_a_broken_file_is_passed_over(elsewhere, caplog):
    """Half a pyproject.toml belongs to another tool's error message."""
    (elsewhere / "pyproject.toml").write_text("[tool.otel-prompt\n")
    assert load() == Settings()
    assert "pyproject.toml" in caplog.text


@pytest.mark.parametrize("text", ["tool = 3", '[tool]\notel-prompt = "x"'])
def test_a_file_of_another_shape_is_passed_over(text, elsewhere, caplog):
    """One sentence that says what is wrong with it."""
    (elsewhere / "pyproject.toml").write_text(text)
    assert load() == Settings()
    assert "is no table but" in caplog.text


def test_a_file_that_may_not_be_looked_for(elsewhere, caplog):
    """A folder above may be closed to this user."""
    with mock.patch.object(Path, "is_file", side_effect=PermissionError("closed")):
        assert load() == Settings()
    assert "closed" in caplog.text


@pytest.mark.parametrize("value", ["store, mlflow,", ["store", "mlflow"]])
def test_lists(value):
    """By commas, or as a list."""
    assert load({"exporters": value}).exporters == ("store", "mlflow")


def test_a_path(monkeypatch):
    """The store is a path."""
    monkeypatch.setenv("OTEL_PROMPT_STORE", "here/spans.db")
    assert load().store == Path("here/spans.db")


def test_a_path_may_start_at_home(monkeypatch):
    """``~`` is the user's own folder, as in a shell."""
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("OTEL_PROMPT_STORE", "~/spans.db")
    assert load({"prompts": "~/prompts"}).store == Path("/home/ada/spans.db")
    assert load({"prompts": "~/prompts"}).prompts == Path("/home/ada/prompts")


def test_a_path_of_a_file_starts_where_the_file_is(elsewhere, monkeypatch):
    """From whichever folder of a project a program is started, it is the same store and the same prompts."""
    (elsewhere / "pyproject.toml").write_text('[tool.otel-prompt]\nstore = "var/spans.db"\nprompts = "texts"\n')
    (elsewhere / "a").mkdir()
    monkeypatch.chdir(elsewhere / "a")
    assert (load().store, load().prompts) == (elsewhere / "var" / "spans.db", elsewhere / "texts")
    monkeypatch.setenv("OTEL_PROMPT_STORE", "here.db")
    assert load().store == Path("here.db")
    (elsewhere / "pyproject.toml").write_text('[tool.otel-prompt]\nprompts = "/texts"\n')
    assert load().prompts == Path("/texts")


def test_our_own_name_for_what_other_tools_name_too(monkeypatch):
    """Every setting has a variable of ours, which is stronger than the one that is shared."""
    monkeypatch.setenv(CAPTURE, "true")
    monkeypatch.setenv("OTEL_PROMPT_CAPTURE_CONTENT", "false")
    monkeypatch.setenv("OTEL_PROMPT_MLFLOW_TRACKING_URI", "http://ours")
    assert load().capture_content is Capture.NO_CONTENT
    assert load().mlflow_tracking_uri == "http://ours"


@pytest.mark.parametrize(
    ("name", "says"),
    [("OTEL_PROMPT_REDDACT", "did you mean OTEL_PROMPT_REDACT?"), ("OTEL_PROMPT_XYZZY", "there are: OTEL_PROMPT_CAPT")],
)
def test_a_variable_that_is_no_setting(name, says, monkeypatch, caplog):
    """One sentence, with the name that was meant; the other settings hold."""
    monkeypatch.setenv(name, "true")
    assert load() == load() == Settings()
    [record] = caplog.records
    assert record.getMessage().startswith(f"otel-prompt: {name} is set in the environment, but there is no such")
    assert says in record.getMessage()


def test_opentelemetrys_own_variables(monkeypatch):
    """What the SDK reads, we read alike."""
    assert (config.attribute_length_limit(), config.sdk_disabled(), config.traces_exporters()) == (None, False, None)
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "500")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "300")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "True")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp, mlflow")
    assert config.attribute_length_limit() == 300
    assert config.attribute_count_limit() == 128
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "40")
    assert config.attribute_count_limit() == 40
    assert config.sdk_disabled()
    assert config.traces_exporters() == ("otlp", "mlflow")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otel_prompt,store")
    assert config.traces_exporters() == ("store", "store")
