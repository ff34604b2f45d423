"""A LangChain template with a name: the call that uses its text knows it, with no code of ours.

pip install langchain-core && opentelemetry-instrument python examples/prompt_langchain.py
"""

import os

from langchain_core.prompts import PromptTemplate
from openai import OpenAI

template = PromptTemplate.from_template(
    "Explain {topic} to {reader}, in one sentence.", name="explain", metadata={"prompt_version": "3"}
)
answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": template.format(topic="the printing press", reader="a child")}],
    max_tokens=40,
)
print(f"{template.name}: {answer.choices[0].message.content}")
