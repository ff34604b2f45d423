"""``otel-prompt show``."""

from __future__ import annotations

import json

import pytest
from recorded import call, chain, failed

from otel_prompt import Score, ScoreSource, semconv


@pytest.mark.parametrize("columns", [80, 120])
def test_tree(store, run, columns):
    """The tree has every span in its place, its messages, and the sums of the whole trace."""
    store.write(chain())
    code, out, _ = run("show", "cccc", columns=columns)
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= columns
    assert "4 spans" in lines[1]
    assert "98/140 tokens" in lines[1]
    assert "cost $0.0025" in lines[1]
    names = [line for line in lines if "invoke_workflow" in line or "execute_tool" in line or "chat gpt" in line]
    assert [name.lstrip("├└│─ ").split()[0] for name in names] == ["invoke_workflow", "chat", "execute_tool", "chat"]
    assert "Tell me of [the sea] :smile:" in out
    assert '{"event":"the fall"}' in out
    assert "1989" in out


def test_an_error(store, run):
    """A failed call says what went wrong."""
    store.write([failed()])
    _, out, _ = run("show", "1")
    assert "openai.BadRequestError: Error code: 400 - the schema is wrong" in out


def test_the_newest(store, run):
    """Without an id it is the newest trace."""
    store.write([call(1, ago=100), call(2, ago=1)])
    _, out, _ = run("show")
    assert out.startswith(f"trace {call(2).trace_id}")


def test_long_messages(store, run):
    """A long message is shortened, unless all of it is asked for."""
    text = "wide sea, " * 200
    store.write(
        [
            call(
                attributes={
                    semconv.OUTPUT_MESSAGES: json.dumps([{"role": "a", "parts": [{"type": "text", "content": text}]}])
                }
            )
        ]
    )
    _, out, _ = run("show")
    assert "…" in out
    _, out, _ = run("show", "--full")
    assert out.count("wide") == 200


def test_parts_that_are_no_text(store, run):
    """Tool calls, their results, thoughts and images are told in words."""
    parts = [
        {"type": "reasoning", "content": "hm"},
        {"type": "tool_call", "id": "1", "name": "almanac", "arguments": {"event": "it"}},
        {"type": "tool_call_response", "id": "1", "response": {"year": 1989}},
        {"type": "blob", "modality": "image"},
    ]
    store.write([call(attributes={semconv.OUTPUT_MESSAGES: json.dumps([{"role": "assistant", "parts": parts}])})])
    _, out, _ = run("show")
    assert '(thinks: hm) calls almanac({"event":"it"}) {"year":1989} <blob>' in out


def test_json(store, run):
    """JSON is the spans as they were recorded."""
    store.write(chain())
    code, out, err = run("show", "cccc", "--json")
    spans = json.loads(out)
    assert (code, err) == (0, "")
    assert len(spans) == 4
    assert {span["trace_id"] for span in spans} == {"c" * 32}


@pytest.mark.parametrize("arguments", [["show", "dddd"], ["show"]])
@pytest.mark.parametrize("made", [True, False])
def test_nothing_recorded(store, run, arguments, made):
    """An empty store, or none at all, is one sentence that says how to record something."""
    if made:
        store.check_writable()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"otel-prompt: nothing is recorded yet in {store.path}: run your application under ")
    assert err.count("\n") == 1


def test_no_such_trace(store, run):
    """An unknown trace is one sentence and exit code 2."""
    store.write([call(1)])
    code, out, err = run("show", "dddd")
    assert (code, out) == (2, "")
    assert "no trace that begins with 'dddd'" in err
    assert err.count("\n") == 1


def test_content_that_is_no_json(store, run):
    """A trace of another's making is shown as far as it can be read."""
    store.write(
        [call(attributes={semconv.INPUT_MESSAGES: '[{"role": "user", "parts": [{"ty', semconv.TOOL_RESULT: "{"})]
    )
    code, out, _ = run("show")
    assert code == 0
    assert '[{"role": "user", "parts": [{"ty' in out


def test_judgements(store, run):
    """What was said of a call stands under it: by whom, and why."""
    record = call(1)
    store.write([record])
    given = {"trace_id": record.trace_id, "span_id": record.span_id, "time": 7}
    store.write_scores(
        [
            Score(name="helpful", value=True, source=ScoreSource.HUMAN, judge="ada", comment="to the point", **given),
            Score(name="grounded", value=0.25, source=ScoreSource.CODE, **given),
        ]
    )
    _, out, _ = run("show")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "helpful true (ada): to the point" in lines
    assert "grounded 0.25" in lines


def test_pages(store, run, monkeypatch):
    """Under the tree stand the pages in other tools: those that spans say, and where the trace was taken."""
    monkeypatch.setenv("WANDB_ENTITY", "team")
    mlflow, wandb = "mlflow http://m:5001", "wandb https://api.wandb.ai"
    spans = chain()
    spans[0].attributes["otel_prompt.link.jaeger"] = "http://j/trace/" + "c" * 32
    store.write(spans, [mlflow, wandb])
    store.destinations.note(mlflow, "otel-prompt", "7")
    _, out, _ = run("show", columns=80)
    assert out.splitlines()[-1] == f"jaeger   http://j/trace/{'c' * 32}"
    store.outbox.settle(mlflow, store.outbox.due(mlflow, 0, 9), {})
    store.outbox.settle(wandb, store.outbox.due(wandb, 0, 9), {})
    _, out, _ = run("show", columns=80)
    lines = out.splitlines()
    assert f"mlflow   http://m:5001/#/experiments/7/traces?selectedEvaluationId=tr-{'c' * 32}" in lines
    assert [line for line in lines if line.startswith("wandb    https://wandb.ai/team/otel-prompt/runs/")]


def test_what_was_said_is_shown_and_not_obeyed(store, run):
    """A model's answer cannot clear the screen, name the window or turn the text around."""
    evil = "\x1b]0;owned\x07\x1b[2Jclear\x9b31m \u202eback"
    said = json.dumps([{"role": "a", "parts": [{"type": "text", "content": evil}]}])
    store.write([call(attributes={semconv.OUTPUT_MESSAGES: said, semconv.PROMPT_NAME: evil})])
    for command in (("show",), ("show", "--full"), ("spans",), ("prompts", "list")):
        _, out, _ = run(*command)
        assert "[2Jclear" in out
        assert not set(out) & set("\x1b\x07\x9b\u202e")


def test_figures_of_another_instrumentation_may_be_none(store, run):
    """One span whose tokens are a word does not take the whole table away."""
    odd = {
        semconv.INPUT_TOKENS: "many",
        semconv.COST_TOTAL: "x",
        semconv.PROMPT_NAME: 5,
        semconv.TIME_TO_FIRST_CHUNK: [],
    }
    store.write([call(attributes=odd)])
    for command in ("show", "spans"):
        code, out, _ = run(command)
        assert code == 0
        assert "5" in out
