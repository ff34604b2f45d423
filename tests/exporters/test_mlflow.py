"""MLflow as a destination: native traces, linked prompts, a run for each variant; delivered again, nothing changes."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from span_records import ANSWER, HASH, TEMPLATE, call, step

from otel_prompt import semconv
from otel_prompt.config import RunPer
from otel_prompt.encoding import encode
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.prompts.template import text_of
from otel_prompt.span_record import SpanEvent

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def prompt(name, template=TEMPLATE, version="1"):
    """The attributes of a call with a prompt of its own."""
    digest = sha256(template.encode()).hexdigest()
    return {"PROMPT_NAME": name, "PROMPT_VERSION": version, "PROMPT_TEMPLATE": template, "PROMPT_TEMPLATE_HASH": digest}


def shown(value):
    """A span's attribute as MLflow keeps it."""
    return json.loads(value) if isinstance(value, str) else value


def test_a_call_is_a_native_trace(mlflow):
    """Type, messages, model, tokens, cost, times, session, user, tags and previews are MLflow's own."""
    record = call(
        SESSION_ID="s-1",
        USER_ID="ada",
        EXPERIMENTER="grace",
        TAGS=["nightly"],
        **{"otel_prompt.metadata.ticket": "T-1"},
    )
    mlflow.deliver([record])
    trace = mlflow.trace(record)
    info, (span,) = trace.info, trace.data.spans
    assert info.trace_id == f"tr-{record.trace_id}"
    assert (info.state, info.request_time, info.execution_duration) == ("OK", record.start // 10**6, 900)
    assert (info.request_preview, info.response_preview) == ("Summarize Rome", ANSWER)
    assert info.token_usage == {"input_tokens": 21, "output_tokens": 12, "total_tokens": 33}
    assert json.loads(info.trace_metadata["mlflow.trace.cost"])["total_cost"] == 0.75
    assert info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert info.trace_metadata["mlflow.trace.user"] == "ada"
    assert info.trace_metadata["mlflow.user"] == "grace"
    assert info.trace_metadata["ticket"] == "T-1"
    assert info.tags["tag.nightly"] == "true"
    assert info.tags["service.name"] == "shop"
    assert info.tags["mlflow.traceName"] == "chat gpt-4o-mini"
    assert (span.span_id, span.parent_id, span.name, span.span_type) == (
        record.span_id,
        None,
        record.name,
        "CHAT_MODEL",
    )
    assert (span.start_time_ns, span.end_time_ns) == (record.start, record.end)
    assert span.inputs == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Summarize Rome"}]
    }
    assert span.outputs["choices"][0]["message"] == {"role": "assistant", "content": ANSWER}
    assert shown(span.attributes["mlflow.chat.tokenUsage"])["total_tokens"] == 33
    assert shown(span.attributes["mlflow.llm.cost"]) == {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}
    assert span.attributes["mlflow.llm.model"] == "gpt-4o-mini-2024-07-18"
    assert span.attributes[semconv.PROMPT_NAME] == "summarize"


def test_the_steps_of_a_chain(mlflow):
    """Every step has its type, its input and its output; the tokens of the calls are counted once."""
    root = step(INPUT_TOKENS=42, OUTPUT_TOKENS=24)
    inside = [
        step("look_up", root, OPERATION=semconv.EXECUTE_TOOL, STEP_INPUT=None, STEP_OUTPUT=None,
             TOOL_ARGUMENTS='{"q": 1}', TOOL_RESULT='{"hits": 3}'),
        step("find", root, OPERATION=semconv.RETRIEVAL, STEP_INPUT=encode("Rome"), STEP_OUTPUT='[{"id": 1}]'),
        step("plan", root, OPERATION=semconv.INVOKE_AGENT),
        call(parent=root),
        call(parent=root),
        call(parent=root, OPERATION=semconv.FETCH_RESPONSE),
        call(parent=root, OPERATION=semconv.EMBEDDINGS, OUTPUT_TOKENS=None, OUTPUT_MESSAGES=None, COST_TOTAL=None),
    ]  # fmt: skip
    mlflow.deliver([root, *inside])
    trace = mlflow.trace(root)
    kinds = [span.span_type for span in sorted(trace.data.spans, key=lambda s: s.start_time_ns)]
    assert kinds == ["CHAIN", "TOOL", "RETRIEVER", "AGENT", "CHAT_MODEL", "CHAT_MODEL", "LLM", "EMBEDDING"]
    by_id = {span.span_id: span for span in trace.data.spans}
    assert (by_id[root.span_id].inputs, by_id[root.span_id].outputs) == ({"topic": "Rome"}, "It fell.")
    assert (by_id[inside[0].span_id].inputs, by_id[inside[0].span_id].outputs) == ({"q": 1}, {"hits": 3})
    assert by_id[inside[0].span_id].parent_id == root.span_id
    assert (trace.info.request_preview, trace.info.response_preview) == ("Rome", "It fell.")
    assert trace.info.token_usage == {"input_tokens": 63, "output_tokens": 24, "total_tokens": 87}


def test_a_root_that_says_nothing_shows_what_its_calls_said(mlflow):
    """The list of traces shows an input and an output also where a web request is at the root."""
    root = step(OPERATION=None, STEP_NAME=None, STEP_INPUT=None, STEP_OUTPUT=None)
    mlflow.deliver([root, call(parent=root)])
    info = mlflow.trace(root).info
    assert (info.request_preview, info.response_preview) == ("Summarize Rome", ANSWER)


def test_a_failure_is_seen(mlflow):
    """The state, the error and the exception."""
    record = call(failed=True, ERROR_TYPE="openai.RateLimitError", OUTPUT_MESSAGES=None)
    record.status_message = "slow down"
    record.events.append(SpanEvent("exception", record.end, {"exception.type": "RateLimitError"}))
    mlflow.deliver([record])
    trace = mlflow.trace(record)
    assert trace.info.state == "ERROR"
    assert trace.data.spans[0].status.description == "slow down"
    assert trace.data.spans[0].events[0].attributes["exception.type"] == "RateLimitError"
    assert mlflow.runs()[0].data.metrics["error"] == 1


def test_everything_that_a_message_may_hold_is_shown(mlflow):
    """Pictures, sounds, tools, reasoning and unknown parts, in the one shape that the chat view shows them all in."""
    parts = [
        {"type": "text", "content": "Look"},
        {"type": "uri", "modality": "image", "uri": "https://x/y.png"},
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "UklGRg=="},
        {"type": "file", "file_id": "f-1"},
    ]
    used = [
        {"type": "reasoning", "content": "hm"},
        {"type": "tool_call", "id": "c1", "name": "find", "arguments": {"q": 1}},
    ]
    answered = [
        {"type": "tool_call_response", "id": "c1", "response": {"hits": 3}},
        {"type": "tool_call_response", "id": "c2", "response": "none"},
    ]
    asked = [
        {"role": "developer", "parts": [{"type": "text", "content": "a"}, {"type": "text", "content": "b"}]},
        {"role": "user", "parts": parts},
        {"role": "assistant", "parts": used},
        {"role": "tool", "parts": answered},
    ]
    record = call(
        INPUT_MESSAGES=encode(asked),
        SYSTEM_INSTRUCTIONS=None,
        TOOL_DEFINITIONS=encode(
            [{"type": "function", "name": "find", "description": "d", "parameters": {"type": "object"}}]
        ),
    )
    mlflow.deliver([record])
    (span,) = mlflow.trace(record).data.spans
    system, user, assistant, first, second = span.inputs["messages"]
    assert system == {"role": "system", "content": "a\nb"}
    assert [part["type"] for part in user["content"]] == ["text", "image_url", "input_audio", "text"]
    assert assistant["reasoning"] == "hm"
    assert assistant["tool_calls"][0] == {
        "id": "c1",
        "type": "function",
        "function": {"name": "find", "arguments": '{"q":1}'},
    }
    assert first == {"role": "tool", "tool_call_id": "c1", "content": '{"hits":3}'}
    assert second["content"] == "none"
    assert shown(span.attributes["mlflow.chat.tools"])[0]["function"]["name"] == "find"


def test_content_that_was_not_captured_is_nowhere(mlflow):
    """Without content there are no inputs, outputs, previews, and no template."""
    record = call(
        INPUT_MESSAGES=None,
        OUTPUT_MESSAGES=None,
        SYSTEM_INSTRUCTIONS=None,
        PROMPT_TEMPLATE=None,
        **{semconv.PROMPT_VARIABLE_PREFIX + "n": None},
    )
    mlflow.deliver([record])
    trace = mlflow.trace(record)
    assert trace.data.spans[0].inputs is None
    assert trace.info.request_preview in (None, "")
    assert [f.path for f in mlflow.client.list_artifacts(mlflow.runs()[0].info.run_id)] == ["calls.json"]


def test_a_prompt_that_is_new_is_entered_once(mlflow):
    """The registry learns of it by its template's hash; the trace and the run are found by it."""
    name = f"entered-{mlflow.slug}"
    first, second = call(**prompt(name)), call(**prompt(name))
    mlflow.deliver([first])
    mlflow.deliver([second])
    type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment).deliver([call(**prompt(name))])
    versions = mlflow.versions(name)
    assert [int(v.version) for v in versions] == [1]
    assert versions[0].tags["otel_prompt.template_hash"] == HASH
    shown = mlflow.client.get_prompt(name).tags
    assert (shown["_mlflow_experiment_ids"], "otel_prompt.template_hash" in shown) == (
        f",{mlflow.experiment_id},",
        False,
    )
    assert len(mlflow.traces(f"prompt = '{name}/1'")) == 3
    linked = [{"name": name, "version": "1"}]
    assert json.loads(mlflow.trace(first).info.tags["mlflow.linkedPrompts"]) == linked
    assert json.loads(mlflow.runs()[0].data.tags["mlflow.linkedPrompts"]) == linked


def test_a_prompt_of_the_registry_is_linked(mlflow):
    """A version that somebody has entered by hand is found by its number and text, a chat template too."""
    name = f"known-{mlflow.slug}"
    chat = [{"role": "user", "content": "{{q}}"}]
    mlflow.client.register_prompt(name, "first {{q}}")
    mlflow.client.register_prompt(name, chat)
    text, talk = call(**prompt(name, "first {{q}}", "1")), call(**prompt(name, encode(chat), "2"))
    bare = call(**{**prompt(name, version="2"), "PROMPT_TEMPLATE": None, "PROMPT_TEMPLATE_HASH": None})
    mlflow.deliver([text], [talk], [bare])
    assert [t.info.trace_id for t in mlflow.traces(f"prompt = '{name}/1'")] == [f"tr-{text.trace_id}"]
    assert len(mlflow.traces(f"prompt = '{name}/2'")) == 2
    assert len(mlflow.versions(name)) == 2


def test_a_chat_of_the_registry_is_known_in_any_order_of_its_keys(mlflow):
    """Somebody's messages with their content first are the same template as ours."""
    name = f"keys-{mlflow.slug}"
    mlflow.client.register_prompt(name, [{"content": "{{q}}", "role": "user"}])
    record = call(**prompt(name, text_of([{"role": "user", "content": "{{q}}"}]), "1"))
    mlflow.deliver([record])
    assert len(mlflow.versions(name)) == 1
    assert [t.info.trace_id for t in mlflow.traces(f"prompt = '{name}/1'")] == [f"tr-{record.trace_id}"]


def test_every_link_leads_to_a_version(mlflow):
    """Versions that do not come in MLflow's order are entered under its numbers, which say whose version they are."""
    name = f"later-{mlflow.slug}"
    calls = {v: call(**prompt(name, f"template {v}", v)) for v in ("7", "1", "2", "2.1")}
    for each in calls.values():
        mlflow.deliver([each])
    type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment).deliver([calls["1"]])
    own = {int(v.version): v.tags["otel_prompt.version"] for v in mlflow.versions(name)}
    assert all(v.tags["mlflow.prompt.text"] == f"template {own[int(v.version)]}" for v in mlflow.versions(name))
    assert own == {1: "7", 2: "1", 3: "2", 4: "2.1"}
    for number, version in own.items():
        linked = json.loads(mlflow.trace(calls[version]).info.tags["mlflow.linkedPrompts"])
        assert linked == [{"name": name, "version": str(number)}]
        assert [t.info.trace_id for t in mlflow.traces(f"prompt = '{name}/{number}'")] == [
            f"tr-{calls[version].trace_id}"
        ]


def test_a_prompt_that_was_loaded_from_mlflow_has_its_number(mlflow):
    """What we have called another version does not stand in the way of the number that MLflow gave."""
    name = f"loaded-{mlflow.slug}"
    mlflow.deliver([call(**prompt(name, "ours", "7"))])
    loaded = call(**prompt(name, "ours", "1"), PROMPT_SOURCE="mlflow")
    mlflow.deliver([loaded])
    assert len(mlflow.traces(f"prompt = '{name}/1'")) == 2
    assert len(mlflow.versions(name)) == 1


def test_no_link_is_better_than_a_wrong_one(mlflow):
    """Another template under the same number is not linked, nor is a version whose template is not known."""
    name = f"wrong-{mlflow.slug}"
    mlflow.client.register_prompt(name, "somebody's own")
    other = call(**prompt(name, "ours", "1"))
    bare = call(**{**prompt(name, "ours, much later", "7"), "PROMPT_TEMPLATE": None})
    mlflow.deliver([other], [bare])
    for each in (other, bare):
        assert "mlflow.linkedPrompts" not in mlflow.trace(each).info.tags
    assert mlflow.traces(f"prompt = '{name}/1'") == []
    assert len(mlflow.versions(name)) == 1
    assert mlflow.trace(other).info.tags["prompt.version"] == "1"


def test_a_name_that_the_registry_cannot_hold_is_no_failure(mlflow):
    """The trace arrives, without a link; so it does where a model has the prompt's name."""
    odd = call(**prompt("a name / with everything"))
    name = f"model-{mlflow.slug}"
    mlflow.client.create_registered_model(name)
    model = call(**prompt(name))
    mlflow.deliver([odd], [model])
    assert len(mlflow.traces()) == 2
    assert "mlflow.linkedPrompts" not in mlflow.trace(odd).info.tags
    assert "mlflow.linkedPrompts" not in mlflow.trace(model).info.tags


def test_a_variant_is_a_run(mlflow):
    """Its params are the variant, each call is a step of its metrics at its own time, and the table holds them all."""
    calls = [
        call(RUN_STEP=n, TAGS=["nightly"], EXPERIMENTER="grace", DATASET_NAME="news", DATASET_VERSION="3")
        for n in range(3)
    ]
    other = call(RUN_STEP=0, **{semconv.REQUEST_PREFIX + "temperature": 0.7})
    calls[0].resource[semconv.VCS_REVISION] = "c" * 40
    mlflow.deliver([calls[0]], [calls[1]], [other])
    mlflow.deliver([calls[2]])
    assert len(mlflow.runs()) == 2
    (run,) = mlflow.runs("params.`llm.temperature` = '0.2'")
    assert run.info.run_name == "summarize 1 · gpt-4o-mini · temperature=0.2"
    assert (run.info.status, run.info.start_time) == ("FINISHED", calls[0].start // 10**6)
    assert run.info.end_time == calls[2].end // 10**6
    assert run.data.params == {
        "prompt.name": "summarize",
        "prompt.version": "1",
        "prompt.template_hash": HASH,
        "llm.operation": "chat",
        "llm.provider": "openai",
        "llm.model": "gpt-4o-mini",
        "llm.temperature": "0.2",
        "dataset.name": "news",
        "dataset.version": "3",
    }
    assert run.data.metrics == {
        "tokens.input": 21, "tokens.output": 12, "tokens.total": 33, "cost.usd": 0.75,
        "latency_ms": 900, "ttft_ms": 210, "error": 0,
    }  # fmt: skip
    history = mlflow.client.get_metric_history(run.info.run_id, "latency_ms")
    assert [(m.step, m.timestamp) for m in history] == [(n, c.end // 10**6) for n, c in enumerate(calls)]
    assert (run.data.tags["tag.nightly"], run.data.tags["mlflow.user"]) == ("true", "grace")
    assert run.data.tags["mlflow.source.git.commit"] == "c" * 40
    assert run.inputs.dataset_inputs[0].dataset.name == "news"
    found = mlflow.client.search_traces(locations=[mlflow.experiment_id], run_id=run.info.run_id)
    assert {t.info.trace_id for t in found} == {f"tr-{c.trace_id}" for c in calls}
    table = mlflow.table(run)
    assert [row["trace_id"] for row in table] == [f"tr-{c.trace_id}" for c in calls]
    assert (
        table[0] | {"call": 0, "input": "Summarize Rome", "output": ANSWER, "status": "ok", "latency_ms": 900}
        == table[0]
    )
    assert (
        table[0] | {"tokens.input": 21, "tokens.output": 12, "cost.usd": 0.75, "ttft_ms": 210, "var.n": "9"} == table[0]
    )
    assert mlflow.artifact(run, "prompt/template.txt") == TEMPLATE


def test_a_trace_of_several_variants_is_in_all_their_runs(mlflow):
    """A chain that calls two models shows up at both."""
    root = step()
    mlflow.deliver([root, call(parent=root), call(parent=root, REQUEST_MODEL="gpt-5")])
    assert len(mlflow.runs()) == 2
    for run in mlflow.runs():
        found = mlflow.client.search_traces(locations=[mlflow.experiment_id], run_id=run.info.run_id)
        assert [t.info.trace_id for t in found] == [f"tr-{root.trace_id}"]


def test_delivering_again_changes_nothing(mlflow):
    """Twice, in other batches, by another process: the same runs, metrics, traces, tables."""
    root = step()
    traces = [[root, call(parent=root, RUN_STEP=0)], [call(RUN_STEP=1)], [call(RUN_STEP=0, REQUEST_MODEL="gpt-5")]]
    mlflow.deliver(*traces)
    before, tables = mlflow.everything(), [mlflow.table(run) for run in mlflow.runs()]
    mlflow.deliver(*traces)
    again = type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment)
    for trace in reversed(traces):
        again.deliver(trace)
    assert mlflow.everything() == before
    assert [mlflow.table(run) for run in mlflow.runs()] == tables


def test_a_trace_may_come_in_parts(mlflow):
    """What comes late is added: spans, tokens and cost. The root describes the trace, whenever it comes."""
    root = step()
    early, late = call(parent=root), call(parent=root)
    early.remote_parent = True
    mlflow.deliver([early])
    assert mlflow.trace(root).info.request_preview == "Summarize Rome"
    mlflow.deliver([root, early])
    mlflow.deliver([root, early, late])
    late.remote_parent = True
    mlflow.deliver([late])
    trace = mlflow.trace(root)
    assert len(trace.data.spans) == 3
    assert (trace.info.request_preview, trace.info.execution_duration) == ("Rome", 9000)
    assert trace.info.token_usage["total_tokens"] == 66
    assert json.loads(trace.info.trace_metadata["mlflow.trace.cost"])["total_cost"] == 1.5
    assert len(mlflow.traces()) == 1


def test_an_experiment_of_its_own(mlflow):
    """A span's experiment is MLflow's experiment, before that of the settings."""
    record = call(EXPERIMENT=f"{mlflow.experiment} own")
    mlflow.deliver([record], [call()])
    own = mlflow.client.get_experiment_by_name(f"{mlflow.experiment} own").experiment_id
    assert mlflow.trace(record).info.experiment_id == own
    assert len(mlflow.traces()) == 1


def test_a_trace_that_mlflow_cannot_take_holds_nothing_up(mlflow):
    """The others arrive, and the error names the one."""
    bad, good = call(), call()
    bad.start = bad.end = -(2**70)
    with pytest.raises(DeliveryError) as caught:
        mlflow.deliver([good], [bad])
    assert list(caught.value.failed) == [bad.trace_id]
    assert [t.info.trace_id for t in mlflow.traces()] == [f"tr-{good.trace_id}"]


def test_a_run_for_each_call(mlflow):
    """OTEL_PROMPT_RUN_PER=call: as many runs as calls."""
    each = type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment, run_per=RunPer.CALL)
    each.deliver([call()], [call()])
    assert len(mlflow.runs()) == 2


def test_two_processes_that_make_a_run_at_once_agree(mlflow, monkeypatch):
    """MLflow has no "create if absent": both make one, both use the older, and the other is taken back."""
    first, second = mlflow, type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment)
    for each in (first, second):
        each.destination.open()
    runs = second.destination._opened.runs
    look, asked = runs._oldest, []

    def blind_at_first(experiment_id, key):
        asked.append(key)
        return None if len(asked) == 1 else look(experiment_id, key)

    first.deliver([call(RUN_STEP=0)])
    monkeypatch.setattr(runs, "_oldest", blind_at_first)
    second.deliver([call(RUN_STEP=1)])
    assert len(asked) == 2
    [left] = mlflow.runs()
    assert len(mlflow.client.get_metric_history(left.info.run_id, "error")) == 2


def test_what_the_application_has_set_up_of_mlflow_stays(mlflow, capfd):
    """Neither its tracking address nor its experiment is touched, and nothing is printed."""
    before = mlflow.module.get_tracking_uri()
    mlflow.deliver([call()])
    assert mlflow.module.get_tracking_uri() == before
    assert mlflow.module.active_run() is None
    assert capfd.readouterr() == ("", "")


def test_a_table_grows_by_parts(mlflow):
    """After a thousand calls a run goes on in another table."""
    mlflow.deliver([call(RUN_STEP=999)], [call(RUN_STEP=1000)])
    (run,) = mlflow.runs()
    files = [f.path for f in mlflow.client.list_artifacts(run.info.run_id)]
    assert sorted(files) == ["calls.json", "calls_1.json", "prompt"]


def test_the_variants_of_an_experiment_stand_under_one_run(mlflow):
    """An experiment with a dataset is compared as one; without a dataset there is no run above."""
    named = {"EXPERIMENT": mlflow.experiment, "DATASET_NAME": "news", "DATASET_VERSION": "3"}
    mlflow.deliver([call(**named)], [call(**named, REQUEST_MODEL="gpt-5")], [call(EXPERIMENT=mlflow.experiment)])
    above = next(run for run in mlflow.runs() if run.info.run_name == f"{mlflow.experiment} · news 3")
    below = mlflow.runs(f"tags.`mlflow.parentRunId` = '{above.info.run_id}'")
    assert sorted(run.data.params["llm.model"] for run in below) == ["gpt-4o-mini", "gpt-5"]
    assert above.inputs.dataset_inputs[0].dataset.name == "news"
    assert len(mlflow.runs()) == 4
    type(mlflow)(mlflow.module, mlflow.uri, mlflow.experiment).deliver([call(**named, REQUEST_MODEL="o3")])
    assert len(mlflow.runs(f"tags.`mlflow.parentRunId` = '{above.info.run_id}'")) == 3


def test_where_else_a_call_is_seen(mlflow):
    """Addresses, filled in with the call's ids, are tags of the trace; of the run where they are not one call's."""
    record = call()
    record.resource["otel_prompt.link.jaeger"] = "http://jaeger/trace/{trace_id}?uiFind={span_id}"
    record.resource["otel_prompt.link.wandb"] = "https://wandb.ai/me/p/runs/{run_id}"
    mlflow.deliver([record])
    tags = mlflow.trace(record).info.tags
    assert tags["otel_prompt.link.jaeger"] == f"http://jaeger/trace/{record.trace_id}?uiFind={record.span_id}"
    (run,) = mlflow.runs()
    key = run.data.tags["otel_prompt.run_key"]
    assert tags["otel_prompt.link.wandb"] == f"https://wandb.ai/me/p/runs/{key[:16]}"
    assert run.data.tags["otel_prompt.link.wandb"] == tags["otel_prompt.link.wandb"]
    assert "otel_prompt.link.jaeger" not in run.data.tags


def test_a_version_of_the_application_is_linked(mlflow):
    """A LoggedModel that the application names: its page lists the traces and the run."""
    model = mlflow.client.create_logged_model(mlflow.experiment_id_made, f"app-{mlflow.slug}"[:60])
    record = call(**{"otel_prompt.metadata.mlflow.modelId": model.model_id})
    mlflow.deliver([record])
    found = mlflow.client.search_traces(locations=[mlflow.experiment_id], model_id=model.model_id)
    assert [t.info.trace_id for t in found] == [f"tr-{record.trace_id}"]
    run = mlflow.client.get_run(mlflow.runs()[0].info.run_id)
    assert [m.model_id for m in run.inputs.model_inputs] == [model.model_id]


def test_a_run_that_was_deleted_begins_anew(mlflow):
    """What somebody has thrown away does not hold up what comes."""
    mlflow.deliver([call(RUN_STEP=0)])
    (old,) = mlflow.runs()
    mlflow.client.delete_run(old.info.run_id)
    mlflow.deliver([call(RUN_STEP=1)])
    (new,) = mlflow.runs()
    assert new.info.run_id != old.info.run_id
    assert [row["call"] for row in mlflow.table(new)] == [1]


def test_an_experiment_that_cannot_be_is_one_sentence(mlflow):
    """One that was deleted: what, where, what to do; the traces of others arrive."""
    mlflow.client.delete_experiment(mlflow.experiment_id_made)
    lost, other = call(), call(EXPERIMENT=f"{mlflow.experiment} other")
    with pytest.raises(DeliveryError) as caught:
        mlflow.deliver([lost], [other])
    assert str(caught.value) == (
        f"the experiment {mlflow.experiment!r} of MLflow at {mlflow.uri} was deleted: restore it, or give another in "
        "MLFLOW_EXPERIMENT_NAME"
    )
    assert list(caught.value.failed) == [lost.trace_id]
    assert mlflow.trace(other).info.trace_id == f"tr-{other.trace_id}"
