"""``otel-prompt spans``."""

from __future__ import annotations

import json
import os

import pytest
from recorded import call, chain, failed

from otel_prompt import semconv

cell_len = pytest.importorskip("rich.cells").cell_len


def ids(output: str) -> list[int]:
    """The numbers of the calls in JSON output."""
    return [int(line["span_id"], 16) for line in json.loads(output)]


def test_newest_first(store, run):
    """Calls come newest first, steps only when asked for."""
    store.write([call(1, ago=300), call(2, ago=100), *chain()])
    _, out, _ = run("spans", "--json")
    assert ids(out) == [12, 11, 2, 1]
    _, out, _ = run("spans", "--json", "--all")
    assert len(ids(out)) == 6


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--prompt", "explain"], [2]),
        (["--version", "1"], [4, 1]),
        (["--model", "gpt-5"], [3]),
        (["--tag", "canary"], [4]),
        (["--status", "error"], [5]),
        (["--status", "ok", "--limit", "1"], [4]),
        (["--since", "150s"], [5, 4]),
        (["--until", "4m"], [1]),
        (["--since", "1h", "--until", "170s", "--prompt", "story"], [3, 1]),
    ],
)
def test_filters(store, run, filters, found):
    """Each filter leaves what it names; several leave what all of them name."""
    store.write(
        [
            call(1, ago=300),
            call(2, ago=200, attributes={semconv.PROMPT_NAME: "explain", semconv.PROMPT_VERSION: "2"}),
            call(3, ago=180, attributes={semconv.REQUEST_MODEL: "gpt-5", semconv.PROMPT_VERSION: None}),
            call(4, ago=60, attributes={semconv.TAGS: ["canary"]}),
            _failed_of_version_2(5),
        ]
    )
    _, out, _ = run("spans", "--json", *filters)
    assert ids(out) == found


def _failed_of_version_2(number):
    record = failed(number, ago=30)
    record.attributes[semconv.PROMPT_VERSION] = "2"
    return record


def test_a_row_in_json(store, run):
    """JSON holds what the table shows, null for what is not known, and nothing else is printed."""
    store.write([call(1), failed(2, ago=1)])
    code, out, err = run("spans", "--json")
    refused, fine = json.loads(out)
    assert (code, err) == (0, "")
    assert fine["prompt"] == "story"
    assert fine["version"] == "1"
    assert fine["seconds"] == 0.5
    assert fine["cost_usd"] == 0.00123
    assert fine["time_to_first_chunk"] is None
    assert refused["status"] == "error"
    assert refused["error"] == "openai.BadRequestError"
    assert refused["cost_usd"] is None


def test_no_rows_in_json(run):
    """Nothing found is an empty list."""
    assert json.loads(run("spans", "--json")[1]) == []


@pytest.mark.parametrize("columns", [80, 120])
def test_table(store, run, columns):
    """Every figure is whole and every line fits, at 80 columns as at 120."""
    store.write([call(1, ago=1), failed(2), call(3, attributes={semconv.TIME_TO_FIRST_CHUNK: 0.034})])
    _, out, _ = run("spans", columns=columns)
    lines = out.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) in (5, 6)
    for word in ("story", "0.7", "0.50s", "0.03s", "49/70", "$0.0012", "error", "gpt-4o-mini-2024-07-18"):
        assert word in out


def test_what_is_not_known_is_a_dash(store, run):
    """An unknown cost is a dash, a cost of nothing is not."""
    store.write([call(1, attributes={semconv.COST_TOTAL: None}), call(2, ago=1, attributes={semconv.COST_TOTAL: 0.0})])
    _, out, _ = run("spans")
    free, unknown = out.splitlines()[2:4]
    assert "$0.0000" in free
    assert "$" not in unknown


def test_long_names_give_way(store, run):
    """Where names do not fit they are cut, the longest first; figures never are."""
    long = "a-prompt-with-a-name-that-goes-on-and-on"
    store.write(
        [
            call(1, attributes={semconv.PROMPT_NAME: long}),
            call(2, attributes={semconv.RESPONSE_MODEL: "another-model-with-a-long-name"}),
        ]
    )
    _, out, _ = run("spans", columns=80)
    assert max(map(len, out.splitlines())) <= 80
    assert "…" in out
    assert out.count("49/70") == 2


def test_nothing_matches(store, run):
    """An empty answer names the store."""
    code, out, _ = run("spans", "--prompt", "nothing", columns=300)
    assert code == 0
    assert str(store.path) in out


@pytest.mark.parametrize("said", ["yesterday", "5q", "2026-13-01"])
def test_no_time(run, said):
    """A time that is none is one sentence and exit code 2."""
    code, out, err = run("spans", "--since", said)
    assert (code, out) == (2, "")
    assert err.startswith(f"otel-prompt: {said!r} is no time")
    assert err.count("\n") == 1


def test_a_broken_store(store, run):
    """A store that is no database is one sentence and exit code 2."""
    store.path.write_text("this is no database at all, however long it is looked at" * 20)
    code, _, err = run("spans")
    assert code == 2
    assert str(store.path) in err
    assert "Traceback" not in err


def test_a_setting_that_cannot_be(store, run, monkeypatch, caplog):
    """A bad setting elsewhere is one sentence, and does not keep anybody from looking at what is recorded."""
    store.write([call(1)])
    monkeypatch.setenv("OTEL_PROMPT_REDACT", "perhaps-not")
    code, out, _ = run("spans", "--json")
    assert (code, ids(out)) == (0, [1])
    assert [r.getMessage()[:51] for r in caplog.records] == ["otel-prompt: OTEL_PROMPT_REDACT = 'perhaps-not' in "]


def test_nothing_is_made_by_looking(store, run):
    """A store that is not there is empty, and still not there afterwards."""
    for command in (["spans"], ["spans", "--json"], ["show"], ["prompts", "list"], ["doctor"]):
        run(*command)
    assert not store.path.exists()


@pytest.mark.parametrize("arguments", [["--limit", str(10**30)], ["--since", "0001-01-02"], ["--until", "9999-12-30"]])
def test_figures_beyond_what_a_store_can_hold(store, run, arguments):
    """They are as good as the largest that it can."""
    store.write([call(1)])
    assert ids(run("spans", "--json", *arguments)[1]) == [1]


WIDE = {semconv.INPUT_TOKENS: 123456, semconv.OUTPUT_TOKENS: 98765, semconv.COST_TOTAL: 0.0000123}


@pytest.mark.parametrize("columns", [30, 40, 60, 80])
def test_figures_are_never_cut(store, run, columns):
    """Where they do not fit side by side each call has a few lines, in which names give way and no figure is broken."""
    names = {semconv.PROMPT_NAME: "a-prompt-with-a-name-that-goes-on-and-on", semconv.RESPONSE_MODEL: "模型" * 30}
    store.write([call(1, attributes={**WIDE, **names, semconv.TIME_TO_FIRST_CHUNK: 0.034}), failed(2, ago=1), *chain()])
    _, out, _ = run("spans", "--all", columns=columns)
    assert max(map(cell_len, out.splitlines())) <= columns
    for word in ("123456/98765", "$0.000012", "0.50s", "0.03s", "0.7", "49/70", "error", "cccccccc", "execute_tool"):
        assert word in out


def test_a_pipe_gets_whole_lines(store, run, monkeypatch):
    """What is no terminal has no width: names are whole, and no line ends in the middle."""
    name = "a-prompt-with-a-name-that-goes-on-and-on" * 3
    store.write([call(1, attributes={**WIDE, semconv.PROMPT_NAME: name})])
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((80, 25)))
    _, out, _ = run("spans", columns="")
    assert name in out.splitlines()[2]
    _, out, _ = run("show", columns="")
    assert name in out.splitlines()[2]


def test_a_call_with_no_known_prompt(store, run):
    """The function that made it stands for the prompt, marked as automatic; JSON says both apart."""
    gone = {semconv.PROMPT_NAME: None, semconv.PROMPT_VERSION: None}
    auto = {semconv.PROMPT_FUNCTION: "shop.report", semconv.PROMPT_TEMPLATE_HASH: "ab" * 32}
    store.write([call(1, attributes={**gone, **auto})])
    _, out, _ = run("spans")
    assert "~shop.report" in out.splitlines()[2]
    assert "~ no prompt is known: the function that made the call" in out
    [fact] = json.loads(run("spans", "--json")[1])
    assert (fact["prompt"], fact["function"], fact["template_hash"]) == (None, "shop.report", "ab" * 32)
    assert "prompt ~shop.report" in run("show")[1]
