"""What a recorded exchange with Cohere's API says, read from its bytes: apart from how the package reads them."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import wire_reading as wire


def message(m: dict[str, Any]) -> wire.Answer:
    """A message of the second version of the chat. A plan is a thought."""
    found = wire.Answer(m["role"])
    content = m.get("content")
    if m["role"] == "tool":
        found.results = [content]
        return found
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    found.texts = [b["text"] for b in blocks if b["type"] == "text"]
    found.reasoning = [m["tool_plan"]] if m.get("tool_plan") else []
    for call in m.get("tool_calls") or ():
        found.calls.append((call["id"], call["function"]["name"], wire.arguments(call["function"]["arguments"])))
    return found


def merged(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer that a stream's events add up to."""
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        kinds[event["type"]].append(event)
    end = kinds["message-end"][0]["delta"]
    texts = [e["delta"]["message"]["content"]["text"] for e in kinds["content-delta"]]
    plan = "".join(e["delta"]["message"]["tool_plan"] for e in kinds["tool-plan-delta"])
    calls = []
    for start in kinds["tool-call-start"]:
        call = start["delta"]["message"]["tool_calls"]
        pieces = [e["delta"]["message"]["tool_calls"] for e in kinds["tool-call-delta"] if e["index"] == start["index"]]
        given = call["function"]["arguments"] + "".join(p["function"]["arguments"] for p in pieces)
        calls.append({**call, "function": {"name": call["function"]["name"], "arguments": given}})
    content = [{"type": "text", "text": "".join(texts)}] if texts else []
    said = {"role": "assistant", "content": content, "tool_plan": plan, "tool_calls": calls}
    return {**end, "id": kinds["message-start"][0]["id"], "message": said}


def first_message(m: dict[str, Any]) -> wire.Answer:
    """A message of the first version's history."""
    role = m["role"].lower()
    return wire.Answer("assistant" if role == "chatbot" else role, texts=[m["message"]] if m["message"] else [])


def last_line(row: dict[str, Any]) -> dict[str, Any]:
    """The answer that the last line of a stream of the first version repeats."""
    return json.loads(row["response"].strip().splitlines()[-1])["response"]


def counted(said: dict[str, Any]) -> dict[str, int]:
    """The attributes of what a usage, or a ``meta``, says."""
    billed, taken = said["billed_units"], said.get("tokens", {})
    named = {
        "gen_ai.usage.input_tokens": billed.get("input_tokens"),
        "gen_ai.usage.output_tokens": billed.get("output_tokens"),
        "otel_prompt.usage.search_units": billed.get("search_units"),
        "otel_prompt.usage.processed.input_tokens": taken.get("input_tokens"),
        "otel_prompt.usage.processed.output_tokens": taken.get("output_tokens"),
        "otel_prompt.usage.processed.cache_read.input_tokens": said.get("cached_tokens"),
    }
    return {name: count for name, count in named.items() if count is not None}
