"""A sticky split between two versions: a user always gets the same one, and the span says which and by what shares.

opentelemetry-instrument python examples/prompt_ab.py && otel-prompt spans --prompt greet
"""

import os
import subprocess
import tempfile
from pathlib import Path

from openai import OpenAI

from otel_prompt import load_prompt

# A library of its own, with two versions of one prompt: the older is in Git's history, the newer in the file.
folder = Path(tempfile.mkdtemp())
subprocess.run(["git", "init", "-q", folder], check=True)
git = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
for version, text in (("3", "Greet a person named {{name}}."), ("4", "Give a warm welcome to {{name}}.")):
    (folder / "greet.md").write_text(f"---\nversion: {version}\n---\n{text}\n")
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", f"version {version}"], check=True)

prompt = load_prompt("greet", split={"3": 0.9, "4": 0.1}, key="user-7", folder=folder)
answer = OpenAI().chat.completions.create(
    model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
    messages=[{"role": "user", "content": prompt.render(name="Ada")}],
    max_tokens=40,
)
print(f"version {prompt.version} of {prompt.split}: {answer.choices[0].message.content}")
