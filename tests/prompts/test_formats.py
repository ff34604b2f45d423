"""The four template languages: variables, values, and what is wrong with a template."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_prompt import Prompt, PromptError

pytest.importorskip("jinja2")
pytest.importorskip("chevron")


@pytest.mark.parametrize(
    ("language", "template", "values", "text"),
    [
        ("simple", "{{a}} and {{ b }}{{a}}", {"a": 1, "b": "x"}, "1 and x1"),
        ("simple", "{a} } {% x %}", {}, "{a} } {% x %}"),
        ("simple", "{{a.b}}", {"a.b": [1]}, "[1]"),
        ("jinja2", "{% for x in xs %}{{ x }};{% endfor %}{{ y|upper }}\n", {"xs": [1, 2], "y": "q"}, "1;2;Q\n"),
        ("jinja2", "{% set a = b %}{{ a }}", {"b": "<&>"}, "<&>"),
        ("mustache", "{{a}} {{{a}}} {{#xs}}{{n}},{{/xs}}", {"a": "<", "xs": [{"n": "&"}, {"n": 2}]}, "< < &,2,"),
        ("mustache", "{{^no}}none{{/no}}", {"no": []}, "none"),
        ("fstring", "{a} {{b}} {c:.2f} {d!r}", {"a": "x", "c": 1.0, "d": "y"}, "x {b} 1.00 'y'"),
    ],
)
def test_rendering(language, template, values, text):
    """Each language gives what its own rules say, and nothing is escaped for HTML."""
    prompt = Prompt("p", template, format=language)
    assert set(prompt.variables) == set(values)
    assert prompt.render(**values) == text


@pytest.mark.parametrize("language", ["simple", "jinja2", "mustache", "fstring"])
@settings(deadline=None)  # the first use imports the language
@given(value=st.text(), before=st.text("ab \n", max_size=5))
def test_a_value_stands_as_it_is(language, value, before):
    """Whatever the value of a variable, it is in the text unchanged and not taken for a template."""
    tag = "{v}" if language == "fstring" else "{{v}}"
    assert Prompt("p", f"{before}{tag}.", format=language).render(v=value) == f"{before}{value}."


@pytest.mark.parametrize(
    ("language", "template", "line", "column", "what"),
    [
        ("simple", "Hi\n  {{a", 2, 3, "never closed"),
        ("simple", "Hi {{}}", 1, 4, "no variable"),
        ("simple", "{{a}} {{b\n{{c}}", 1, 7, "no variable"),
        ("jinja2", "Hi\n{% if x %}", 2, 4, "end of template"),
        ("jinja2", "Hi\nyou {{ a b }}", 2, 10, "got 'b'"),
        ("jinja2", "Hi {% iff %}", 1, 7, "unknown tag"),
        ("mustache", "Hi\nyou {{a", 2, 5, "unclosed tag"),
        ("mustache", "{{#a}}\n{{/b}}", 2, 4, "b"),
        ("mustache", "Hi {{}}", 1, 4, "names nothing"),
        ("fstring", "Hi\n{a", 2, 1, "expected '}'"),
        ("fstring", "Hi {0}", 1, 4, "no plain name"),
        ("fstring", "Hi {a.__class__}", 1, 4, "no plain name"),
        ("fstring", "Hi {a:{b}}", 1, 4, "no plain name"),
        ("fstring", "Hi {a!z}", 1, 4, "{a!z} is no plain name"),
    ],
)
def test_syntax_errors(language, template, line, column, what):
    """A template that cannot be parsed says where, when the prompt is made."""
    with pytest.raises(PromptError) as caught:
        Prompt("p", template, format=language)
    sentence, shown, caret = str(caught.value).split("\n")
    assert sentence.startswith(f"prompt 'p', line {line}, column {column}: ")
    assert what in sentence
    assert shown[2:] == template.splitlines()[line - 1]
    assert caret.index("^") == column + 1


@pytest.mark.parametrize(
    ("language", "template", "values"),
    [
        ("jinja2", "{{ a.b.c }}", {"a": {}}),
        ("jinja2", "{{ a + 1 }}", {"a": "x"}),
        ("jinja2", "{{ 1 // a }}", {"a": 0}),
        ("jinja2", "{{ a.__class__.__mro__ }}", {"a": 1}),
        ("jinja2", "{{ a.append(2) }}", {"a": [1]}),
        ("fstring", "{a:.2f}", {"a": "x"}),
    ],
)
def test_what_cannot_be_rendered(language, template, values):
    """A value that the template cannot use, and one that it may not touch, is a PromptError that names the prompt."""
    with pytest.raises(PromptError, match="'p'"):
        Prompt("p", template, format=language).render(**values)


@pytest.mark.parametrize("language", ["simple", "fstring"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.10"), "1.10"),
        (PurePosixPath("/a b"), "/a b"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ((1, {"a": None}), '[1,{"a":null}]'),
        (object(), None),
        (b"x", None),
        (len, None),
    ],
)
def test_values_that_are_no_text(language, value, text):
    """A value stands as a person would write it, or as JSON; what has no form as text is refused, never made up."""
    prompt = Prompt("p", "{x}" if language == "fstring" else "{{x}}", format=language)
    if text is not None:
        assert prompt.render(x=value) == text
        return
    with pytest.raises(PromptError, match=r"prompt 'p': 'x' is a .*, which has no form as text; give a text"):
        prompt.render(x=value)


def test_too_deep():
    """A template that is nested too deeply is one sentence."""
    with pytest.raises(PromptError, match="nested too deeply"):
        Prompt("p", "{{ " + "(" * 5000 + "x" + ")" * 5000 + " }}", format="jinja2")


def test_a_partial_needs_a_file():
    """A prompt that is in no file cannot include one, and says so."""
    with pytest.raises(PromptError, match="beside it"):
        Prompt("p", "{{> style}}", format="mustache")


def test_an_unknown_format():
    """A format that there is not names those that there are."""
    with pytest.raises(PromptError, match="simple, jinja2, mustache, fstring"):
        Prompt("p", "x", format="erb")
