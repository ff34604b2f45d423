"""What a recorded exchange with Anthropic's API says, read from its bytes: apart from how the package reads them."""

from __future__ import annotations

import json
from typing import Any

import wire_reading as wire


def message(m: dict[str, Any]) -> wire.Answer:
    """A message of a request or an answer."""
    found = wire.Answer(m["role"])
    content = m["content"]
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        if block["type"] == "text":
            found.texts.append(block["text"])
        elif block["type"] == "thinking":
            found.reasoning.append(block["thinking"])
        elif block["type"] == "tool_use":
            found.calls.append((block["id"], block["name"], block["input"]))
        elif block["type"] == "tool_result":
            found.results.append(block["content"])
    return found


def merged(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The message that a stream's events add up to."""
    whole = next(e["message"] for e in events if e["type"] == "message_start")
    last = next(e for e in events if e["type"] == "message_delta")
    starts = {e["index"]: e["content_block"] for e in events if e["type"] == "content_block_start"}
    pieces = [(e["index"], e["delta"]) for e in events if e["type"] == "content_block_delta"]
    blocks: list[dict[str, Any]] = []
    for index, block in sorted(starts.items()):
        texts = ["".join(d.get(name, "") for i, d in pieces if i == index) for name in ("text", "thinking")]
        called = "".join(d.get("partial_json", "") for i, d in pieces if i == index)
        given = json.loads(called) if called else block.get("input")
        blocks.append({**block, "text": texts[0], "thinking": texts[1], "input": given})
    return {**whole, **last["delta"], "usage": {**whole["usage"], **last["usage"]}, "content": blocks}


def usage(body: dict[str, Any]) -> dict[str, int]:
    """Its tokens: the whole input is the sum of what was new, what was read and what was written."""
    said = body["usage"]
    read, written = said.get("cache_read_input_tokens"), said.get("cache_creation_input_tokens")
    found = {"input": said["input_tokens"] + (read or 0) + (written or 0), "output": said["output_tokens"]}
    found |= {} if read is None else {"cached": read}
    return found if written is None else {**found, "written": written}
