"""Where else a call is seen: each tool's record of it tells of the others, and not of itself."""

from __future__ import annotations

import json

import pytest
from span_records import call

from otel_prompt.dialects._links import links
from otel_prompt.exporters.mlflow_info import link_tags
from otel_prompt.exporters.otlp_presets import PRESETS
from otel_prompt.exporters.wandb import WandbOptions
from otel_prompt.exporters.wandb_runs import links as of_run
from otel_prompt.exporters.wandb_runs import notes
from otel_prompt.exporters.weave_calls import weave_call
from otel_prompt.runs import run_key

TOOLS = ("jaeger", "mlflow", "wandb", "weave", "langfuse", "langsmith", "phoenix")


@pytest.fixture
def record():
    """A call that says a page in each tool: of its own, but for MLflow's, which the whole program's resource has."""
    held = {f"otel_prompt.link.{tool}": f"http://{tool}/1" for tool in TOOLS if tool != "mlflow"}
    found = call(**held)
    found.resource["otel_prompt.link.mlflow"] = "http://mlflow/{trace_id}/{span_id}/{run_id}"
    return found


def expected(record, own):
    """The pages of all others."""
    mine = {tool: f"http://{tool}/1" for tool in TOOLS}
    mine["mlflow"] = f"http://mlflow/{record.trace_id}/{record.span_id}/{run_key(record)[:16]}"
    return {tool: address for tool, address in mine.items() if tool != own}


def told(tool, record):
    """The links as a tool has them."""
    if tool == "mlflow":
        return {name.removeprefix("otel_prompt.link."): url for name, url in link_tags(record).items()}
    if tool == "wandb":
        return of_run(record, WandbOptions("https://api.wandb.ai", "ledger"))
    if tool == "weave":
        return weave_call(record, "me/p")["attributes"]["links"]
    held = PRESETS[tool].dialect(record).attributes
    if tool == "langfuse":
        found = {key.removeprefix("langfuse.observation.metadata."): value for key, value in held.items()}
    elif tool == "langsmith":
        found = {key.removeprefix("langsmith.metadata."): value for key, value in held.items()}
    else:
        found = json.loads(held["metadata" if tool == "phoenix" else "wandb.attributes"])
    return {key.removeprefix("link_"): value for key, value in found.items() if key.startswith("link_")}


@pytest.mark.parametrize("tool", ["mlflow", "wandb", "weave", "langfuse", "langsmith", "phoenix", "weave-otlp"])
def test_each_record_tells_of_the_others(tool, record):
    """MLflow's tags, W&B's config and notes, Weave's attributes, the metadata of the others."""
    assert told(tool, record) == expected(record, tool.removesuffix("-otlp"))


def test_a_page_of_one_call_is_not_that_of_its_run(record):
    """A run's notes name each page; one of a single call, of the many that the run has, says so."""
    text = notes(record, WandbOptions("https://api.wandb.ai", "ledger"))
    assert "[jaeger](http://jaeger/1)\n" in text
    assert f"[mlflow]({expected(record, None)['mlflow']}) (its first call)" in text
    assert "[wandb]" not in text


def test_what_the_settings_tell():
    """A prompt's page in MLflow and the call in Weave, where W&B itself is; a page that a span says is stronger."""
    plain = call()
    options = WandbOptions("https://wandb.mine", "ledger", mlflow="http://m:5000/", weave_project="me/p")
    assert of_run(plain, options) == {
        "mlflow": "http://m:5000/#/prompts/summarize",
        "weave": f"https://wandb.mine/me/p/r/call/{plain.span_id}",
    }
    assert of_run(call(**{"otel_prompt.link.mlflow": "http://m/7"}), options)["mlflow"] == "http://m/7"


def test_an_address_as_it_is():
    """What is no template is left alone, whatever is in it."""
    assert links(call(**{"otel_prompt.link.x": "http://x/%7Bspan_id%7D"})) == {"x": "http://x/%7Bspan_id%7D"}
