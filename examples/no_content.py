"""Figures without words: tokens, cost, latency and the prompt's version are recorded, no text is.

python examples/no_content.py && otel-prompt show
"""

import os

from openai import OpenAI

import otel_prompt

otel_prompt.instrument(capture_content=False)

answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": "Keep this to yourself."}],
    max_tokens=20,
)
print(answer.choices[0].message.content)
