"""Jinja2 templates that an application loads by name."""

from __future__ import annotations

from hashlib import sha256

import pytest

from otel_prompt.links import Linking

jinja2 = pytest.importorskip("jinja2")
SOURCE = "Summarize in {{ n }} words: {{ text }}"


@pytest.fixture
def environment():
    """An application's own templates."""
    return jinja2.Environment(
        loader=jinja2.DictLoader({"deep/summary.j2": SOURCE, "page.html": SOURCE}), enable_async=False
    )


def test_render(ask, environment):
    """The call that uses the text knows the template's name, text, hash and variables."""
    text = environment.get_template("deep/summary.j2").render(n=3, text="Rome")
    assert type(text) is str
    assert ask(text) == {
        "name": "summary",
        "template": SOURCE,
        "hash": sha256(SOURCE.encode()).hexdigest(),
        "source": "jinja2",
        "id": "deep/summary.j2",
        "variables": {"n": "3", "text": "Rome"},
    }


def test_inside_another_text(ask, environment):
    """It is known inside a longer text as well."""
    text = environment.get_template("deep/summary.j2").render({"n": 3}, text="Rome")
    assert ask(f"{text}\n\nThank you.")["variables"] == {"n": "3", "text": "Rome"}


async def test_render_async(ask):
    """The async face gives the same."""
    environment = jinja2.Environment(loader=jinja2.DictLoader({"summary": SOURCE}), enable_async=True)
    text = await environment.get_template("summary").render_async(n=3, text="Rome")
    assert ask(text)["name"] == "summary"


@pytest.mark.parametrize("name", ["page.html", None])
def test_what_is_no_prompt(ask, environment, name):
    """A page for a browser, and a template that was loaded from a text, have no name."""
    template = environment.get_template(name) if name else environment.from_string(SOURCE)
    assert "name" not in ask(template.render(n=3, text="Rome"))


def test_off(environment):
    """Without links it is Jinja2's own method."""
    before = vars(jinja2.Template)["render"]
    Linking().remove()
    assert vars(jinja2.Template)["render"] is before
