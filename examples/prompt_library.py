"""A folder of prompt files as a library: the call knows name, version, commit and variables by itself.

opentelemetry-instrument python examples/prompt_library.py && otel-prompt prompts list --folder examples/library
"""

import os
from pathlib import Path

from openai import OpenAI

from otel_prompt import load_prompt

prompt = load_prompt("explain", folder=Path(__file__).parent / "library")
answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=prompt.render(topic="the printing press"),
    max_tokens=40,
    **prompt.parameters,
)
print(f"{prompt.name} {prompt.version}: {answer.choices[0].message.content}")
