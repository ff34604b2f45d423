"""Costs are those of the price table, worked out faster."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from otel_prompt import pricing
from otel_prompt.invocation import Usage
from otel_prompt.pricing import price

genai_prices = pytest.importorskip("genai_prices")

MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-2024-08-06"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4.1"),
    ("openai", "gpt-5"),
    ("openai", "o3"),
    ("openai", "gpt-4o-audio-preview"),
    ("openai", "gpt-3.5-turbo-0125"),
    ("openai", "text-embedding-3-small"),
    ("azure.ai.openai", "gpt-4o"),
    ("groq", "llama-3.3-70b-versatile"),
    ("deepseek", "deepseek-chat"),
    ("mistral_ai", "mistral-large-latest"),
    ("x_ai", "grok-3"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-sonnet-4-6"),
    ("anthropic", "claude-3-5-haiku-20241022"),
    ("gcp.vertex_ai", "claude-sonnet-4-5@20250929"),
    ("gcp.gemini", "gemini-2.5-pro"),
    ("openrouter", "openai/gpt-4o"),
]
USAGES = [
    Usage(1_000, 500),
    Usage(1_000, 500, cache_read_input_tokens=800),
    Usage(1_000, 500, cache_read_input_tokens=400, cache_write_input_tokens=100),
    Usage(1_000, 500, cache_write_input_tokens=300, cache_write_1h_input_tokens=100),
    Usage(1_000, 500, audio_input_tokens=300, audio_output_tokens=200),
    Usage(400_000, 9_000),
    Usage(1_000, 0),
    Usage(0, 0),
]


@pytest.mark.parametrize(("provider", "model"), MODELS)
@pytest.mark.parametrize("usage", USAGES, ids=repr)
def test_the_fast_way_gives_what_the_library_gives(provider, model, usage):
    """For every kind of token, also where prices rise with the length of the prompt."""
    expected = pricing._calculated(provider, model, None, usage)
    found = price(provider, model, usage)
    if expected is None:
        assert found is None
    else:
        assert found.input_usd == pytest.approx(expected.input_usd, rel=1e-6, abs=1e-12)
        assert found.output_usd == pytest.approx(expected.output_usd, rel=1e-6, abs=1e-12)
        assert found.total_usd == pytest.approx(expected.total_usd, rel=1e-6, abs=1e-12)


def test_the_table_is_asked_for_most_of_these_models():
    """The test above says something."""
    known = [model for model in MODELS if pricing._calculated(*model, None, USAGES[0]) is not None]
    assert len(known) >= 12


@pytest.mark.parametrize("provider", ["openai", "local", "openai_compatible", "nobody"])
def test_an_unknown_model_has_no_cost(provider):
    """No cost is not the same as nothing."""
    assert price(provider, "a-model-of-my-own", Usage(10, 10)) is None


def test_no_tokens_have_no_cost():
    """What was not counted cannot be priced."""
    assert price("openai", "gpt-4o", Usage()) is None


def test_cached_tokens_cost_less():
    """A cache that is read is cheaper than one that is not."""
    assert price("openai", "gpt-4o", USAGES[1]).total_usd < price("openai", "gpt-4o", USAGES[0]).total_usd


def test_without_the_library_there_is_no_cost(monkeypatch):
    """It is optional."""
    import sys

    monkeypatch.setitem(sys.modules, "genai_prices", None)
    monkeypatch.setattr(pricing, "_rates", {})
    assert price("openai", "gpt-4o", USAGES[0]) is None


FORKED = """
import faulthandler, os, time
from otel_prompt import pricing
from otel_prompt.invocation import Usage
pricing.load_in_background()
children = []
for _ in range(8):
    if (child := os.fork()) == 0:
        faulthandler.dump_traceback_later(20, exit=True)
        os._exit(0 if pricing.price("openai", "gpt-4o", Usage(1, 1)) else 2)
    children.append(child)
    time.sleep(0.03)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_the_table_is_read():
    """Each child has a price; none waits for a thread that only its parent has."""
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=90, check=False)
    assert (done.stdout.strip(), done.returncode) == (str([0] * 8), 0), done.stderr


def test_a_price_while_a_price_is_looked_up(monkeypatch):
    """Garbage may be collected in the middle, and a stream that is dropped then is a call with a price."""
    found = []

    def inside():
        with pricing._lock:
            found.append(price("openai", "gpt-4o", USAGES[0]))

    monkeypatch.setattr(pricing, "_rates", {})
    thread = threading.Thread(target=inside, daemon=True)
    thread.start()
    thread.join(20)
    assert found
