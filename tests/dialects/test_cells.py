"""Each cell of docs/mapping.md."""

from __future__ import annotations

import copy
import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import mapping_page
from cells import BACKENDS, ROWS

from otel_prompt import semconv
from otel_prompt.encoding import decoded
from otel_prompt.span_record import SpanRecord

START = 1_795_392_000_000_000_000
EVERY = [pytest.param(row, name, id=f"{row.fact}: {name}") for row in ROWS for name in BACKENDS]


def dialect(name):
    """A backend's dialect."""
    return getattr(import_module(f"otel_prompt.dialects.{name}"), name)


def given(row):
    """The record of a row."""
    held = {semconv.OPERATION: "chat", semconv.PROVIDER: "openai", semconv.REQUEST_MODEL: "gpt-5", **row.given}
    parent = None if row.root else "3" * 16
    status = "error" if row.failed else "unset"
    return SpanRecord("1" * 32, "2" * 16, "chat", START, START + 10**9, parent, status=status, attributes=held)


def holds(found, expected):
    """Whether a value is the expected one; of an object, whether it has what is expected."""
    if isinstance(expected, (dict, list)) and isinstance(found, str):
        found = decoded(found)
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(holds(found.get(k), v) for k, v in expected.items())
    return found == expected


@pytest.mark.parametrize(("row", "name"), EVERY)
def test_a_cell(row, name):
    """The fact stands where that backend reads it, and nowhere where it takes it for something else."""
    cell, record = row.cells[name], given(row)
    found = dialect(name)(record)
    for key, value in cell.has.items():
        assert holds(found.attributes.get(key), value), f"{key} = {found.attributes.get(key)!r}"
    assert not [key for key in cell.lacks if key in found.attributes]
    if cell.event is not None:
        assert (cell.event[0], START + cell.event[1]) in [(e.name, e.time) for e in found.events]
    if cell.status is not None:
        assert found.status_message == cell.status


@pytest.mark.parametrize("name", BACKENDS)
def test_the_given_record_is_not_changed(name):
    """Another dialect gets the same one; ids, times and name are the same in all."""
    for row in ROWS:
        record = given(row)
        before = copy.deepcopy(record)
        found = dialect(name)(record)
        assert record == before
        for field in ("trace_id", "span_id", "parent_id", "start", "end", "name", "kind", "status"):
            assert getattr(found, field) == getattr(record, field)


@pytest.mark.parametrize("name", BACKENDS)
def test_what_has_nothing_to_do_with_models_stays_as_it_is(name):
    """An HTTP request's span."""
    record = SpanRecord("1" * 32, "2" * 16, "GET", 0, 1, attributes={"http.request.method": "GET"})
    assert dialect(name)(record) is record


@pytest.mark.parametrize("name", BACKENDS)
def test_a_zero_is_no_nothing(name):
    """Counts of nought are counts."""
    held = {semconv.OPERATION: "chat", semconv.INPUT_TOKENS: 0, semconv.OUTPUT_TOKENS: 0, semconv.COST_TOTAL: 0.0}
    found = dialect(name)(SpanRecord("1" * 32, "2" * 16, "chat", 0, 1, attributes=held))
    shown = str({k: decoded(v) for k, v in found.attributes.items()})
    assert "0" in shown


@pytest.mark.parametrize("name", BACKENDS)
def test_no_dialect_makes_up_content(name):
    """With content off there is none in any dialect."""
    held = {semconv.OPERATION: "chat", semconv.PROMPT_NAME: "p", semconv.PROMPT_VERSION: "1", semconv.INPUT_TOKENS: 3}
    found = dialect(name)(SpanRecord("1" * 32, "2" * 16, "chat", 0, 1, attributes=held))
    names = ("input", "output", "inputs", "outputs", "mlflow.spanInputs", "mlflow.spanOutputs", "llm.input_messages")
    assert not [
        k for k in found.attributes if k in names or k.endswith((".input", ".output", "input.value", "output.value"))
    ]
    assert semconv.LEGACY_PROMPT not in found.attributes
    assert "llm.prompt_template.variables" not in found.attributes


def test_the_page_says_what_is_tested():
    """``python tests/dialects/mapping_page.py`` writes it anew."""
    assert mapping_page.PAGE.read_text("utf-8") == mapping_page.page()
