"""The rules that keep the parts apart, held by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import otel_prompt

ROOT = Path(otel_prompt.__file__).parent
FILES = {str(f.relative_to(ROOT)): ast.parse(f.read_text("utf-8")) for f in sorted(ROOT.rglob("*.py"))}
LAYERS = (
    {"semconv", "errors", "span_writing", "wording"},
    {"encoding", "invocation", "span_record", "config", "project_file", "raised", "setting_values"},
    {"context", "dialects", "foreign", "mapping", "pricing", "processors"}
    | {"prompts", "providers", "runs", "score", "tree"},
    {"adoption", "same_call"},
    {"telemetry", "instruments", "span_processor", "stand_in", "exporters", "links", "deep_links", "linker"},
    {"recorder", "attachment", "at_exit", "seam", "tap"},
    {"stream", "body", "file_body", "opening", "step_recorder"},
    {"child_process", "feedback", "patching", "sdk_steps", "steps"},
    {"pipeline", "doctor"},
    {"distro", "environment_variables", "demo"},
    {"cli"},
    {"__init__"},
)
"""From the ground up: a part imports parts below it, and those beside it."""
FOREIGN = {
    "openai",
    "mlflow",
    "wandb",
    "weave",
    "langfuse",
    "langsmith",
    "langchain",
    "genai_prices",
    "anthropic",
    "aiobotocore",
    "boto3",
    "botocore",
    "google",
    "groq",
    "litellm",
    "ollama",
    "huggingface_hub",
    "together",
    "pydantic",
    "chromadb",
    "qdrant_client",
    "pinecone",
    "weaviate",
    "lancedb",
    "llama_cpp",
    "transformers",
    "torch",
    "vllm",
}
EVERY = pytest.mark.parametrize("name", FILES)


def part(name: str) -> str:
    """The part that a file belongs to."""
    return Path(name).parts[0].removesuffix(".py")


def imports(name: str) -> list[tuple[str, bool]]:
    """The modules that a file imports, absolute, and whether it does so at once."""
    package = ["otel_prompt", *Path(name).parts[:-1]]
    at_once = {id(n) for n in FILES[name].body}
    found: list[tuple[str, bool]] = []
    for node in ast.walk(FILES[name]):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in at_once) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            whole = [f"{module}.{a.name}" for a in node.names] if module == "otel_prompt" else [module]
            found += [(m, id(node) in at_once) for m in whole]
    return found


@EVERY
def test_imports_go_downwards(name):
    """No part knows one above it."""
    level = {p: n for n, layer in enumerate(LAYERS) for p in layer}
    used = {m.split(".")[1] for m, _ in imports(name) if m.startswith("otel_prompt.")}
    public = set() if part(name) == "__init__" else set(otel_prompt.__all__)
    above = {p for p in used - public if level[p] > level[part(name)]}
    assert not above


@EVERY
def test_no_sdk_is_imported_before_it_is_needed(name):
    """Optional libraries are imported in the function that needs them; the demo is an application."""
    if part(name) == "demo":
        return
    assert not {m for m, at_once in imports(name) if at_once and m.split(".")[0] in FOREIGN}


@EVERY
def test_what_maps_is_functions_on_records(name):
    """Providers, processors, dialects and readers of other dialects know no OpenTelemetry."""
    if part(name) in ("providers", "processors", "dialects", "foreign"):
        assert not [m for m, _ in imports(name) if m.startswith("opentelemetry")]


@EVERY
def test_the_environment_is_read_in_one_place(name):
    """``os.environ`` is for ``config`` alone, and for what hands an environment to a child process."""
    text = (ROOT / name).read_text("utf-8")
    if part(name) not in ("config", "doctor", "demo", "cli"):
        assert "os.environ" not in text
        assert "getenv" not in text


@EVERY
def test_names_of_attributes_are_spelled_in_one_place(name):
    """``gen_ai.`` is written in ``semconv`` alone."""
    if part(name) == "semconv":
        return
    docs = {id(n.value) for n in ast.walk(FILES[name]) if isinstance(n, ast.Expr)}
    texts = [n for n in ast.walk(FILES[name]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert not [n.value for n in texts if "gen_ai." in n.value and id(n) not in docs]


@EVERY
def test_only_the_shield_swallows_everything(name):
    """A broad ``except`` that does not raise again is in ``errors`` alone, or says why."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    for handler in (n for n in ast.walk(FILES[name]) if isinstance(n, ast.ExceptHandler)):
        kind = handler.type.id if isinstance(handler.type, ast.Name) else None
        raises = any(isinstance(n, ast.Raise) for n in ast.walk(handler))
        if (handler.type is None or kind in ("Exception", "BaseException")) and not raises:
            assert name == "errors.py" or "noqa: BLE001 - " in lines[handler.lineno - 1]


@EVERY
def test_files_are_short(name):
    """At most 300 lines."""
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= 300


def test_the_public_names_are_true():
    """Sorted, and all there."""
    assert list(otel_prompt.__all__) == sorted(otel_prompt.__all__)
    assert all(hasattr(otel_prompt, name) for name in otel_prompt.__all__)
