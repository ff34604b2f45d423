"""Two versions of a prompt as two runs of Weights & Biases, written to files: no key and no network is needed.

python examples/wandb_offline.py && wandb sync
"""

import os

from openai import OpenAI
from opentelemetry import trace

import otel_prompt
from otel_prompt import Prompt

os.environ.setdefault("WANDB_MODE", "offline")
otel_prompt.instrument(exporters=["wandb"])

client = OpenAI()
templates = {"1": "Explain {{topic}}.", "2": "Explain {{topic}} to a child, in one sentence."}
for version, template in templates.items():
    prompt = Prompt("explain", template, version=version)
    for topic in ("lighthouses", "tides"):
        with otel_prompt.attributes(experiment="lighthouses", tags=["example"]):
            answer = client.chat.completions.create(
                model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
                messages=[{"role": "user", "content": prompt.render(topic=topic)}],
                max_tokens=40,
            )
        print(f"{version}: {answer.choices[0].message.content}")

# What is not written by the end of a program waits in the store. Here it is to be there when the program ends.
trace.get_tracer_provider().force_flush(120_000)
