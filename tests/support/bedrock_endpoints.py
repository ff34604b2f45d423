"""The endpoints of Bedrock's clients, each with an answer."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import anthropic_endpoints as claude
from endpoint import Endpoint

MODEL = "us.amazon.nova-lite-v1:0"


@dataclass(frozen=True)
class BedrockEndpoint(Endpoint):
    """One operation of botocore's clients, whose streams and bodies are inside what it returns."""

    sdk: str = "bedrock"
    raw: bool = False
    waits: tuple[str, ...] = ("botocore.retries.standard.ExponentialBackoff.delay_amount",)
    streamed_method: str = ""
    inside: str = ""
    reads: bool = False
    """Whether the answer is a file."""

    @property
    def installed(self) -> bool:
        """Whether botocore is; the asynchronous one is made of it."""
        return find_spec("botocore") is not None

    @property
    def module(self) -> Any:
        """The SDK."""
        import aws_double

        return aws_double.SDK

    def call(self, client: Any, wrapper: str | None = None, **more: Any) -> Any:
        """Make the call, and read the answer."""
        got = getattr(client, self.method)(**self.arguments, **more)
        return self._opened(got) if hasattr(got, "__await__") else self._read(got)

    def _read(self, got: Any) -> Any:
        return json.loads(got["body"].read()) if self.reads else got

    async def _opened(self, got: Any) -> Any:
        got = await got
        return json.loads(await got["body"].read()) if self.reads else got

    def stream(self, client: Any, wrapper: str | None = None, **more: Any) -> Any:
        """Make the call, streamed."""
        got = getattr(client, self.streamed_method)(**self.arguments, **more)
        return self._inside(got) if hasattr(got, "__await__") else got[self.inside]

    async def _inside(self, got: Any) -> Any:
        return (await got)[self.inside]

    def framed(self, *events: Any) -> Any:
        """An answer of these events; those of a model are inside Bedrock's."""
        import aws_double as double

        of_model = self.inside == "body"
        return double.events(
            *(double.chunk(e) if of_model and isinstance(e, dict) and e.get("type") != "error" else e for e in events)
        )

    def asking(self, text: str) -> dict[str, Any]:
        """The arguments that ask this."""
        return {**self.arguments, "messages": [{"role": "user", "content": [{"text": text}]}]}

    def asked(self, body: dict[str, Any]) -> str:
        """What a request asks."""
        return super().asked(body)[0]["text"]

    def status_of(self, error: Any) -> int:
        """The HTTP status that an exception of the SDK's tells of."""
        return error.response["ResponseMetadata"]["HTTPStatusCode"]

    def block(self, stream: Any) -> Any:
        """A block that closes the stream, which is none itself."""
        return _Closing(stream)


class _Closing(contextlib.closing):
    """``closing``, also in an asynchronous function: aiobotocore closes at once."""

    async def __aenter__(self) -> Any:
        return self.thing

    async def __aexit__(self, *_: Any) -> None:
        self.thing.close()


USAGE = {"inputTokens": 6, "outputTokens": 7, "totalTokens": 18, "cacheReadInputTokens": 3, "cacheWriteInputTokens": 2}


def answer(*content: dict[str, Any], stop: str = "end_turn", **more: Any) -> dict[str, Any]:
    """An answer of Converse."""
    said = {"role": "assistant", "content": list(content) or [{"text": "Hello, world"}]}
    return {"output": {"message": said}, "stopReason": stop, "usage": USAGE, "metrics": {"latencyMs": 1}, **more}


def delta(index: int = 0, **piece: Any) -> dict[str, Any]:
    """A piece of a block."""
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": piece}}


EVENTS = (
    {"messageStart": {"role": "assistant"}},
    delta(text="Hello"),
    delta(text=", "),
    delta(text="world"),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}}},
)
CONVERSE = BedrockEndpoint(
    "converse",
    "converse",
    {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Say hello"}]}]},
    "chat",
    answer(),
    EVENTS,
    "Hello, world",
    "Hello, ",
    seen=3,
    tokens=(11, 7),
    streamed_method="converse_stream",
    inside="stream",
)
_NOVA = {"messages": [{"role": "user", "content": [{"text": "Say hello"}]}], "inferenceConfig": {"maxTokens": 9}}

COUNTED = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 11, "outputTokenCount": 7}}
"""What Bedrock adds to the last chunk of a model's stream."""


def invoked(name: str, model: str, body: dict[str, Any], operation: str = "chat", **more: Any) -> BedrockEndpoint:
    """An InvokeModel of a model's."""
    arguments = {"modelId": model, "body": json.dumps(body)}
    methods = {"streamed_method": "invoke_model_with_response_stream", "inside": "body", "reads": True}
    return BedrockEndpoint(name, "invoke_model", arguments, operation, **{"text": "Hello, world", **methods, **more})


_CLAUDE = {k: v for k, v in claude.MESSAGES.arguments.items() if k != "model"}
CLAUDE = invoked(
    "claude",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    {"anthropic_version": "bedrock-2023-05-31", **_CLAUDE},
    answer=claude.MESSAGES.answer,
    events=(*claude.MESSAGES.events[:-1], {**claude.MESSAGES.events[-1], **COUNTED}),
    partial="Hello, ",
    seen=4,
    tokens=(11, 7),
    partial_tokens=(11, None),
)
NOVA = invoked("nova", MODEL, _NOVA, answer=answer(), events=EVENTS, partial="Hello, ", seen=3, tokens=(11, 7))
TITAN = invoked(
    "titan",
    "amazon.titan-text-express-v1",
    {"inputText": "Say hello", "textGenerationConfig": {"maxTokenCount": 9}},
    "text_completion",
    answer={
        "inputTextTokenCount": 11,
        "results": [{"tokenCount": 7, "outputText": "Hello, world", "completionReason": "FINISH"}],
    },
    events=(
        {"outputText": "Hello", "index": 0, "inputTextTokenCount": 11},
        {"outputText": ", ", "index": 0},
        {"outputText": "world", "index": 0, "completionReason": "FINISH", **COUNTED},
    ),
    partial="Hello, ",
    tokens=(11, 7),
    partial_tokens=(11, None),
)
EMBEDDINGS = invoked(
    "titan embeddings",
    "amazon.titan-embed-text-v2:0",
    {"inputText": "one", "dimensions": 3},
    "embeddings",
    answer={"embedding": [0.1, 0.2, 0.3], "inputTextTokenCount": 11},
    text=None,
    tokens=(11, None),
)
GUARDRAIL = BedrockEndpoint(
    "guardrail",
    "apply_guardrail",
    {
        "guardrailIdentifier": "g1",
        "guardrailVersion": "1",
        "source": "INPUT",
        "content": [{"text": {"text": "Is this fine?"}}],
    },
    "moderation",
    {"action": "NONE", "outputs": [], "assessments": [], "usage": {}},
)
ALL = (CONVERSE, CLAUDE, NOVA, TITAN, EMBEDDINGS, GUARDRAIL)
