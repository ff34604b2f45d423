"""MLflow's own ``load_prompt(...).format(...)``, on a real registry."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest

mlflow = pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")
TEXT = "Summarize in {{n}} words: {{text}}"


@pytest.fixture(scope="module", autouse=True)
def registry(tmp_path_factory):
    """A registry in one SQLite file, with a text and a chat."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db")
    mlflow.genai.register_prompt("summary", TEXT)
    mlflow.genai.set_prompt_alias("summary", "production", 1)
    mlflow.genai.register_prompt("expert", [{"role": "system", "content": "You are an expert on {{topic}}."}])
    mlflow.genai.register_prompt("branch", "{% if kind %}Be kind to {{ who }}, please.{% endif %}")
    yield
    mlflow.set_tracking_uri(before)
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # where MLflow, too, keeps what it is told


@pytest.mark.parametrize("uri", ["prompts:/summary/1", "prompts:/summary@production"])
def test_a_text(ask, uri):
    """A formatted text is known by name, version, label, template, variables and MLflow's own URI."""
    text = mlflow.genai.load_prompt(uri).format(n=3, text="Rome")
    assert (type(text), text) == (str, "Summarize in 3 words: Rome")
    assert ask(text) == {
        "name": "summary",
        "version": "1",
        "label": "production",
        "template": TEXT,
        "hash": sha256(TEXT.encode()).hexdigest(),
        "source": "mlflow",
        "id": "prompts:/summary/1",
        "variables": {"n": "3", "text": "Rome"},
    }


def test_a_chat(ask):
    """A formatted chat is known by its messages."""
    messages = mlflow.genai.load_prompt("prompts:/expert/1").format(topic="Rome")
    found = ask(messages)
    assert (found["name"], found["variables"]) == ("expert", {"topic": "Rome"})


def test_jinja2(ask):
    """MLflow's own Jinja2 templates are known as MLflow's."""
    text = mlflow.genai.load_prompt("prompts:/branch/1").format(kind=True, who="Ada")
    assert ask(text)["name"] == "branch"


def test_half_filled(ask):
    """A prompt that is filled in two steps is known when it is whole."""
    partial = mlflow.genai.load_prompt("prompts:/summary/1").format(n=3, allow_partial=True)
    assert not isinstance(partial, str)
    found = ask(partial.format(text="Rome"))
    assert (found["name"], found["version"]) == ("summary", "1")
