"""A model's service on a real socket, for programs that run in processes of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("Paris", " it", " is", ",", " of", " course", ".", " Yes", "!", " So")
USAGE = {"prompt_tokens": 11, "completion_tokens": len(WORDS), "total_tokens": 11 + len(WORDS)}
_HEAD = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4o-mini-2024-07-18"}


class Answers(BaseHTTPRequestHandler):
    """Answers every chat alike, at once or piece by piece; refuses a model of the name ``missing``."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a chat."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["model"] == "missing":
            self._send(404, {"error": {"message": "there is no such model", "code": "model_not_found"}})
        elif body.get("stream"):
            chunks = [_chunk({"content": word}) for word in WORDS] + [{**_chunk({}), "usage": USAGE}]
            events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
            self._write(200, events.encode(), "text/event-stream")
        else:
            message = {"role": "assistant", "content": "".join(WORDS)}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            self._send(200, {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, body: Any) -> None:
        self._write(status, json.dumps(body).encode(), "application/json")

    def _write(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _chunk(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
    return {**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}


@contextmanager
def openai_server() -> Iterator[str]:
    """The address of a service that runs as long as the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
