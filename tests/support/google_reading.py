"""What a recorded exchange with Google's APIs says, read from its bytes: apart from how the package reads them."""

from __future__ import annotations

import json
from typing import Any

import wire_reading as wire

REASONS = {1: "STOP", 2: "MAX_TOKENS"}
"""Vertex' finish reasons by number, as one of its other clients asks for them."""


def content(c: dict[str, Any]) -> wire.Answer:
    """A content of a request or an answer."""
    found = wire.Answer({"model": "assistant"}.get(c.get("role", "user"), c.get("role", "user")))
    for p in c.get("parts", []):
        if "text" in p:
            (found.reasoning if p.get("thought") else found.texts).append(p["text"])
        elif "functionCall" in p:
            called = p["functionCall"]
            found.calls.append((called.get("id"), called["name"], called.get("args")))
        elif "functionResponse" in p:
            found.results.append(p["functionResponse"]["response"])
    return found


def merged(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer that a stream's chunks add up to; they have one candidate each."""
    parts: list[dict[str, Any]] = []
    for chunk in chunks:
        for p in chunk["candidates"][0].get("content", {}).get("parts", []):
            if parts and "text" in p and "text" in parts[-1]:
                parts[-1] = {"text": parts[-1]["text"] + p["text"]}
            else:
                parts.append(p)
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": _last(chunks)["finishReason"]}
    counted = {k: v for chunk in chunks for k, v in chunk.get("usageMetadata", {}).items()}
    return {**chunks[-1], "candidates": [candidate], "usageMetadata": counted}


def _last(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    return [c["candidates"][0] for c in chunks if "finishReason" in c["candidates"][0]][-1]


def usage(body: dict[str, Any]) -> dict[str, int]:
    """Its tokens: what tools put into the prompt is input, thoughts are output."""
    said = body.get("usageMetadata", {})
    found: dict[str, int] = {}
    if "promptTokenCount" in said:
        found["input"] = said["promptTokenCount"] + said.get("toolUsePromptTokenCount", 0)
    found["output"] = said.get("candidatesTokenCount", 0) + said.get("thoughtsTokenCount", 0)
    if "totalTokenCount" in said:
        assert found["input"] + found["output"] == said["totalTokenCount"]
    if "thoughtsTokenCount" in said:
        found["reasoning"] = said["thoughtsTokenCount"]
    if "cachedContentTokenCount" in said:
        found["cached"] = said["cachedContentTokenCount"]
    return found


# Interactions.


def interaction(row: dict[str, Any]) -> dict[str, Any]:
    """The interaction that an answer is, or that its events add up to."""
    if not wire.is_stream(row):
        return json.loads(row["response"])
    events = wire.events(row)
    steps = {e["index"]: dict(e["step"]) for e in events if e["event_type"] == "step.start"}
    for e in events:
        if e["event_type"] == "step.delta" and e["delta"]["type"] == "text":
            steps[e["index"]].setdefault("content", []).append(e["delta"])
    whole = next(e["interaction"] for e in events if e["event_type"] == "interaction.completed")
    return {**whole, "steps": list(steps.values())}


def said(body: dict[str, Any]) -> str:
    """The text of an interaction's output."""
    return "".join(c["text"] for s in body["steps"] if s["type"] == "model_output" for c in s["content"])


def interaction_usage(body: dict[str, Any]) -> dict[str, int]:
    """Its tokens."""
    u = body["usage"]
    given, thought = u["total_input_tokens"] + u["total_tool_use_tokens"], u["total_thought_tokens"]
    found = {"input": given, "output": u["total_output_tokens"] + thought, "reasoning": thought}
    assert found["input"] + found["output"] == u["total_tokens"]
    return {**found, "cached": u["total_cached_tokens"]}
