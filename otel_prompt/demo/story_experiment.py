"""A prompt experiment as people write one: which wording, which temperature?

It holds no tracing code. What records it is the command that starts it:

    opentelemetry-instrument python story_experiment.py MODEL
"""

import sys
from typing import Any

import openai

from otel_prompt import Prompt, tool, workflow

MODEL = sys.argv[1]
client = openai.OpenAI()

story = Prompt("story", "Write the opening of a short story about {{subject}}.", version="1")
concise = Prompt("explain", "In one sentence: why did {{event}} happen?", version="concise")
historian = Prompt(
    "explain",
    [
        {"role": "system", "content": "You are a historian. You explain events by their causes."},
        {"role": "user", "content": "Why did {{event}} happen?"},
    ],
    version="historian",
)
headline = Prompt("headline", "Write a newspaper headline of the year {{year}} about this: {{summary}}", version="1")

SUBJECT = "a lighthouse keeper who finds a letter in a bottle"
EVENT = "the fall of the Berlin Wall"
YEARS = {EVENT: 1989}


def ask(prompt: Any, **parameters: Any) -> str:
    """The model's answer to a text or to a list of messages."""
    messages: Any = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    answer = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=70, **parameters)
    return answer.choices[0].message.content or ""


@tool
def almanac(event: str) -> int:
    """The year of an event."""
    return YEARS[event]


@workflow
def dated_headline(event: str) -> str:
    """Two calls to the model with a tool between them."""
    summary = ask(concise.render(event=event), temperature=0.3)
    return ask(headline.render(year=almanac(event), summary=summary), temperature=0.3)


def streamed(prompt: str) -> str:
    """An answer, piece by piece."""
    chunks = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": prompt}],
        max_tokens=70,
        temperature=0.7,
        stream=True,
        stream_options={"include_usage": True},
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def misspelt(prompt: str) -> str:
    """A call that the service refuses: its JSON schema has a type that does not exist."""
    schema = {"type": "json_schema", "json_schema": {"name": "event", "schema": {"type": "dictionary"}}}
    try:
        return ask(prompt, response_format=schema)
    except openai.BadRequestError as error:
        return f"refused, as it should be: {error}"


def show(title: str, answer: str) -> None:
    """One line for one answer."""
    print(f"{title:<28} {' '.join(answer.split())}", flush=True)


for temperature in (0.7, 1.0, 1.2):
    show(f"story at {temperature}", ask(story.render(subject=SUBJECT), temperature=temperature))
for prompt in (concise, historian):
    for temperature in (0.3, 0.7):
        answer = ask(prompt.render(event=EVENT), temperature=temperature)
        show(f"explain ({prompt.version}) at {temperature}", answer)
show("headline, a chain", dated_headline(EVENT))
show("story, streamed", streamed(story.render(subject=SUBJECT)))
show("explain, a faulty call", misspelt(concise.render(event=EVENT)))
