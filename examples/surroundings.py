"""Who, in which session, for which experiment: said once, on every span inside.

python examples/surroundings.py && otel-prompt spans --tag canary
"""

import os

from openai import OpenAI

import otel_prompt

otel_prompt.instrument()
client = OpenAI()

with otel_prompt.attributes(session="s-17", user="u-4", experiment="tone", tags=["canary"], metadata={"region": "eu"}):
    answer = client.chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
        messages=[{"role": "user", "content": "Greet me."}],
        max_tokens=20,
    )
print(answer.choices[0].message.content)
