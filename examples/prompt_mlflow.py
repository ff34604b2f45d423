"""MLflow's registry, used as its own documentation says: the call is linked with no code of ours.

MLFLOW_TRACKING_URI=http://localhost:5000 opentelemetry-instrument python examples/prompt_mlflow.py
"""

import logging
import os
import tempfile

logging.disable(logging.WARNING)  # MLflow tells of each table that it makes

import mlflow  # noqa: E402
from openai import OpenAI  # noqa: E402

if "MLFLOW_TRACKING_URI" not in os.environ:
    mlflow.set_tracking_uri(f"sqlite:///{tempfile.mkdtemp()}/mlflow.db")
mlflow.genai.register_prompt("explain", "Explain {{topic}} to {{reader}}, in one sentence.")

prompt = mlflow.genai.load_prompt("prompts:/explain/1")
answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": prompt.format(topic="the printing press", reader="a child")}],
    max_tokens=40,
)
print(f"{prompt.name} {prompt.version}: {answer.choices[0].message.content}")
