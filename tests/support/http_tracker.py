"""A destination behind HTTP, as most are: a server that holds what it is given by its ids, and a client of it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.selection import Filter


class HttpTracker:
    """The client."""

    batch, gather_seconds, busy = 20, 0.0, False
    wanted, judgements_alone = Filter(), False

    def __init__(self, address):
        self.address, self.name = address, f"tracker {address}"

    def open(self):
        """Nothing to do."""

    def close(self):
        """Nothing to let go of."""

    def deliver(self, traces):
        """Hand over the ids, one request a batch."""
        body = json.dumps([[s.trace_id, s.span_id] for spans in traces for s in spans]).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address, body), timeout=60) as answer:
                answer.read()
        except (OSError, urllib.error.URLError) as error:
            raise DeliveryError(f"{self.address} does not answer ({type(error).__name__})") from None


@contextmanager
def http_tracker():
    """The server: its address, and how often each span has come."""
    held: dict[tuple[str, str], int] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            spans = json.loads(self.rfile.read(int(self.headers["content-length"])))
            for trace_id, span_id in spans:
                held[trace_id, span_id] = held.get((trace_id, span_id), 0) + 1
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", held
    finally:
        server.shutdown()
        server.server_close()
