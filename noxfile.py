"""The clients at both ends of what is supported, each in an environment of its own, which is kept for the next time.

nox                              the seams, lifecycle and recordings of all clients, at their newest, in one environment
nox -s clients                   each client alone, at its newest and at its oldest
nox -s "clients(oldest, groq)"   one of them
"""

from __future__ import annotations

import re
from pathlib import Path

import nox

EXTRAS = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]
TOOLS = {"prompts", "mlflow", "langfuse", "langsmith", "wandb", "weave", "cli", "all"}
LARGE = {"llama-cpp", "transformers", "vllm"}
"""What is compiled for long, brings thousands of megabytes, or needs an accelerator: tried where it is installed."""
CLIENTS = sorted(EXTRAS.keys() - TOOLS - LARGE)
TESTS = (
    *("tests/test_seams.py", "tests/test_lifecycle.py", "tests/wire"),
    *("tests/test_retrieval.py", "tests/test_stores.py", "tests/test_in_process.py"),
)
NOTHING_RUN = 5
"""What pytest ends with where all was skipped or there was nothing: a client that has no recordings, say."""

nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["newest"]


@nox.session
def newest(session: nox.Session) -> None:
    """All clients together, as most programs have them."""
    session.install("--upgrade", "-e", f".[{','.join(CLIENTS)},prompts,cli]", "--group", "pytest")
    session.run("pytest", "-q", "-n", "auto", "--dist", "worksteal", *TESTS, *session.posargs)


@nox.session
@nox.parametrize("client", CLIENTS, ids=CLIENTS)
@nox.parametrize("age", ["newest", "oldest"], ids=["newest", "oldest"])
def clients(session: nox.Session, age: str, client: str) -> None:
    """One client, and openai for what the tests share."""
    session.install("--upgrade", "-e", f".[{client},openai,prompts,cli]", "--group", "pytest")
    if age == "oldest":
        wanted = [each for each in EXTRAS[client] if not each.startswith("genai-prices")]
        names = [re.split(r"[^\w.-]", each)[0] for each in wanted]
        again = [part for name in names for part in ("--reinstall-package", name)]
        session.install("--resolution", "lowest-direct", *again, *wanted)
    own = [str(path) for path in Path("tests").glob(f"test_{client.replace('-', '_')}*.py")]
    session.run("pytest", "-q", "-n", "auto", "--dist", "worksteal", *TESTS, *own, success_codes=[0, NOTHING_RUN])
