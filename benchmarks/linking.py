"""What linking a prompt to its call adds to the call: the recognition of rendered texts in a request.

python benchmarks/linking.py            a table, in microseconds a call
python benchmarks/linking.py --json     the figures alone
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from otel_prompt import Prompt
from otel_prompt.prompts._recognition import recognised
from otel_prompt.prompts.automatic import automatic

NUMBER, REPEAT = 5_000, 15
SENTENCE = "The quick brown fox jumps over the lazy dog and runs away from it. "
SUMMARY = Prompt("summary", "Summarize in {{n}} words and no more: {{text}}", version="3")


def chat(user: Any, system: str = "You are a helpful assistant.") -> dict[str, Any]:
    """A request of two messages."""
    return {"model": "m", "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]}


def conversation(messages: int) -> dict[str, Any]:
    """A request of many messages of two thousand characters."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[n % 2], "content": f"{n} {SENTENCE * 30}"} for n in range(messages)]}


def microseconds(work: Callable[[], Any], number: int = NUMBER) -> float:
    """The best of several runs: what the work costs when nothing else is in the way."""
    best = float("inf")
    for _ in range(REPEAT):
        began = time.perf_counter()
        for _ in range(number):
            work()
        best = min(best, time.perf_counter() - began)
    return round(best / number * 1e6, 2)


def deep(frames: int, work: Callable[[], float]) -> float:
    """The work, so many calls down, as a client's request method is."""
    return deep(frames - 1, work) if frames else work()


def measure() -> dict[str, float]:
    """All figures, by what was called."""
    found = {
        "nothing rendered, 2 messages": microseconds(lambda: recognised(chat_plain)),
        "nothing rendered, 50 messages": microseconds(lambda: recognised(long)),
    }
    text = SUMMARY.render(n=9, text=SENTENCE * 4)
    found["the rendered object"] = microseconds(lambda: recognised(chat(text)))
    found["the same text"] = microseconds(lambda: recognised(chat(str(text))))
    found["inside an f-string"] = microseconds(lambda: recognised(chat(f"{text} Thank you.")))
    for n in range(20):
        SUMMARY.render(n=n, text=SENTENCE * 4)
    found["another text, after 16 renders"] = microseconds(lambda: recognised(chat_plain))
    found["2,000 characters, after 16 renders"] = microseconds(lambda: recognised(chat_long))
    found["50 messages, after 16 renders"] = microseconds(lambda: recognised(long), 500)
    found["making the request alone"] = microseconds(lambda: chat(text))
    found["automatic identity, 10 frames deep"] = deep(10, lambda: microseconds(lambda: automatic(chat_plain)))
    found["rendering"] = microseconds(lambda: SUMMARY.render(n=9, text=SENTENCE), 500)
    return found


chat_plain = chat("What is the capital of France?")
chat_long = chat(SENTENCE * 30)
long = conversation(50)

if __name__ == "__main__":
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:<40}{figure:>8.2f} us")
