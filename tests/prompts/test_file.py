"""One prompt as one file: what is written is read, and what cannot be read is shown."""

from __future__ import annotations

import contextlib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_prompt import Prompt, PromptError
from otel_prompt.prompts import Variable
from otel_prompt.prompts.file import parse, unparse

pytest.importorskip("yaml")
FILE = Path("prompts/summarize.md")
MATTERS = [f.name for f in fields(Prompt) if f.name not in ("origin", "identity")]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
word = text.filter(str.strip)
template = text.map(lambda t: t.replace("{{", "{").replace("}}", "}")) | st.sampled_from(
    ["a {{b}}", "user:\nHi", "\n\nx\n", "---\nname: y\n---\n", "a\r\nb", "x\n\nsystem:\n", "", " \tx ", "assistant:  "]
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant", "critic"]), "content": template}),
    min_size=1,
    max_size=4,
)
value = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | text
mapping = st.dictionaries(word, value | st.lists(value, max_size=3), max_size=3)
variable = st.builds(Variable, st.sampled_from(["str", "int", "any"]), description=st.none() | word) | st.builds(
    Variable, st.just("str"), st.just(False), text
)
prompts = st.builds(
    Prompt,
    word,
    template | messages,
    version=st.none() | word,
    parameters=mapping,
    declared=st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), variable, max_size=3),
    description=st.none() | word,
    model=st.none() | word,
    response_schema=st.none() | mapping.filter(bool),
    tags=st.lists(word, max_size=3).map(tuple),
    labels=st.lists(word, max_size=3).map(tuple),
    metadata=mapping,
)


@given(prompts)
def test_parse_is_the_inverse_of_unparse(prompt):
    """A prompt that is written to a file is read from it as it was, with the hash that it had."""
    again = parse(unparse(prompt), FILE)
    assert {name: getattr(again, name) for name in MATTERS} == {name: getattr(prompt, name) for name in MATTERS}


TAGS = {"simple": "{{%s}}", "jinja2": "{{ %s }}", "mustache": "{{{%s}}}", "fstring": "{%s}"}
literal = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}%#\r"), max_size=40)
pieces = st.lists(st.tuples(literal, st.sampled_from(["a", "b", "text_1"])), max_size=4)


@pytest.mark.parametrize("language", TAGS)
@settings(deadline=None)  # the first use imports the language
@given(
    pieces=pieces,
    last=literal,
    values=st.fixed_dictionaries(dict.fromkeys(["a", "b", "text_1"], text)),
    chat=st.booleans(),
)
def test_a_file_renders_as_its_prompt(language, pieces, last, values, chat):
    """In each format, what is written, read and rendered is the literal text with the values in it, to the letter."""
    body = "".join(before + TAGS[language] % name for before, name in pieces) + last
    template = [{"role": "system", "content": body}, {"role": "user", "content": last}] if chat else body
    prompt = Prompt("p", template, format=language)
    again = parse(unparse(prompt), FILE)
    assert (again.template, again.template_hash) == (prompt.template, prompt.template_hash)
    assert set(again.variables) == {name for _, name in pieces}
    rendered = again.render(**{name: values[name] for name in again.variables})
    expected = "".join(before + values[name] for before, name in pieces) + last
    assert rendered == (
        [{"role": "system", "content": expected}, {"role": "user", "content": last}] if chat else expected
    )


@given(prompts)
def test_a_file_settles(prompt):
    """To write what was read changes nothing."""
    once = unparse(prompt)
    assert unparse(parse(once, FILE)) == once


@given(st.text(max_size=300))
def test_any_file_is_read_or_refused(content):
    """A file of any content is a prompt or a PromptError, nothing else."""
    try:
        parse(content, FILE)
    except PromptError as error:
        assert "\n" not in str(error) or "^" in str(error)  # noqa: PT017


@given(st.text(max_size=200))
def test_any_front_matter_is_read_or_refused(content):
    """A front matter of any content is a prompt or a PromptError, nothing else."""
    with contextlib.suppress(PromptError):
        parse(f"---\n{content}\n---\nHi", FILE)


def test_all_keys():
    """Every key of the front matter reaches the prompt."""
    prompt = parse(
        """---
name: digest
description: Short.
version: 1.10
model: gpt-5
format: simple
parameters: {temperature: 0.2, stop: [a]}
variables:
  text: str
  n: {type: int, default: 9, description: how many}
response_schema: {type: object}
tags: [on, 2]
labels: [production, yes]
metadata: {owner: Ada}
---

system:
Be brief.

user:
In {{n}} words:

{{text}}
""",
        FILE,
    )
    assert prompt.template == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "In {{n}} words:\n\n{{text}}"},
    ]
    assert (prompt.name, prompt.version, prompt.model) == ("digest", "1.10", "gpt-5")
    assert prompt.parameters == {"temperature": 0.2, "stop": ["a"]}
    assert (prompt.tags, prompt.labels) == (("on", "2"), ("production", "yes"))
    assert prompt.variables == ("n", "text")
    assert prompt.declared["n"] == Variable("int", False, 9, (), "how many")
    assert (prompt.response_schema, prompt.metadata) == ({"type": "object"}, {"owner": "Ada"})


def test_no_front_matter():
    """A file of text alone is a prompt with the file's name."""
    prompt = parse("Hi {{name}}\n", FILE)
    assert (prompt.name, prompt.template, prompt.version) == ("summarize", "Hi {{name}}", None)


def test_variables_as_a_list():
    """Variables may be named without a type."""
    assert parse("---\nvariables: [a, b]\n---\n{{a}}", FILE).variables == ("a", "b")


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        ("---\nname: x\nHi", 1, "no '---' at its end"),
        ("---\nname: x\ntags: [a, b\n---\nHi", 3, "expected ',' or ']'"),
        ("---\nname: x\n\tversion: 3\n---\nHi", 3, "cannot start any token"),
        ("---\nname: [x\n---\nHi", 2, "expected"),
        ("---\nname: x\nname: y\n---\nHi", 3, "said twice"),
        ("---\nname: x\ntemprature: 1\n---\nHi", 3, "'temprature'"),
        ("---\n- a\n---\nHi", 2, "no mapping"),
        ("---\nparameters: 3\n---\nHi", 2, "no mapping"),
        ("---\ntags: production\n---\nHi", 2, "no list"),
        ("---\nname: [a]\n---\nHi", 2, "no text"),
        ("---\nvariables: 3\n---\nHi", 2, "no mapping"),
        ("---\ntemplate: x\n---\nHi", 2, "as well"),
        ("---\ntemplate: 3\n---\n", 2, "no text"),
        ("---\nname: x\n---\n\nHi\n{{name", 6, "never closed"),
        ("---\nname: x\n---\nsystem:\nHi\n\nuser:\n\nyou\n{{ na me }}", 10, "no variable"),
        ("---\nformat: jinja2\n---\nHi\n{% iff x %}", 5, "unknown tag 'iff'"),
        ("---\nformat: jinja2\n---\nuser:\nHi\nthere {{ a b }}", 6, "expected token"),
        ("---\nformat: mustache\n---\nHi\n{{#a}} x", 5, "never closed"),
        ("---\nformat: fstring\n---\nHi\n{a.b}", 5, "no plain name"),
    ],
)
def test_faults_are_shown(content, place, what):
    """What is wrong is one sentence with file, line and column; below it the line, and a caret."""
    with pytest.raises(PromptError) as caught:
        parse(content, FILE)
    sentence, shown, caret = str(caught.value).split("\n")
    assert sentence.startswith(f"{FILE}, line {place}, column ")
    assert what in sentence
    assert shown == f"  {content.splitlines()[place - 1]}"
    column = int(sentence.split("column ")[1].split(":")[0])
    assert caret == "  " + " " * (column - 1) + "^"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("---\nname: \x00\n---\nHi", "no YAML"),
        ("---\nmetadata: {day: 2024-13-45}\n---\nHi", "no YAML"),
        ("---\nformat: erb\n---\nHi", "no format 'erb'"),
        ("---\nvariables: {a: {typ: str}}\n---\nHi", "'typ'"),
        ("---\nvariables: {a: strng}\n---\nHi", "no known type 'strng'"),
        ("---\nvariables: {a: {type: int, default: x}}\n---\nHi", "is no int"),
    ],
)
def test_faults_name_the_file(content, what):
    """What has no column of its own still names the file."""
    with pytest.raises(PromptError, match=str(FILE)) as caught:
        parse(content, FILE)
    assert what in str(caught.value)


def test_what_yaml_cannot_hold():
    """A prompt with an object in its parameters is one sentence, not a traceback of YAML's."""
    with pytest.raises(PromptError, match="cannot be a file"):
        unparse(Prompt("x", "Hi", parameters={"a": object()}))
