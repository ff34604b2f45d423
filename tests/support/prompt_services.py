"""Doubles of Langfuse's and LangSmith's services on loopback: what their documented interfaces say of prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

NOW = "2026-01-01T00:00:00Z"


class Service:
    """What both have in common: requests that were seen, and a switch that makes it fail."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.status = 200

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        raise NotImplementedError


class Langfuse(Service):
    """``/api/public/v2/prompts``: versions are numbers, and a label is on one version."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: dict[str, list[dict[str, Any]]] = {}

    def add(self, name: str, prompt: Any, labels: tuple[str, ...] = (), config: Any = None) -> dict[str, Any]:
        """Make a version."""
        versions = self.prompts.setdefault(name, [])
        made = {
            "name": name, "version": len(versions) + 1, "prompt": prompt, "config": config or {}, "tags": [],
            "labels": [], "type": "text" if isinstance(prompt, str) else "chat", "commitMessage": None,
        }  # fmt: skip
        versions.append(made)
        self.label(name, made["version"], [*labels, "latest"])
        return made

    def label(self, name: str, version: int, labels: list[str]) -> None:
        """Move labels to a version."""
        for entry in self.prompts[name]:
            kept = [label for label in entry["labels"] if label not in labels]
            entry["labels"] = sorted({*kept, *labels}) if entry["version"] == version else kept

    def answer(self, method, path, query, body):
        """As the reference of its public interface says."""
        name = unquote(path.removeprefix("/api/public/v2/prompts").strip("/"))
        if method == "POST":
            return 201, self.add(body["name"], body["prompt"], tuple(body["labels"]), body["config"])
        if method == "PATCH":
            name, number = re.fullmatch(r"(.*)/versions/(\d+)", name).groups()
            self.label(name, int(number), body["newLabels"])
            return 200, self.prompts[name][int(number) - 1]
        if not name:
            name = query["name"][0]
            numbers = [entry["version"] for entry in self.prompts.get(name, [])]
            meta = {
                "name": name, "versions": numbers, "labels": [], "tags": [], "type": "text", "lastUpdatedAt": NOW,
                "lastConfig": {},
            }  # fmt: skip
            page = {"page": 1, "limit": 100, "totalItems": 1, "totalPages": 1}
            return 200, {"data": [meta] if numbers else [], "meta": page}
        wanted = query.get("version", [None])[0], query.get("label", ["production"])[0]
        for entry in self.prompts.get(name, []):
            if str(entry["version"]) == wanted[0] or (wanted[0] is None and wanted[1] in entry["labels"]):
                return 200, entry
        return 404, {"message": "Prompt not found", "error": "LangfuseNotFoundError"}


class LangSmith(Service):
    """``/commits`` and ``/repos``: versions are commits, and a tag is on one commit."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: dict[str, list[dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def add(self, repo: str, manifest: Any) -> dict[str, Any]:
        """Make a commit."""
        before = self.commits.setdefault(repo, [])
        digest = sha256(json.dumps([manifest, len(before)]).encode()).hexdigest()
        made = {"id": str(uuid4()), "commit_hash": digest, "manifest": manifest, "examples": []}
        before.insert(0, made)
        return made

    def answer(self, method, path, query, body):
        """As the reference of its interface says."""
        parts = path.strip("/").split("/")
        if parts[0] == "settings":
            return 200, {"id": str(uuid4()), "display_name": "t", "created_at": NOW, "tenant_handle": None}
        if parts[0] == "repos" and method == "POST" and len(parts) == 1:
            self.commits["-/" + body["repo_handle"]] = []
            return 200, {"repo": self._repo("-/" + body["repo_handle"])}
        repo = "/".join(parts[1:3])
        if repo not in self.commits:
            return 404, {"detail": "not found"}
        if parts[0] == "repos":
            return self._tag(method, repo, parts, body) if "tags" in parts else (200, {"repo": self._repo(repo)})
        if method == "POST":
            return 200, {"commit": self.add(repo, body["manifest"])}
        found = self.commits[repo]
        if len(parts) == 3:
            at = int(query.get("offset", ["0"])[0])
            about = {"manifest_id": str(uuid4()), "repo_id": str(uuid4()), "created_at": NOW, "updated_at": NOW}
            about |= {"example_run_ids": [], "num_downloads": 0, "num_views": 0, "parent_commit_hash": None}
            some = [{"id": c["id"], "commit_hash": c["commit_hash"], "parent_id": None, **about} for c in found[at:]]
            return 200, {"commits": some, "total": len(found)}
        wanted = self.tags.get(repo, {}).get(parts[3], parts[3])
        for commit in found:
            if wanted in ("latest", commit["id"]) or commit["commit_hash"].startswith(wanted):
                return 200, {k: commit[k] for k in ("commit_hash", "manifest", "examples")}
        return 404, {"detail": "no such commit"}

    def _tag(self, method, repo, parts, body):
        tags = self.tags.setdefault(repo, {})
        if method == "POST" and body["tag_name"] in tags:
            return 409, {"detail": "tag exists"}
        tags[parts[4] if method == "PATCH" else body["tag_name"]] = body["commit_id"]
        return 200, {}

    def _repo(self, repo: str) -> dict[str, Any]:
        owner, handle = repo.split("/")
        return {
            "repo_handle": handle, "id": str(uuid4()), "tenant_id": str(uuid4()), "created_at": NOW, "updated_at": NOW,
            "is_public": False, "is_archived": False, "tags": [], "owner": owner, "full_name": repo, "num_likes": 0,
            "num_downloads": 0, "num_views": 0, "num_commits": len(self.commits[repo]),
        }  # fmt: skip


@contextmanager
def serving(service: Service) -> Generator[str]:
    """The address of a service while it is up."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            service.seen.append((self.command, parts.path))
            status, answer = service.answer(self.command, parts.path, parse_qs(parts.query), body)
            if service.status != 200:
                status, answer = service.status, {"message": "out of order"}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - http.server's names

        def log_message(self, format, *arguments) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
