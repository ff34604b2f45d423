"""Steps with names: two calls with a tool between them are one trace, the streamed call included.

opentelemetry-instrument python examples/chain.py && otel-prompt show
"""

import os

from openai import OpenAI

from otel_prompt import tool, workflow

client = OpenAI()
MODEL = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")


@tool
def population(city):
    """How many people live in a city."""
    return {"Paris": 2_100_000}.get(city, 0)


def ask(question, **options):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=MODEL, messages=messages, max_tokens=40, **options)


@workflow
def describe(country):
    """Name a country's capital, look its size up, and write about it, piece by piece."""
    capital = ask(f"The capital of {country}, in one word?").choices[0].message.content
    for chunk in ask(f"A slogan for {capital}, a city of {population('Paris')} people.", stream=True):
        if chunk.choices:
            yield chunk.choices[0].delta.content or ""


for piece in describe("France"):
    print(piece, end="", flush=True)
print()
