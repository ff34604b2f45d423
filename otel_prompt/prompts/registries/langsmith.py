"""LangSmith's prompts: ``langsmith:owner/summarize:1f0c``, ``langsmith:summarize@production``, ``langsmith:summarize``.

Its client asks for the prompt; what comes is read here, so that LangChain need not be installed.
"""

from __future__ import annotations

from typing import Any, Final

from ...config import variable
from ...errors import PromptError, require
from .._prompt import Prompt
from ..reference import Reference
from . import _manifest

_MILLISECONDS: Final = 10_000
_MOST_VERSIONS: Final = 100
"""How many commits are looked through for a template that is there already, the newest first."""


def where() -> str:
    """The address of LangSmith."""
    return variable("LANGSMITH_ENDPOINT") or variable("LANGCHAIN_ENDPOINT") or "https://api.smith.langchain.com"


def fetch(reference: Reference) -> Prompt:
    """The prompt of a reference; a label is a tag of a commit.

    Raises:
        PromptError: LangSmith does not have it, does not answer, or it is of a kind that is no prompt here.
        MissingExtraError: langsmith is not installed.
    """
    client, faults = _client()
    try:
        return _pull(client, reference.name, reference.label or reference.version or "latest", reference.label)
    except faults as error:
        raise _fault(str(reference), error) from None


def push(prompt: Prompt) -> tuple[str, bool]:
    """Commit a prompt, unless a commit has its template already: (the commit, whether it is new).

    Raises:
        PromptError: LangSmith does not take it.
    """
    manifest = _manifest.write(prompt)
    client, faults = _client()
    try:
        commits: list[str] = []
        if client.get_prompt(prompt.name) is None:
            client.create_prompt(prompt.name, description=prompt.description, tags=list(prompt.tags))
        else:
            commits = [c.commit_hash for c in client.list_prompt_commits(prompt.name, limit=_MOST_VERSIONS)]
        for commit in commits:
            if _template_hash(client, prompt.name, commit) == prompt.template_hash:
                return commit, False
        # Not by create_commit, which needs LangChain to be installed.
        body = {"manifest": manifest, "parent_commit": next(iter(commits), None)}
        made = client.request_with_retries("POST", f"/commits/{_path(prompt.name)}", json=body).json()
        return made["commit"]["commit_hash"], True
    except faults as error:
        raise _fault(f"langsmith:{prompt.name}", error) from None


def label(name: str, version: str, alias: str) -> None:
    """Give a tag to a commit, and take it from the one that had it."""
    client, faults = _client()
    conflict: Any = require("langsmith.utils", "langsmith").LangSmithConflictError
    path = f"/repos/{_path(name)}/tags"
    try:
        commits = client.list_prompt_commits(name, limit=_MOST_VERSIONS)
        ids = [str(commit.id) for commit in commits if commit.commit_hash.startswith(version)]
        if not ids:
            raise PromptError(f"LangSmith at {where()} has no commit {version} of prompt {name}.")
        try:
            client.request_with_retries("POST", path, json={"tag_name": alias, "commit_id": ids[0]})
        except conflict:
            client.request_with_retries("PATCH", f"{path}/{alias}", json={"commit_id": ids[0]})
    except faults as error:
        if isinstance(error, PromptError):
            raise
        raise _fault(f"langsmith:{name}:{version}", error) from None


def _client() -> tuple[Any, tuple[type[Exception], ...]]:
    langsmith, utils = require("langsmith", "langsmith"), require("langsmith.utils", "langsmith")
    client = langsmith.Client(
        api_url=where(), auto_batch_tracing=False, disable_prompt_cache=True, timeout_ms=_MILLISECONDS
    )
    return client, (utils.LangSmithError, ValueError, KeyError, OSError)


def _pull(client: Any, name: str, commit: str, wanted: str | None) -> Prompt:
    # The manifest is read as data and nothing in it is run, which is what the client's warning is about.
    found = client.pull_prompt_commit(f"{name}:{commit}", skip_cache=True, dangerously_pull_public_prompt=True)
    return _manifest.read(found.manifest, name, found.commit_hash, wanted)


def _path(name: str) -> str:
    return name if "/" in name else f"-/{name}"


def _template_hash(client: Any, name: str, commit: str) -> str | None:
    try:
        return _pull(client, name, commit, None).template_hash
    except PromptError:
        return None


def _fault(wanted: str, error: Exception) -> PromptError:
    if isinstance(error, PromptError):
        return error
    return PromptError(f"LangSmith at {where()} does not give prompt {wanted}: {' '.join(str(error).split())[:300]}.")
