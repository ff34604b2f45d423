"""Which wording is better? A rendered prompt brings its name and version to the call that uses it.

opentelemetry-instrument python examples/prompts.py && otel-prompt spans --prompt explain
"""

import os

from openai import OpenAI

from otel_prompt import Prompt

client = OpenAI()
concise = Prompt("explain", "Explain {{topic}} in one sentence.", version="1", parameters={"temperature": 0.2})
historian = Prompt(
    "explain",
    [{"role": "system", "content": "You are a historian."}, {"role": "user", "content": "Explain {{topic}}."}],
    version="2",
    parameters={"temperature": 0.7},
)

for prompt in (concise, historian):
    rendered = prompt.render(topic="the printing press")
    answer = client.chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
        messages=rendered if isinstance(rendered, list) else [{"role": "user", "content": rendered}],
        max_tokens=40,
        **prompt.parameters,
    )
    print(f"version {prompt.version}: {answer.choices[0].message.content}")
