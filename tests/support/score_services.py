"""Langfuse's, LangSmith's and Phoenix's interfaces for judgements, as far as we speak to them, in this process.

They keep what they are told by its id, as the real ones do, and what they were asked.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class ScoreService:
    """One service. ``fail`` says what goes wrong: it is given the method, path and body, and returns a status."""

    def __init__(self):
        self.held: dict[str, dict] = {}
        self.asked: list[tuple[str, str, dict, object]] = []
        self.spans: set[str] | None = None
        self.fail = lambda method, path, body: None
        self.headers: dict[str, str] = {}
        self.url = ""

    def answer(self, method, path, query, body):
        """A status and JSON."""
        if (status := self.fail(method, path, body)) is not None:
            return status, {"detail": "as the test has it"}
        kind, _, own = path.removeprefix("/").partition("/")
        if path == "/api/public/ingestion":
            return self.ingestion(body["batch"])
        if path == "/v1/span_annotations":
            return self.annotations(body["data"], query)
        if path == "/sessions":
            return 200, [{"id": "5e551011-0000-0000-0000-000000000000", "name": query["name"][0]}]
        if kind == "feedback":
            return self.feedback(method, own, body)
        return 200, {}

    def ingestion(self, events):
        """Langfuse's: each event is taken or not."""
        bad = [each for each in events if each["body"]["name"] == "bad"]
        self.held.update({each["body"]["id"]: each["body"] for each in events if each not in bad})
        return 207, {
            "successes": [{"id": each["id"], "status": 201} for each in events if each not in bad],
            "errors": [{"id": each["id"], "status": 400, "message": "Invalid request data"} for each in bad],
        }

    def annotations(self, data, query):
        """Phoenix's: all, or none where a span is not known."""
        assert query["sync"] == ["true"]
        missing = [each["span_id"] for each in data if self.spans is not None and each["span_id"] not in self.spans]
        if missing:
            return 404, {"detail": f"Spans with IDs {', '.join(missing)} do not exist."}
        self.held.update({f"{each['span_id']}/{each['name']}/{each['identifier']}": each for each in data})
        return 200, {"data": []}

    def feedback(self, method, own, body):
        """LangSmith's: made once, and changed by another request."""
        if method == "PATCH":
            self.held[own].update(body)
        elif body["id"] in self.held:
            return 409, {"detail": "there is such feedback"}
        else:
            self.held[body["id"]] = body
        return 200, {}


@contextmanager
def score_service():
    """A running service."""
    service = ScoreService()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            body = json.loads(raw) if raw and "json" in self.headers.get("content-type", "") else None
            service.asked.append((self.command, parts.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, said = service.answer(self.command, parts.path, parse_qs(parts.query), body)
            answer = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(answer)), **service.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PATCH = do_POST  # noqa: N815 - the names that the server looks for

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
