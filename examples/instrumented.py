"""The same without a launcher: the program asks for it.

python examples/instrumented.py && otel-prompt show
"""

import os

from openai import OpenAI

import otel_prompt

otel_prompt.instrument()

answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": "Say something kind about lighthouses."}],
    max_tokens=40,
)
print(answer.choices[0].message.content)
# Where the last call is recorded: a handle to find it by, here and in MLflow.
print(otel_prompt.current())
