"""A plain program with the plain client; nothing in it knows of otel-prompt.

opentelemetry-instrument python examples/quickstart.py && otel-prompt show
"""

import os

from openai import OpenAI

answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": "Say something kind about lighthouses."}],
    max_tokens=40,
)
print(answer.choices[0].message.content)
