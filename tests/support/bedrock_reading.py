"""What a recorded exchange with Bedrock says, read from its bytes: apart from how the package reads them."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field
from typing import Any

import anthropic_reading as claude
import wire_reading as wire


@dataclass
class Said:
    """What was asked and what came back."""

    operation: str
    asked: list[wire.Answer] = field(default_factory=list)
    system: list[str] = field(default_factory=list)
    answer: list[wire.Answer] = field(default_factory=list)
    reason: str | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tools: list[tuple[str, Any]] = field(default_factory=list)
    identity: str | None = None


def events(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The names and the JSON of the messages in AWS's binary framing."""
    found: list[tuple[str, dict[str, Any]]] = []
    while data:
        size, head = struct.unpack("!II", data[:8])
        headers, place = {}, 12
        while place < 12 + head:
            length = data[place]
            name = data[place + 1 : place + 1 + length].decode()
            place += 1 + length + 1
            (length,) = struct.unpack("!H", data[place : place + 2])
            headers[name] = data[place + 2 : place + 2 + length].decode()
            place += 2 + length
        found.append((headers[":event-type"], json.loads(data[place : size - 4])))
        data = data[size:]
    return found


def inner(data: bytes) -> list[dict[str, Any]]:
    """The models' own chunks, inside the messages."""
    return [json.loads(base64.b64decode(held["bytes"])) for _, held in events(data)]


def read(row: dict[str, Any]) -> Said:
    """What a row says, by its operation and its model."""
    asked, data = row["request"], wire.body_of(row)
    operation = row["path"].rpartition("/")[2]
    model = row["path"].removeprefix("/model/").rpartition("/")[0]
    streamed = operation.endswith("stream")
    if operation.startswith("converse"):
        return _converse(asked, _merged(events(data)) if streamed else json.loads(data))
    if "nova" in model:
        chunks = [next(iter(c.items())) for c in inner(data)] if streamed else []
        return _converse(asked, _merged(chunks) if streamed else json.loads(data))
    if "claude" in model:
        return _claude(asked, claude.merged(inner(data)) if streamed else json.loads(data))
    return _text(asked, _joined(inner(data)) if streamed else json.loads(data))


# Converse, and Nova.


def _blocks(m: dict[str, Any]) -> wire.Answer:
    found = wire.Answer(m["role"])
    for block in m["content"]:
        if "text" in block:
            found.texts += [block["text"]] if block["text"] else []
        elif "guardContent" in block:
            found.texts.append(block["guardContent"]["text"]["text"])
        elif "toolUse" in block:
            used = block["toolUse"]
            found.calls.append((used["toolUseId"], used["name"], used["input"]))
        elif "toolResult" in block:
            [held] = block["toolResult"]["content"]
            found.results.append(held.get("json") or held.get("text"))
        else:
            raise AssertionError(block)
    return found


def _merged(messages: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    whole: dict[str, Any] = {"output": {"message": {"role": "assistant"}}}
    blocks: dict[int, dict[str, Any]] = {}
    for name, held in messages:
        if name == "contentBlockStart" and "toolUse" in held.get("start", {}):
            blocks[held["contentBlockIndex"]] = {"toolUse": {**held["start"]["toolUse"], "input": ""}}
        elif name == "contentBlockDelta":
            block, delta = blocks.setdefault(held["contentBlockIndex"], {"text": ""}), held["delta"]
            if "text" in delta:
                block["text"] += delta["text"]
            else:
                block["toolUse"]["input"] += delta["toolUse"]["input"]
        elif name == "messageStop":
            whole["stopReason"] = held["stopReason"]
        elif name == "metadata":
            whole["usage"] = held["usage"]
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = wire.arguments(block["toolUse"]["input"])
    whole["output"]["message"]["content"] = [block for _, block in sorted(blocks.items())]
    return whole


def _converse(asked: dict[str, Any], body: dict[str, Any]) -> Said:
    used, config = body["usage"], asked.get("inferenceConfig", {})
    read, written = (
        used.get(f"cache{kind}InputTokens", used.get(f"cache{kind}InputTokenCount")) for kind in ("Read", "Write")
    )
    more = asked.get("additionalModelRequestFields", {})
    parameters = {
        "max_tokens": config.get("maxTokens", config.get("max_new_tokens")),
        "temperature": config.get("temperature"),
        "top_p": config.get("topP"),
        "top_k": more.get("top_k", more.get("inferenceConfig", {}).get("topK")),
        "stop_sequences": config.get("stopSequences"),
    }
    tools = [t["toolSpec"] for t in asked.get("toolConfig", {}).get("tools", ())]
    tokens = {"input": used["inputTokens"] + (read or 0) + (written or 0), "output": used["outputTokens"]}
    return Said(
        "chat",
        [_blocks(m) for m in asked["messages"]],
        [block["text"] for block in asked.get("system", ())],
        [_blocks(body["output"]["message"])],
        body["stopReason"],
        tokens | {k: v for k, v in (("cached", read), ("written", written)) if v is not None},
        {k: v for k, v in parameters.items() if v is not None},
        [(t["name"], t["inputSchema"]["json"]) for t in tools],
    )


# Models' own bodies.


def _claude(asked: dict[str, Any], body: dict[str, Any]) -> Said:
    system = asked.get("system") or []
    return Said(
        "chat",
        [claude.message(m) for m in asked["messages"]],
        [system] if isinstance(system, str) else [block["text"] for block in system],
        [claude.message(body)],
        body["stop_reason"],
        claude.usage(body),
        {k: asked[k] for k in ("max_tokens", "temperature", "top_p", "top_k", "stop_sequences") if k in asked},
        [(t["name"], t["input_schema"]) for t in asked.get("tools", ())],
        body["id"],
    )


_PARAMETERS = {
    "maxTokens": "max_tokens",
    "maxTokenCount": "max_tokens",
    "max_gen_len": "max_tokens",
    "topP": "top_p",
    "p": "top_p",
    "stopSequences": "stop_sequences",
}


def _joined(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """What Titan's chunks add up to; Bedrock's own count is at the end."""
    last = chunks[-1]
    counted = last["amazon-bedrock-invocationMetrics"]
    answer = {
        "outputText": "".join(c["outputText"] for c in chunks),
        "completionReason": last["completionReason"],
        "tokenCount": counted["outputTokenCount"],
    }
    return {"results": [answer], "inputTextTokenCount": counted["inputTokenCount"]}


def _text(asked: dict[str, Any], body: dict[str, Any]) -> Said:
    given = {**asked, **asked.get("textGenerationConfig", {})}
    found = Said("text_completion")
    found.parameters = {
        _PARAMETERS.get(k, k): v
        for k, v in given.items()
        if k not in ("prompt", "inputText", "message", "textGenerationConfig")
    }
    found.asked = [wire.Answer("user", [given.get("prompt") or given.get("inputText") or given.get("message")])]
    if "results" in body:
        [one] = body["results"]
        text, found.reason = one["outputText"], one["completionReason"]
        found.tokens = {"input": int(body["inputTextTokenCount"]), "output": int(one["tokenCount"])}
    elif "generation" in body:
        text, found.reason = body["generation"], body["stop_reason"]
        found.tokens = {"input": body["prompt_token_count"], "output": body["generation_token_count"]}
    elif "completions" in body:
        [one] = body["completions"]
        text, found.reason = one["data"]["text"], one["finishReason"]["reason"]
        found.tokens = {"input": len(body["prompt"]["tokens"]), "output": len(one["data"]["tokens"])}
    elif "generations" in body:
        [one] = body["generations"]
        text, found.reason, found.identity = one["text"], one["finish_reason"], body["id"]
    else:
        found.operation = "chat"
        text, found.reason, found.identity = body["text"], body["finish_reason"], body["response_id"]
    found.answer = [wire.Answer("assistant", [text])]
    return found
