"""Links are put in place when a library is there, and taken off without a trace."""

from __future__ import annotations

import logging
import sys
from hashlib import sha256
from types import ModuleType

import pytest

from otel_prompt.invocation import PromptIdentity
from otel_prompt.links import LIBRARIES, Linking
from otel_prompt.links._base import Link, identity
from otel_prompt.prompts._recognition import recognised

pytestmark = pytest.mark.usefixtures("nothing_rendered")
TEXT = "A text that is long enough to be known."


@pytest.fixture
def library(monkeypatch):
    """A library with one template class, and a link for it."""
    module = ModuleType("a_library")

    class Template:
        def render(self, fail=False):
            """Render."""
            if fail:
                raise KeyError("missing")
            return TEXT

    module.Template = Template
    link = ModuleType("otel_prompt.links.a_library")
    link.LINKS = (Link("a_library", "Template.render", lambda *_: PromptIdentity("p")),)
    monkeypatch.setitem(sys.modules, "otel_prompt.links.a_library", link)
    monkeypatch.setattr("otel_prompt.links.LIBRARIES", ("a_library",))
    monkeypatch.setitem(sys.modules, "a_library", module)
    return module, link


def names():
    """Whose text it is."""
    return [p.name for p in recognised({"prompt": TEXT})]


def test_on_and_off(library):
    """While links are in place a text is known; afterwards the method is the very one that it was."""
    module, _ = library
    original = vars(module.Template)["render"]
    links = Linking()
    assert module.Template().render() is TEXT
    assert names() == ["p"]
    links.remove()
    assert vars(module.Template)["render"] is original


def test_an_exception_is_the_callers(library):
    """What the library raises is raised, and nothing is noted."""
    links = Linking()
    with pytest.raises(KeyError, match="missing"):
        library[0].Template().render(fail=True)
    links.remove()
    assert names() == []


def test_a_fault_of_ours_is_nobodys(library, shield_up, caplog):
    """Where the library is not as expected, the text is rendered all the same, and it is logged once."""
    module, link = library
    link.LINKS = (Link("a_library", "Template.render", lambda *_: 1 / 0),)
    links = Linking()
    with caplog.at_level(logging.WARNING):
        assert [module.Template().render() for _ in range(3)] == [TEXT] * 3
    links.remove()
    assert len(caplog.records) == 1


def test_a_method_that_is_gone(library):
    """A version of the library without the method is left alone."""
    _, link = library
    link.LINKS = (
        Link("a_library", "Template.gone", lambda *_: None),
        Link("a_library", "Gone.render", lambda *_: None),
    )
    Linking().remove()


def test_someone_elses_wrapper_stays(library):
    """A wrapper that was put around ours stays, and ours in it does nothing any more."""
    module, _ = library
    links = Linking()
    ours = vars(module.Template)["render"]
    theirs = module.Template.render = lambda self: ours.__get__(self)()
    links.remove()
    assert vars(module.Template)["render"] is theirs
    assert module.Template().render() == TEXT
    assert names() == []


def test_nothing_is_imported():
    """To link imports none of the libraries."""
    import subprocess

    program = f"""
import sys
from otel_prompt.links import Linking
Linking()
assert not {{"mlflow", "langfuse", "langchain_core", "llama_index", "jinja2", "langsmith"}} & set(sys.modules)
assert {LIBRARIES!r}
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_hash_is_the_same_everywhere():
    """A template has one hash, whichever library it comes from and in whatever order it gives a message's fields."""
    one = identity("x", "p", 1, [{"content": "a", "role": "user"}], {})
    two = identity("y", "p", 1, [{"role": "user", "content": "a"}], {})
    assert one.template_hash == two.template_hash == sha256(b'[{"role":"user","content":"a"}]').hexdigest()
