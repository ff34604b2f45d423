"""What a recorded exchange says, read from its bytes: on purpose apart from how the package reads them."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """One choice of an answer, or one message of a request."""

    role: str = ""
    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    refusal: str | None = None
    calls: list[tuple[str | None, str, Any]] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)


def body_of(row: dict[str, Any]) -> bytes:
    """The bytes of the response."""
    return base64.b64decode(row["response_base64"]) if "response_base64" in row else row["response"].encode()


def is_stream(row: dict[str, Any]) -> bool:
    """Whether the answer is server-sent events."""
    return body_of(row).lstrip().startswith((b"data:", b"event:", b": "))


def events(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON of each server-sent event."""
    lines = [line[5:].strip() for line in row["response"].splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line and line != "[DONE]"]


def arguments(text: str | None) -> Any:
    """A tool call's arguments: JSON where they are."""
    try:
        return json.loads(text or "")
    except ValueError:
        return text or None


def dimensions(vector: str | list[float]) -> int:
    """The size of a vector: numbers, or the base64 of 4-byte ones."""
    return len(base64.b64decode(vector)) // 4 if isinstance(vector, str) else len(vector)


# Chat.


def chat_message(m: dict[str, Any]) -> Answer:
    """A message of a chat."""
    found = Answer(m.get("role") or "assistant", refusal=m.get("refusal") or None)
    content = m.get("content")
    if found.role in ("tool", "function"):
        found.results = [content]
        return found
    if isinstance(content, str) and content:
        found.texts = [content]
    elif isinstance(content, list):
        found.texts = [p["text"] for p in content if p["type"] == "text"]
    if thought := m.get("reasoning_content") or m.get("reasoning"):
        found.reasoning = [thought]
    for call in m.get("tool_calls") or []:
        found.calls.append((call["id"], call["function"]["name"], arguments(call["function"].get("arguments"))))
    if call := m.get("function_call"):
        found.calls.append((None, call["name"], arguments(call["arguments"])))
    return found


def merged_chat(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The response that a chat's chunks add up to."""
    whole: dict[str, Any] = {}
    texts: dict[int, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    calls: dict[int, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(str)))
    reasons: dict[int, str] = {}
    for chunk in chunks:
        for key in ("id", "model", "system_fingerprint", "service_tier"):
            whole[key] = whole.get(key) or chunk.get(key)
        whole["usage"] = chunk.get("usage") or whole.get("usage")
        for choice in chunk.get("choices") or []:
            n, delta = choice["index"], choice.get("delta") or {}
            texts[n]["text"] += choice.get("text") or ""
            for key in ("content", "refusal", "reasoning_content"):
                texts[n][key] += delta.get(key) or ""
            for call in delta.get("tool_calls") or []:
                held = calls[n][call.get("index", 0)]
                held["id"] = held["id"] or call.get("id") or ""
                for key in ("name", "arguments"):
                    held[key] += (call.get("function") or {}).get(key) or ""
            if function := delta.get("function_call"):
                for key in ("name", "arguments"):
                    calls[n][-1][key] += function.get(key) or ""
            if choice.get("finish_reason"):
                reasons[n] = choice["finish_reason"]
    whole["choices"] = [
        {
            "finish_reason": reasons.get(n),
            "text": texts[n]["text"],
            "message": {
                "role": "assistant",
                **{k: v for k, v in texts[n].items() if v and k != "text"},
                "tool_calls": [
                    {"id": c["id"] or None, "function": {"name": c["name"], "arguments": c["arguments"]}}
                    for _, c in sorted(calls[n].items())
                ],
            },
        }
        for n in sorted(texts)
    ]
    return whole


# Responses.


def response_items(items: list[Any]) -> list[Answer]:
    """Items of a response's input or output, each as one message."""
    found: list[Answer] = []
    for item in items:
        kind = item.get("type", "message")
        one = Answer(item.get("role") or "assistant")
        if kind == "message":
            content = item.get("content")
            pieces = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
            one.texts = [p["text"] for p in pieces if p["type"] in ("input_text", "output_text")]
            one.refusal = next((p["refusal"] for p in pieces if p["type"] == "refusal"), None)
        elif kind == "reasoning":
            one.reasoning = [p["text"] for p in [*(item.get("summary") or []), *(item.get("content") or [])]]
        elif kind == "function_call":
            one.calls = [(item["call_id"], item["name"], arguments(item["arguments"]))]
        elif kind == "function_call_output":
            one.role, one.results = "tool", [item["output"]]
        found.append(one)
    return found


def joined(answers: list[Answer]) -> Answer:
    """Several items as the one message that they are."""
    found = Answer("assistant")
    for one in answers:
        found.texts += one.texts
        found.reasoning += one.reasoning
        found.calls += one.calls
        found.results += one.results
        found.refusal = found.refusal or one.refusal
    return found


def recorded(message: dict[str, Any]) -> Answer:
    """The same, read back from a message on a span."""
    found = Answer(message["role"])
    for part in message["parts"]:
        match part["type"]:
            case "text":
                found.texts.append(part["content"])
            case "reasoning":
                found.reasoning.append(part["content"])
            case "refusal":
                found.refusal = part["content"]
            case "tool_call":
                found.calls.append((part.get("id"), part["name"], part.get("arguments")))
            case "tool_call_response":
                found.results.append(part["response"])
    return found
