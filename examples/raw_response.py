"""Headers and a typed answer: the raw response is the client's own, and tokens and output are on the span all the same.

opentelemetry-instrument python examples/raw_response.py && otel-prompt show
"""

import os

from openai import OpenAI

raw = OpenAI().chat.completions.with_raw_response.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": "Name a colour."}],
    max_tokens=20,
)
print(raw.headers.get("content-type"))
print(raw.parse().choices[0].message.content)
