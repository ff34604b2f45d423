"""The page of a call in each tool: only where all that its address is made of is known."""

from __future__ import annotations

import pytest

from otel_prompt import semconv
from otel_prompt.config import Settings, WandbMode
from otel_prompt.deep_links import Ids, carried, links, pages

T, S, K = "0" * 31 + "1", "0" * 15 + "2", "ab" * 32
IDS = Ids(T, S, K, "tone")
MLFLOW = {"mlflow_tracking_uri": "http://u:p@tracker:5001/"}
WANDB = {"wandb_entity": "team", "wandb_project": "shop"}


def told(*exporters, experiments=None, ids=IDS, **settings):
    """The links that there are."""
    return links(pages(Settings(**settings), exporters, experiments or {}), ids)


@pytest.mark.parametrize(
    ("exporter", "settings", "environment", "address"),
    [
        ("otlp", {"jaeger_ui": "http://j:16686"}, {}, {"jaeger": f"http://j:16686/trace/{T}?uiFind={S}"}),
        (
            "mlflow",
            MLFLOW,
            {},
            {"mlflow": f"http://tracker:5001/#/experiments/7/traces?selectedEvaluationId=tr-{T}"},
        ),
        (
            "mlflow",
            {"mlflow_tracking_uri": "sqlite:///a.db", "mlflow_ui": "http://m"},
            {},
            {"mlflow": f"http://m/#/experiments/7/traces?selectedEvaluationId=tr-{T}"},
        ),
        (
            "mlflow_otlp",
            MLFLOW,
            {"MLFLOW_EXPERIMENT_ID": "3"},
            {"mlflow": f"http://tracker:5001/#/experiments/3/traces?selectedEvaluationId=tr-{T}"},
        ),
        (
            "otlp",
            {"mlflow_ui": "http://m"},
            {"MLFLOW_EXPERIMENT_ID": "3"},
            {"mlflow": f"http://m/#/experiments/3/traces?selectedEvaluationId=tr-{T}"},
        ),
        ("wandb", WANDB, {}, {"wandb": f"https://wandb.ai/team/shop/runs/{'ab' * 8}"}),
        ("wandb", {"wandb_entity": "team"}, {}, {"wandb": f"https://wandb.ai/team/tone/runs/{'ab' * 8}"}),
        ("weave", WANDB, {}, {"weave": f"https://wandb.ai/team/shop/r/call/{S}"}),
        ("weave", {"weave_project": "a/b"}, {}, {"weave": f"https://wandb.ai/a/b/r/call/{S}"}),
        (
            "weave-otlp",
            {"wandb_base_url": "https://w"},
            {"WANDB_API_KEY": "k", "WANDB_ENTITY": "e", "WANDB_PROJECT": "p"},
            {"weave": f"https://w/e/p/r/call/{S}"},
        ),
        (
            "langfuse",
            {},
            {"LANGFUSE_PUBLIC_KEY": "a", "LANGFUSE_SECRET_KEY": "b", "LANGFUSE_HOST": "http://l:3000"},
            {"langfuse": f"http://l:3000/trace/{T}"},
        ),
        ("phoenix", {}, {}, {"phoenix": f"http://localhost:6006/redirects/spans/{S}"}),
    ],
)
def test_the_page(exporter, settings, environment, address, monkeypatch):
    """Each tool's own address; a password stands in none."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert told(exporter, experiments={"tone": "7"}, **settings) == address


@pytest.mark.parametrize(
    ("exporter", "settings"),
    [
        ("jaeger", {}),
        ("store", MLFLOW),
        ("mlflow", MLFLOW),
        ("mlflow", {"mlflow_tracking_uri": "sqlite:///a.db"}),
        ("mlflow-otlp", MLFLOW),
        ("otlp", MLFLOW),
        ("otlp", {"mlflow_ui": "http://m"}),
        ("wandb", {"wandb_project": "shop"}),
        ("wandb", {**WANDB, "wandb_mode": WandbMode.OFFLINE}),
        ("weave", {"weave_project": "b"}),
        ("weave-otlp", {}),
        ("langfuse", {}),
        ("langsmith", {}),
    ],
)
def test_no_page(exporter, settings):
    """Where a part of the address is not known there is no link."""
    assert told(exporter, **settings) == {}


def test_a_step_has_no_run():
    """A workflow's span is no call of a run."""
    assert told("wandb", ids=Ids(T, S), **WANDB) == {}


def test_what_a_span_says():
    """Its own links, by tool."""
    assert carried({semconv.LINK_PREFIX + "jaeger": "http://j", "a": 1}) == {"jaeger": "http://j"}
