"""What is Bedrock's alone: its models' names, its blocks, its models' own bodies and its other services."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

import pytest
from openai_double import JSON, Service, reply
from replay import tokens

from otel_prompt import Prompt
from otel_prompt.config import Capture
from otel_prompt.providers import said
from otel_prompt.providers._bedrock_names import model_of

pytest.importorskip("botocore")
import aws_double as double
import bedrock_endpoints as aws
from bedrock_endpoints import MODEL, USAGE, answer, delta

USER = [{"role": "user", "content": [{"text": "Say hello"}]}]


@pytest.fixture
def converse(traced):
    """``converse(answer, **arguments)``: what Converse gives, synchronously."""

    def call(said=None, /, **arguments):
        client = double.client(Service().answer(reply(said or answer())))
        return client.converse(**{"modelId": MODEL, "messages": USER, **arguments})

    return call


@pytest.fixture
def invoke(traced):
    """``invoke(model, body, answer)``: what InvokeModel's body holds."""

    def call(model, body, said, headers=None, **arguments):
        client = double.client(Service().answer(reply(said, headers={**JSON, **(headers or {})})))
        asked = body if not isinstance(body, dict) else json.dumps(body)
        return client.invoke_model(modelId=model, body=asked, **arguments)["body"].read()

    return call


# Names.


@pytest.mark.parametrize(
    ("identity", "model"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "arn:aws-us-gov:bedrock:us-gov-west-1:012345678901:inference-profile/us-gov.anthropic.claude-3-5-sonnet-v1:0",
            "us-gov.anthropic.claude-3-5-sonnet-v1:0",
        ),
        (
            "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/a1b2c3",
            "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/a1b2c3",
        ),
        (
            "arn:aws:bedrock:us-east-1:012345678901:provisioned-model/a1b2c3",
            "arn:aws:bedrock:us-east-1:012345678901:provisioned-model/a1b2c3",
        ),
        ("arn:aws:bedrock:us-east-1:012345678901:prompt/PROMPT1234:2", None),
        ("", None),
        (None, None),
    ],
)
def test_the_model_of_an_identity(identity, model):
    """An ARN of a model, and of a profile across regions, ends with the model; others are what they are."""
    assert model_of(identity) == model


def test_a_prompt_that_bedrock_keeps_is_the_prompt_of_the_call(traced):
    """Its id, its version and its variables; the model is in the prompt, and not known here."""
    client = double.client(Service().answer(reply(answer())))
    identity = "arn:aws:bedrock:us-east-1:012345678901:prompt/PROMPT1234:2"
    client.converse(modelId=identity, promptVariables={"city": {"text": "Rome"}})
    found = traced.attributes
    assert (found["gen_ai.prompt.name"], found["gen_ai.prompt.version"]) == ("PROMPT1234", "2")
    assert found["gen_ai.prompt.variable.city"] == "Rome"
    assert found["otel_prompt.prompt.source"] == "bedrock"
    assert "gen_ai.request.model" not in found


def test_a_prompt_of_ours_is_recognised_in_any_body(traced, invoke):
    """In Converse's blocks, in Titan's text and in Command R's message."""
    prompt = Prompt("greet", "Please greet {{name}} in a friendly way", version="7")
    text = prompt.render(name="Ada")
    double.client(Service().answer(reply(answer()))).converse(
        modelId=MODEL, messages=[{"role": "user", "content": [{"text": text}]}]
    )
    invoke("amazon.titan-text-express-v1", {"inputText": str(text)}, {"results": []})
    invoke("cohere.command-r-v1:0", {"message": str(text)}, {"text": "Hello"})
    assert [span.attributes["gen_ai.prompt.version"] for span in traced.spans] == ["7"] * 3


# Converse.


def test_what_a_message_may_hold(traced, converse):
    """Pictures, files, tools and their results, thoughts, guarded text and marks for the cache."""
    picture = b"\x89PNG"
    converse(
        system=[{"text": "Be kind"}, {"cachePoint": {"type": "default"}}],
        messages=[
            {
                "role": "user",
                "content": [
                    {"text": "Look"},
                    {"image": {"format": "png", "source": {"bytes": picture}}},
                    {"document": {"format": "pdf", "name": "d", "source": {"bytes": b"page"}}},
                    {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v.mp4"}}}},
                    {"guardContent": {"text": {"text": "Is it so?", "qualifiers": ["query"]}}},
                    {"cachePoint": {"type": "default"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                    {"reasoningContent": {"redactedContent": b"secret"}},
                    {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": "it"}}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "t1", "content": [{"json": {"seen": True}}]}},
                    {"toolResult": {"toolUseId": "t2", "status": "error", "content": [{"text": "no"}]}},
                ],
            },
        ],
        toolConfig={
            "tools": [
                {"toolSpec": {"name": "look", "description": "Looks", "inputSchema": {"json": {"type": "object"}}}},
                {"cachePoint": {"type": "default"}},
            ],
            "toolChoice": {"auto": {}},
        },
    )
    look, called, seen = traced.content("input.messages")
    assert look["parts"] == [
        {"type": "text", "content": "Look"},
        {
            "type": "blob",
            "modality": "image",
            "mime_type": "image/png",
            "content": base64.b64encode(picture).decode(),
        },
        {
            "type": "blob",
            "modality": "document",
            "name": "d",
            "mime_type": "application/pdf",
            "content": base64.b64encode(b"page").decode(),
        },
        {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "s3://b/v.mp4"},
        {"type": "text", "content": "Is it so?"},
    ]
    assert called["parts"] == [
        {"type": "reasoning", "content": "Hm"},
        {"type": "tool_call", "id": "t1", "name": "look", "arguments": {"at": "it"}},
    ]
    assert seen["parts"] == [
        {"type": "tool_call_response", "id": "t1", "response": {"seen": True}},
        {"type": "tool_call_response", "id": "t2", "response": "no", "is_error": True},
    ]
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be kind"}]
    assert [tool["name"] for tool in traced.content("tool.definitions")] == ["look"]


def test_parameters_wherever_a_model_takes_them(traced, converse):
    """Converse's own, and what it hands on: top k, how much is to be thought; with the guardrail's id."""
    converse(
        inferenceConfig={"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
        additionalModelRequestFields={"top_k": 20, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        guardrailConfig={"guardrailIdentifier": "arn:aws:bedrock:us-east-1:1:guardrail/g1", "guardrailVersion": "1"},
        performanceConfig={"latency": "optimized"},
    )
    found = traced.attributes
    assert found["gen_ai.request.max_tokens"] == 50
    assert found["gen_ai.request.top_k"] == 20
    assert found["gen_ai.request.stop_sequences"] == ("x",)
    assert found["otel_prompt.param.thinking.budget_tokens"] == 1024
    assert found["otel_prompt.param.latency"] == "optimized"
    assert found["aws.bedrock.guardrail.id"] == "g1"


def test_all_of_the_input_is_counted_and_priced(traced, converse):
    """What a cache gave and took is part of the input, and has its price."""
    converse()
    found = traced.attributes
    assert tokens(found) == {"input": 11, "output": 7, "cached": 3, "written": 2}
    assert found["otel_prompt.cost.total_usd"] > 0


def test_a_guardrail_that_steps_in(traced, converse):
    """The reason why it ended, and what the guardrail did."""
    converse(answer({"text": "I cannot"}, stop="guardrail_intervened"))
    found = traced.attributes
    assert found["gen_ai.response.finish_reasons"] == ("guardrail_intervened",)
    assert found["otel_prompt.guardrail.action"] == "GUARDRAIL_INTERVENED"


def test_the_model_that_a_router_chose(traced, converse):
    """It is the one that answered."""
    chosen = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
    converse(answer(trace={"promptRouter": {"invokedModelId": chosen}}))
    assert traced.attributes["gen_ai.response.model"] == "amazon.nova-pro-v1:0"


def test_a_stream_of_thoughts_and_tools(traced):
    """Each block grows by its own pieces; the arguments of a tool come as pieces of JSON."""
    events = (
        {"messageStart": {"role": "assistant"}},
        delta(0, reasoningContent={"text": "Let me "}),
        delta(0, reasoningContent={"text": "see"}),
        delta(0, reasoningContent={"signature": "abc"}),
        delta(1, text="Two:"),
        {"contentBlockStart": {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "a", "name": "f"}}}},
        delta(2, toolUse={"input": '{"x"'}),
        {"contentBlockStart": {"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "b", "name": "g"}}}},
        delta(3, toolUse={"input": ""}),
        delta(2, toolUse={"input": ": 1}"}),
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}}},
    )
    client = double.client(Service().answer(double.events(*events)))
    list(client.converse_stream(modelId=MODEL, messages=USER)["stream"])
    [message] = traced.content("output.messages")
    assert message["parts"] == [
        {"type": "reasoning", "content": "Let me see"},
        {"type": "text", "content": "Two:"},
        {"type": "tool_call", "id": "a", "name": "f", "arguments": {"x": 1}},
        {"type": "tool_call", "id": "b", "name": "g", "arguments": None},
    ]
    assert message["finish_reason"] == "tool_use"


# Models' own bodies.


@pytest.mark.parametrize(
    ("model", "body", "said", "text", "reason", "counted"),
    [
        (
            "mistral.mistral-7b-instruct-v0:2",
            {"prompt": "<s>Hi", "max_tokens": 9, "top_k": 3, "stop": ["x"]},
            {"outputs": [{"text": "Hello", "stop_reason": "stop"}]},
            "Hello",
            "stop",
            {},
        ),
        (
            "mistral.mistral-large-2407-v1:0",
            {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
            {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "stop_reason": "stop"}]},
            "Hello",
            "stop",
            {},
        ),
        (
            "openai.gpt-oss-120b-1:0",
            {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
            {
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
                ],
                "usage": {"prompt_tokens": 5, "completion_tokens": 2},
            },
            "Hello",
            "stop",
            {"input": 5, "output": 2},
        ),
        (
            "ai21.jamba-1-5-mini-v1:0",
            {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
            {
                "id": "j1",
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
                ],
                "usage": {"prompt_tokens": 5, "completion_tokens": 2},
            },
            "Hello",
            "stop",
            {"input": 5, "output": 2},
        ),
        (
            "us.deepseek.r1-v1:0",
            {"prompt": "Hi", "max_tokens": 9},
            {"choices": [{"text": "Hello", "stop_reason": "stop"}]},
            "Hello",
            "stop",
            {},
        ),
        (
            "us.meta.llama3-3-70b-instruct-v1:0",
            {"prompt": "Hi", "max_gen_len": 9},
            {"generation": "Hello", "prompt_token_count": 5, "generation_token_count": 2, "stop_reason": "stop"},
            "Hello",
            "stop",
            {"input": 5, "output": 2},
        ),
        (
            "anthropic.claude-v2:1",
            {"prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 9},
            {"completion": "Hello", "stop_reason": "stop_sequence"},
            "Hello",
            "stop_sequence",
            {},
        ),
    ],
    ids=lambda value: value.partition(".")[2] if isinstance(value, str) and "." in value else "",
)
def test_a_models_own_body(model, body, said, text, reason, counted, traced, invoke):
    """Text, reason and tokens of each maker; Bedrock's headers have the tokens where the body has none."""
    headers = {"x-amzn-bedrock-input-token-count": "31", "x-amzn-bedrock-output-token-count": "32"}
    invoke(model, body, said, headers)
    found = traced.attributes
    assert traced.output == [[text]]
    assert found["gen_ai.response.finish_reasons"] == (reason,)
    assert found["gen_ai.request.model"] == model
    assert found["gen_ai.request.max_tokens"] == 9
    assert tokens(found) == (counted or {"input": 31, "output": 32})


@pytest.mark.parametrize(
    ("model", "body", "chunks", "text"),
    [
        (
            "us.meta.llama3-3-70b-instruct-v1:0",
            {"prompt": "Hi"},
            [
                {"generation": "Hel", "prompt_token_count": 5, "generation_token_count": 1, "stop_reason": None},
                {"generation": "lo", "prompt_token_count": None, "generation_token_count": 2, "stop_reason": "stop"},
            ],
            "Hello",
        ),
        (
            "mistral.mistral-7b-instruct-v0:2",
            {"prompt": "Hi"},
            [
                {"outputs": [{"text": "Hel", "stop_reason": None}]},
                {"outputs": [{"text": "lo", "stop_reason": "stop"}]},
            ],
            "Hello",
        ),
        (
            "cohere.command-text-v14",
            {"prompt": "Hi", "stream": True},
            [
                {"text": "Hel", "is_finished": False},
                {"text": "lo", "is_finished": False},
                {"is_finished": True, "finish_reason": "COMPLETE"},
            ],
            "Hello",
        ),
        (
            "cohere.command-r-v1:0",
            {"message": "Hi"},
            [
                {"event_type": "text-generation", "text": "Hel"},
                {"event_type": "text-generation", "text": "lo"},
                {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"response_id": "r"}},
            ],
            "Hello",
        ),
        (
            "openai.gpt-oss-20b-1:0",
            {"messages": [{"role": "user", "content": "Hi"}]},
            [
                {"id": "c", "choices": [{"index": 0, "delta": {"content": "Hel"}}]},
                {"id": "c", "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]},
            ],
            "Hello",
        ),
    ],
    ids=lambda value: value.partition(".")[2] if isinstance(value, str) and "." in value else "",
)
def test_a_models_own_stream(model, body, chunks, text, traced):
    """The pieces of each maker add up; what Bedrock counts at the end is there where the maker counts nothing."""
    counted = {"inputTokenCount": 5, "outputTokenCount": 2, "invocationLatency": 1, "firstByteLatency": 1}
    chunks[-1] = {**chunks[-1], "amazon-bedrock-invocationMetrics": counted}
    client = double.client(Service().answer(double.events(*map(double.chunk, chunks))))
    list(client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))["body"])
    assert traced.output == [[text]]
    assert len(traced.attributes["gen_ai.response.finish_reasons"]) == 1
    assert tokens(traced.attributes) == {"input": 5, "output": 2}


def test_command_r_with_a_history_and_tools(traced, invoke):
    """Who said what before, what a tool gave, and what is to be called."""
    asked = {
        "message": "And now?",
        "preamble": "Be brief",
        "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello"}],
        "tools": [{"name": "look", "description": "Looks", "parameter_definitions": {"at": {"type": "str"}}}],
        "tool_results": [{"call": {"name": "look", "parameters": {}}, "outputs": [{"seen": 1}]}],
    }
    called = [{"name": "look", "parameters": {"at": "it"}}]
    invoke("cohere.command-r-v1:0", asked, {"text": "", "tool_calls": called, "finish_reason": "COMPLETE"})
    assert [m["role"] for m in traced.content("input.messages")] == ["user", "assistant", "user", "tool"]
    [message] = traced.content("output.messages")
    assert message["parts"] == [{"type": "tool_call", "name": "look", "arguments": {"at": "it"}}]
    assert traced.content("system_instructions") == [{"type": "text", "content": "Be brief"}]


@pytest.mark.parametrize(
    ("model", "body", "said", "texts", "size"),
    [
        ("amazon.titan-embed-text-v2:0", {"inputText": "a"}, {"embedding": [1, 2, 3]}, ["a"], 3),
        ("cohere.embed-english-v3", {"texts": ["a", "b"]}, {"embeddings": [[1, 2], [3, 4]]}, ["a", "b"], 2),
        (
            "cohere.embed-v4:0",
            {"texts": ["a"], "embedding_types": ["int8"]},
            {"embeddings": {"int8": [[1, 2, 3, 4]]}},
            ["a"],
            4,
        ),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {"text": {"value": "a"}}},
            {"embeddings": [{"embeddingType": "TEXT", "embedding": [1, 2]}]},
            ["a"],
            2,
        ),
    ],
    ids=["titan", "cohere", "cohere by type", "nova"],
)
def test_embeddings(model, body, said, texts, size, traced, invoke):
    """The texts, the size of the vectors, and the tokens that Bedrock's header counts."""
    invoke(model, body, said, {"x-amzn-bedrock-input-token-count": "4"})
    found = traced.attributes
    assert found["gen_ai.operation.name"] == "embeddings"
    assert [m["parts"][0]["content"] for m in traced.content("input.messages")] == texts
    assert found["gen_ai.embeddings.dimension.count"] == size
    assert tokens(found) == {"input": 4}


def test_a_picture(traced, invoke):
    """The words that it is made by, and what it is."""
    asked = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "A cat"}, "imageGenerationConfig": {"width": 64}}
    invoke("amazon.nova-canvas-v1:0", asked, {"images": ["aGVsbG8="]})
    assert traced.span.name == "generate_content amazon.nova-canvas-v1:0"
    assert traced.content("output.messages")[0]["parts"][0]["modality"] == "image"
    assert traced.attributes["otel_prompt.param.width"] == 64


def test_a_model_that_only_its_body_tells(traced, invoke):
    """Behind a provisioned throughput there is any model: what is sent says whose it is."""
    identity = "arn:aws:bedrock:us-east-1:012345678901:provisioned-model/a1b2c3"
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    invoke(identity, body, aws.CLAUDE.answer)
    assert traced.span.name == f"chat {identity}"
    assert tokens(traced.attributes) == {"input": 11, "output": 7, "cached": 3, "written": 2}


def test_a_guardrail_around_a_models_own_body(traced, invoke):
    """Which it was, and that it stepped in."""
    said = {"results": [{"outputText": "No"}], "amazon-bedrock-guardrailAction": "INTERVENED"}
    asked = {"guardrailIdentifier": "g1", "guardrailVersion": "1"}
    invoke("amazon.titan-text-express-v1", {"inputText": "Hi"}, said, **asked)
    assert traced.attributes["aws.bedrock.guardrail.id"] == "g1"
    assert traced.attributes["otel_prompt.guardrail.action"] == "INTERVENED"


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", BytesIO(b"{}"), bytearray(b'{"inputText": 1}')],
    ids=["cut", "list", "file", "number"],
)
def test_a_body_that_cannot_be_read_is_traced_without_content(body, traced, invoke):
    """What is no JSON, and a file, which is botocore's to read."""
    assert invoke("amazon.titan-text-express-v1", body, {"results": []})
    assert "gen_ai.input.messages" not in traced.attributes


def test_a_step_may_give_an_answer_whole(traced, converse):
    """What the model said is in it."""
    assert said(converse())[0].parts == [{"type": "text", "content": "Hello, world"}]


# Searches.


def test_a_search_in_a_knowledge_base(traced):
    """The words, how many, what was found and where."""
    found = {
        "retrievalResults": [
            {
                "content": {"text": "Rome is old", "type": "TEXT"},
                "location": {"type": "S3", "s3Location": {"uri": "s3://b/rome.txt"}},
                "score": 0.7,
                "metadata": {"page": 3},
            }
        ]
    }
    client = double.client(Service().answer(reply(found)), name="bedrock-agent-runtime")
    client.retrieve(
        knowledgeBaseId="KB12345678",
        retrievalQuery={"text": "How old is Rome?"},
        retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": 4}},
    )
    span = traced.attributes
    assert traced.span.name == "retrieval KB12345678"
    assert span["gen_ai.data_source.id"] == span["aws.bedrock.knowledge_base.id"] == "KB12345678"
    assert (span["gen_ai.retrieval.query.text"], span["gen_ai.retrieval.top_k"]) == ("How old is Rome?", 4)
    [document] = traced.content("retrieval.documents")
    assert document == {"id": "s3://b/rome.txt", "score": 0.7, "content": "Rome is old", "metadata": {"page": 3}}


_ASKED = {
    "input": {"text": "How old is Rome?"},
    "retrieveAndGenerateConfiguration": {
        "type": "KNOWLEDGE_BASE",
        "knowledgeBaseConfiguration": {
            "knowledgeBaseId": "KB12345678",
            "modelArn": f"arn:aws:bedrock:us-east-1:1:inference-profile/{MODEL}",
        },
    },
}
_CITED = {"retrievedReferences": [{"content": {"text": "Rome is old"}, "location": {"type": "S3"}}]}


def test_a_search_that_is_answered(traced):
    """The answer and what it cites; there are no tokens, for the service counts none."""
    said = {"sessionId": "s1", "output": {"text": "Very"}, "citations": [_CITED]}
    client = double.client(Service().answer(reply(said)), name="bedrock-agent-runtime")
    client.retrieve_and_generate(**_ASKED)
    assert traced.span.name == "retrieval KB12345678"
    assert traced.attributes["gen_ai.request.model"] == MODEL
    assert traced.attributes["gen_ai.conversation.id"] == "s1"
    assert traced.output == [["Very"]]
    assert traced.content("retrieval.documents") == [{"content": "Rome is old"}]
    assert tokens(traced.attributes) == {}


def test_a_search_whose_answer_is_streamed(traced):
    """The pieces of the answer, and what it cites."""
    events = ({"output": {"text": "Ve"}}, {"output": {"text": "ry"}}, {"citation": {"citation": _CITED}})
    client = double.client(Service().answer(double.events(*events)), name="bedrock-agent-runtime")
    assert len(list(client.retrieve_and_generate_stream(**_ASKED)["stream"])) == 3
    assert traced.output == [["Very"]]
    assert traced.content("retrieval.documents") == [{"content": "Rome is old"}]


def test_without_content_a_search_tells_no_words(instrument):
    """Its source and how well was found stay."""
    traced = instrument(capture_content=Capture.NO_CONTENT)
    found = {"retrievalResults": [{"content": {"text": "old"}, "score": 0.7}]}
    client = double.client(Service().answer(reply(found)), name="bedrock-agent-runtime")
    client.retrieve(knowledgeBaseId="KB12345678", retrievalQuery={"text": "Rome"})
    assert "Rome" not in traced.everything()
    assert '"old"' not in traced.everything()
    assert traced.attributes["gen_ai.data_source.id"] == "KB12345678"


# AWS around it.


def test_other_services_are_not_traced(traced):
    """Neither another service, nor one with an operation of the same name, nor Bedrock's others."""
    said = reply({"ResultItems": [], "QueryId": "q"})
    client = double.client(Service().answer(said), name="kendra")
    client.retrieve(IndexId="a" * 36, QueryText="q")
    counting = double.client(Service().answer(reply({"inputTokens": 1})))
    if hasattr(counting, "count_tokens"):  # not in the oldest
        counting.count_tokens(modelId=MODEL, input={"converse": {"messages": USER}})
    assert traced.processor.started == []


def test_a_call_that_botocore_refuses_itself_is_an_error(traced):
    """Arguments that are none: the same exception as without us."""
    with pytest.raises(double.botocore.exceptions.ParamValidationError, match="messages"):
        double.client(Service()).converse(modelId=MODEL, messages="Hi")
    assert traced.attributes["error.type"] == "botocore.exceptions.ParamValidationError"


def test_throttling_in_the_middle_of_a_stream(traced):
    """An error event: botocore's exception, the text so far, and what it was."""
    fault = {"type": "error", "error": {"message": "Too many requests"}}
    client = double.client(Service().answer(aws.CONVERSE.framed(*aws.EVENTS[:3], fault)))
    with pytest.raises(double.SDK.APIError, match="Too many requests"):
        list(client.converse_stream(modelId=MODEL, messages=USER)["stream"])
    assert traced.output == [["Hello, "]]
    assert "modelStreamErrorException" in traced.span.status.description


def test_boto3_is_traced(traced):
    """Its client is botocore's; a resource of another service is none of ours."""
    boto3 = pytest.importorskip("boto3")
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "eu-west-1"}
    client = boto3.client("bedrock-runtime", **keys)
    client.meta.events.register("before-send", double._answers(Service().answer(reply(answer()))))
    client.converse(modelId=MODEL, messages=USER)
    assert traced.attributes["server.address"] == "bedrock-runtime.eu-west-1.amazonaws.com"
    assert traced.output == [["Hello, world"]]


def test_the_function_that_called_is_the_applications(traced, converse):
    """Boto's own functions call on behalf of somebody else's."""
    converse()
    assert traced.attributes["otel_prompt.prompt.function"].startswith(__name__)
    assert Path(__file__).stem in traced.attributes["otel_prompt.prompt.function"]
