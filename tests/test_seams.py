"""Each client, as it is installed, is listened at where the table of its provider says, and calls what it wraps so."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter

import pytest

from otel_prompt.attachment import installed
from otel_prompt.patching import Patch
from otel_prompt.providers import REGISTRY, _stainless, provider

PROVIDERS = [provider(name) for name in REGISTRY]
INSTALLED = [it for it in PROVIDERS if installed(it.distribution)]
STAINLESS = [it for it in INSTALLED if it.call is _stainless.call]


@pytest.mark.parametrize("it", INSTALLED, ids=lambda it: it.name)
def test_the_methods_are_there(it):
    """Each is one that can be called."""
    for path in it.methods:
        assert callable(attrgetter(path)(import_module(it.module)))


@pytest.mark.parametrize("it", STAINLESS, ids=lambda it: it.name)
def test_the_methods_take_what_is_read_of_them(it):
    """The request methods take what ``_stainless.call`` reads: the options second, and whether it is a stream."""
    for path in it.methods:
        assert list(inspect.signature(attrgetter(path)(import_module(it.module))).parameters)[2:4] == [
            "options",
            "stream",
        ]


@pytest.mark.parametrize("it", INSTALLED, ids=lambda it: it.name)
def test_attempts_are_there(it):
    """What is called once an attempt, wherever a client has it."""
    for path in it.attempts:
        assert callable(attrgetter(path)(import_module(it.module)))


@pytest.mark.skipif(not find_spec("anthropic"), reason="the client is not installed")
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
