"""A W&B and Weave service in this process: what their clients send, kept as they would keep it, with faults.

History is kept by line, as W&B's file stream has it: lines that are sent again at their place replace themselves.
"""

# ruff: noqa: D102, N802, N815 - methods are named for what the client calls them
from __future__ import annotations

import gzip
import json
import re
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "0123456789abcdef" * 2 + "01234567"


@dataclass
class Run:
    """One run as W&B has it."""

    info: dict = field(default_factory=dict)
    config: dict = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)
    summary: str = "{}"
    files: dict[str, bytes] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    exits: int = 0

    @property
    def history(self) -> list[dict]:
        """Its rows, in order."""
        return [json.loads(self.lines[place]) for place in sorted(self.lines)]

    @property
    def last(self) -> dict:
        """Its summary."""
        return json.loads(self.summary)

    def table(self, key: str) -> list[dict]:
        """The rows of a table that was logged by parts."""
        rows = []
        for name in sorted(self.files):
            if name.startswith(f"media/table/{key}_"):
                part = json.loads(self.files[name])
                rows += [dict(zip(part["columns"], row)) for row in part["data"]]
        return rows


class WandbServer:
    """The service. ``fail`` says what goes wrong: it is given each request's path and body, and returns a status."""

    def __init__(self):
        self.runs: dict[tuple[str, str], Run] = {}
        self.artifacts: dict[str, dict] = {}
        self.calls: list[dict] = []
        self.feedback: list[dict] = []
        self.objects: dict[str, dict] = {}
        self.requests: list[tuple[str, str]] = []
        self.fail = lambda path, body: None
        self.lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                outer.handle(self)

            do_GET = do_POST = do_PUT = do_HEAD = answer

        class Http(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that has gone."""

        self.http = Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        """No more answers."""
        self.http.shutdown()
        self.http.server_close()

    @property
    def run(self) -> Run:
        """The only run."""
        (run,) = self.runs.values()
        return run

    def artifacts_of(self, kind: str) -> list[dict]:
        """The artifacts of a type."""
        return [a for a in self.artifacts.values() if a["input"]["artifactTypeName"] == kind]

    def handle(self, http):
        """Answer one request."""
        body = _body(http)
        if http.path.startswith("/sdk/"):
            return _reply(http, 200, b"{}")
        with self.lock:
            self.requests.append((f"{http.command} {http.path}", body.decode("utf-8", "replace")))
            status = self.fail(http.path, body.decode("utf-8", "replace"))
            if status is None and not http.path.startswith("/upload") and not _has_key(http):
                status = 401
            if status is not None:
                return _reply(http, status, json.dumps({"errors": [{"message": f"refused {status}"}]}).encode())
            found = self.result(http.path, body)
            if isinstance(found, list):
                return _reply(http, 200, b"".join(json.dumps(each).encode() + b"\n" for each in found))
            return _reply(http, 200, json.dumps(found).encode())

    def result(self, path, body):
        """What is said to a request that goes well."""
        if path.startswith("/graphql"):
            asked = json.loads(body)
            name = re.search(r"(?:query|mutation)\s+(\w+)", asked["query"]).group(1)
            return {"data": getattr(self, f"on_{name}", self.on_project)(asked.get("variables") or {})}
        if path == "/server_info":
            return {"min_required_weave_python_version": "0.0.1", "trace_server_version": "99.0.0"}
        if match := re.fullmatch(r"/v2/([^/]*)/([^/]*)/calls/complete", path):
            self.calls += [{**each, "place": f"{match[1]}/{match[2]}"} for each in json.loads(body)["batch"]]
            return {}
        if path == "/calls/stream_query":
            wanted = json.loads(body)["filter"]["call_ids"]
            return [call for call in self.calls if call["id"] in wanted]
        if path == "/feedback/create":
            said = json.loads(body)
            self.feedback.append(said)
            return {"id": said["id"], "created_at": "2026-01-01T00:00:00Z", "wb_user_id": "u", "payload": {}}
        if path == "/obj/create":
            said = json.loads(body)["obj"]
            digest = sha256(json.dumps(said["val"], sort_keys=True).encode()).hexdigest()[:43]
            self.objects[f"{said['object_id']}:{digest}"] = said
            return {"digest": said.get("expected_digest") or digest}
        if path == "/file/create":
            return {"digest": "2IKRr4mXBkYeQvDLcaaSWDzj5tzvLqFsmjmxRMpIx0E"}
        if match := re.fullmatch(r"/files/([^/]*)/([^/]*)/([^/]*)/file_stream", path):
            self.stream(self.of(match[2], match[3]), json.loads(body))
        elif match := re.fullmatch(r"/upload/run/([^/]*)/([^/]*)/(.*)", path):
            self.of(match[1], match[2]).files[match[3]] = body
        elif match := re.fullmatch(r"/upload/artifact/([^/]*)/(.*)", path):
            self.artifacts[match[1]]["files"][match[2]] = body
        return {}

    def of(self, project, name) -> Run:
        """A run."""
        return self.runs.setdefault((project, name), Run())

    def stream(self, run, said):
        """Lines of a run's files."""
        for file, chunk in (said.get("files") or {}).items():
            for place, line in enumerate(chunk["content"], chunk["offset"]):
                if file == "wandb-history.jsonl":
                    run.lines[place] = line
                elif file == "wandb-summary.json":
                    run.summary = line
        run.exits += bool(said.get("complete"))

    def on_Viewer(self, _):
        return {"viewer": {"id": "u", "entity": "me", "username": "me", "email": "", "flags": "{}",
                           "teams": {"edges": []}}}  # fmt: skip

    def on_DefaultEntity(self, _):
        return {"viewer": {"username": "me", "defaultEntity": {"name": "me"}}}

    def on_project(self, asked):
        name = asked.get("project") or asked.get("name") or "p"
        project = {"id": "p", "name": name, "entityName": asked.get("entity") or "me", "entity": {"name": "me"}}
        return {"project": project, "upsertModel": {"project": project, "model": project, "inserted": False}}

    def on_ServerFeaturesQuery(self, _):
        return {"serverInfo": {"features": []}}

    def on_RunResumeStatus(self, asked):
        run = self.runs.get((asked["project"], asked["name"]))
        return {"model": {"id": "m", "name": asked["project"], "entity": {"id": "e", "name": asked["entity"] or "me"},
                          "bucket": run and _bucket(asked["name"], run)}}  # fmt: skip

    def on_UpsertBucket(self, asked):
        new = (asked["project"], asked["name"]) not in self.runs
        run = self.of(asked["project"], asked["name"])
        run.info.update({k: v for k, v in asked.items() if v is not None})
        run.config.update(json.loads(asked.get("config") or "{}"))
        project = {"id": "p", "name": asked["project"], "entity": {"id": "e", "name": asked["entity"] or "me"}}
        return {"upsertBucket": {"bucket": {**_bucket(asked["name"], run), "project": project}, "inserted": new}}

    def on_CreateRunFiles(self, asked):
        place = f"{self.url}/upload/run/{asked['project']}/{asked['run']}"
        files = [{"name": name, "uploadUrl": f"{place}/{name}"} for name in asked["files"]]
        return {"createRunFiles": {"runID": "b", "uploadHeaders": [], "files": files}}

    def on_HistoryPage(self, asked):
        run = self.runs.get((asked["project"], asked["run"]), Run())
        rows = [line for _, line in sorted(run.lines.items())]
        some = [r for r in rows if asked["minStep"] <= json.loads(r)["_step"] < asked["maxStep"]]
        return {"project": {"run": {"historyLineCount": len(rows), "history": some[: asked["pageSize"]]}}}

    def on_RunLines(self, asked):
        run = self.runs.get((asked["project"], asked["run"]))
        found = run and {"historyLineCount": len(run.lines), "historyTail": _tail(run)}
        return {"model": {"bucket": found}, "viewer": {"entity": "me"}}

    def on_ArtifactType(self, _):
        return {"project": {"artifact": None}}

    def on_CreateArtifact(self, asked):
        given = asked["input"]
        digest = given["digest"]
        name = sha256(json.dumps([given["artifactCollectionNames"], digest]).encode()).hexdigest()[:12]
        there = name in self.artifacts
        self.artifacts.setdefault(name, {"input": given, "files": {}, "state": "PENDING"})
        if given.get("runName"):
            self.of(given["projectName"], given["runName"]).logged.append(name)
        state = "COMMITTED" if there else "PENDING"
        return {
            "createArtifact": {"artifact": {"id": name, "state": state, "artifactSequence": {"latestArtifact": None}}}
        }

    def on_CreateArtifactManifest(self, asked):
        place = f"{self.url}/upload/artifact/{asked['artifactID']}/{asked['name']}"
        file = {"id": "f", "uploadUrl": place, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": asked["artifactID"], "file": file}}}

    def on_UpdateArtifactManifest(self, asked):
        place = f"{self.url}/upload/artifact/{asked['artifactManifestID']}/wandb_manifest.json"
        file = {"id": "f", "uploadUrl": place, "uploadHeaders": []}
        return {"updateArtifactManifest": {"artifactManifest": {"id": asked["artifactManifestID"], "file": file}}}

    def on_CreateArtifactFiles(self, asked):
        files = asked["input"]["artifactFiles"]
        nodes = [
            {"node": {"storagePath": f["name"], "uploadHeaders": [], "uploadMultipartUrls": None,
                      "uploadUrl": f"{self.url}/upload/artifact/{f['artifactID']}/{f['name']}",
                      "artifact": {"id": f["artifactID"]}}}
            for f in files
        ]  # fmt: skip
        return {"createArtifactFiles": {"files": {"edges": nodes}}}

    def on_CommitArtifact(self, asked):
        self.artifacts[asked["artifactID"]]["state"] = "COMMITTED"
        return {"commitArtifact": {"artifact": {"id": asked["artifactID"], "digest": "d"}}}

    def on_UseArtifact(self, asked):
        given = asked["input"]
        self.of(given["projectName"], given["runName"]).used.append(given["artifactID"])
        return {"useArtifact": {"artifact": {"id": given["artifactID"]}}}

    def on_ClientIDMapping(self, _):
        return {"clientIDMapping": {"serverID": "x"}}

    def on_XXHashDigestsEnabled(self, _):
        return {"entity": {"xxhashDigestsEnabled": False}}

    def on_FetchArtifactDigestAlgorithm(self, _):
        return {"project": None}

    def on_QueryRunInfo(self, asked):
        return {"project": {"run": {"displayName": asked["run"], "summaryMetrics": "{}"}}}


def _tail(run):
    return json.dumps([run.lines[max(run.lines)]] if run.lines else [])


def _bucket(name, run):
    return {"id": "b", "name": name, "displayName": run.info.get("displayName"), "description": None, "sweepName": None,
            "summaryMetrics": run.summary, "logLineCount": 0, "historyLineCount": len(run.lines), "eventsLineCount": 0,
            "historyTail": _tail(run), "eventsTail": "[]", "config": json.dumps(run.config),
            "tags": run.info.get("tags") or [], "notes": run.info.get("notes"),
            "wandbConfig": '{"t": 1}'}  # fmt: skip


def _has_key(http):
    given = http.headers.get("Authorization") or ""
    return given.startswith("Basic ") and b64decode(given[6:]).decode() == f"api:{KEY}"


def _body(http):
    if http.headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(http.rfile.readline().strip(), 16):
            body += http.rfile.read(size)
            http.rfile.readline()
        http.rfile.readline()
    else:
        body = http.rfile.read(int(http.headers.get("content-length") or 0))
    return gzip.decompress(body) if http.headers.get("content-encoding") == "gzip" else body


def _reply(http, status, data):
    http.send_response(status)
    http.send_header("content-type", "application/json")
    http.send_header("content-length", str(len(data)))
    http.end_headers()
    http.wfile.write(data)
