"""What linking a prompt to its call adds to the call: the recognition of rendered texts in a request.

python benchmarks/linking.py            a table, in microseconds a call
python benchmarks/linking.py --json     the figures alone
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from otel_prompt import Prompt
from otel_prompt.prompts._recognition import recognised
from otel_prompt.prompts.automatic import automatic

NUMBER, REPEAT = 100, 300
PROSE = " ".join(" ".join(Path(__file__).parent.parent.joinpath(page).read_text("utf-8") for page in (
    "README.md", "docs/prompts.md", "benchmarks/README.md")).split())  # fmt: skip
"""A text as people write it, with code in it."""
SUMMARY = Prompt("summary", "Summarize in {{n}} words and no more: {{text}}", version="3")
SIXTEEN = [Prompt(f"prompt-{n}", f"{opening} {{{{text}}}}") for n, opening in enumerate((
    "Translate into Italian:", "You are a lawyer. Read this:", "Extract every date as JSON from", "# Task\nRank",
    "Answer only with yes or no:", "Write a haiku about", "Classify the sentiment of", "Given the context below,",
    "Rewrite politely:", "Find the bug in this code:", "As a teacher, explain", "Which city is meant?",
    "Compare the two texts:", "List three questions on", "Be brief; say what follows from", "Name the author of",
))]  # fmt: skip


def prose(characters: int, start: int = 0) -> str:
    """So much prose."""
    return (PROSE * (1 + (start + characters) // len(PROSE)))[start : start + characters]


def chat(user: Any, system: str = "You are a helpful assistant.") -> dict[str, Any]:
    """A request of two messages."""
    return {"model": "m", "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]}


def conversation(messages: int) -> dict[str, Any]:
    """A request of many messages of two thousand characters."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[n % 2], "content": f"{n} {prose(2000, n * 99)}"} for n in range(messages)]}


def microseconds(work: Callable[[], Any], number: int = NUMBER) -> float:
    """The best of many short runs: what the work costs when nothing else is in the way."""
    best = float("inf")
    for _ in range(REPEAT):
        began = time.perf_counter()
        for _ in range(number):
            work()
        best = min(best, time.perf_counter() - began)
    return round(best / number * 1e6, 2)


def recognising(body: dict[str, Any]) -> float:
    """What it costs to look through a request."""
    return microseconds(lambda: recognised(body))


def deep(frames: int, work: Callable[[], float]) -> float:
    """The work, so many calls down, as a client's request method is."""
    return deep(frames - 1, work) if frames else work()


def measure() -> dict[str, float]:
    """All figures, by what was called."""
    plain, long = chat("What is the capital of France?"), conversation(50)
    found = {"nothing rendered, 2 messages": recognising(plain), "nothing rendered, 50 messages": recognising(long)}
    text = SUMMARY.render(n=9, text=prose(250))
    found["the rendered object"] = recognising(chat(text))
    found["the same text"] = recognising(chat(str(text)))
    found["inside an f-string"] = recognising(chat(f"{text} Thank you."))
    for renders, prompts in (("16 renders of one prompt", [SUMMARY] * 16), ("16 prompts", SIXTEEN)):
        for n, prompt in enumerate(prompts):
            values = {"text": prose(200, n * 50), "n": n}
            text = prompt.render(**{name: values[name] for name in prompt.variables})
        found[f"short, after {renders}"] = recognising(plain)
        for size in (2, 10, 100):
            found[f"{size} kB, after {renders}"] = recognising(chat(prose(size * 1000)))
        found[f"100 kB around it, after {renders}"] = recognising(chat(f"{prose(500)}\n\n{text}\n\n{prose(99_500)}"))
        found[f"50 messages, after {renders}"] = recognising(long)
    found["automatic identity, 10 frames deep"] = deep(10, lambda: microseconds(lambda: automatic(plain)))
    found["rendering"] = microseconds(lambda: SUMMARY.render(n=9, text=prose(250)))
    return found


if __name__ == "__main__":
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:<52}{figure:>8.2f} us")
