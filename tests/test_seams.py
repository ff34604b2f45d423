"""Each client, as it is installed, is listened at where the table of its provider says, and calls what it wraps so."""

from __future__ import annotations

import inspect
from importlib import import_module
from operator import attrgetter

import every_endpoint  # noqa: F401 - with which the clients are imported, and what they warn of then is past
import pytest
from installed import is_here

from otel_prompt.attachment import installed
from otel_prompt.patching import Patch
from otel_prompt.providers import REGISTRY, _stainless, provider
from otel_prompt.seam import seam

PROVIDERS = [provider(name) for name in REGISTRY]
INSTALLED = [it for it in PROVIDERS if installed(it.distribution)]


@pytest.mark.parametrize("it", INSTALLED, ids=lambda it: it.name)
def test_the_methods_are_there(it):
    """Each can be called; those of Stainless take the options second, and then whether it is a stream."""
    for path in it.methods:
        module, name = it.place(path)
        found = seam(import_module(module), name).original
        parameters = inspect.signature(found).parameters
        assert it.call is not _stainless.call or list(parameters)[2:4] == ["options", "stream"]


@pytest.mark.parametrize("it", INSTALLED, ids=lambda it: it.name)
def test_attempts_are_there(it):
    """What is called once an attempt, wherever a client has it."""
    for path in it.attempts:
        module, name = it.place(path)
        if is_here(module):
            assert callable(seam(import_module(module), name).original)


@pytest.mark.parametrize("it", INSTALLED, ids=lambda it: it.name)
def test_steps_are_there(it):
    """Each function with which the SDK runs a loop of its own, or calls a tool in it."""
    for path in (*it.strict, *(step.path for step in it.steps)):
        assert callable(attrgetter(path)(import_module(it.module)))


@pytest.mark.skipif(not is_here("anthropic"), reason="the client is not installed")
def test_a_seam_that_has_moved_is_one_line_in_the_log(monkeypatch, caplog, traced):
    """A version without the method is named, with where to ask; nothing fails, and the others are wrapped."""
    import anthropic

    monkeypatch.delattr(anthropic._base_client.AsyncAPIClient, "request")
    patch = Patch(provider("anthropic"), traced.telemetry)
    patch.remove()
    assert patch.missing[:1] == ["_base_client.AsyncAPIClient.request"]
    [line] = [r.getMessage() for r in caplog.records if r.name == "otel_prompt"]
    assert line.startswith("otel-prompt: anthropic has no _base_client.AsyncAPIClient.request in the installed version")
    assert "doctor" in line
    traced._complaints.heard.clear()
