"""A proxy in front of a real server that answers, delays or cuts requests as a test tells it to."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

CUT, LOST = "cut", "lost"
"""The connection ends in the middle of the request; or after it was carried out, so that the answer is lost."""


class Proxy:
    """What goes wrong, by the number of the request: a status, ``CUT``, ``LOST``, seconds to wait, or None."""

    def __init__(self, target):
        self.host, self.port = urlsplit(target).hostname, urlsplit(target).port
        self.plan = lambda method, path: None
        self.heard = lambda path, headers: None
        self.went_wrong = 0
        self.uri = ""

    def fail(self, times, how, path=""):
        """The next requests whose path holds a text go wrong, as often as is said; checks of health do not."""
        left = [times]

        def plan(_, asked):
            if asked.endswith("/health") or path not in asked or not left[0]:
                return None
            left[0] -= 1
            return how

        self.plan = plan

    def forward(self, method, path, headers, body):
        """Ask the real server."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


@contextmanager
def proxy_of(target):
    """Run a proxy of a server."""
    proxy = Proxy(target)

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            """Carry out a request, or do not."""
            proxy.heard(self.path, self.headers)
            how = proxy.plan(self.command, self.path)
            proxy.went_wrong += how is not None
            if how == CUT:
                self.rfile.read(min(10, int(self.headers.get("content-length") or 0)))
                self.hang_up()
                return
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if isinstance(how, int):
                self.reply(how, [("content-type", "text/plain")], b"not now")
                return
            if isinstance(how, float):
                time.sleep(how)
            status, headers, said = proxy.forward(self.command, self.path, dict(self.headers), body)
            if how == LOST:
                self.hang_up()
                return
            self.reply(status, headers, said)

        def hang_up(self):
            """End the connection without an answer."""
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def reply(self, status, headers, body):
            """Answer."""
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Answers, f"do_{method}", Answers.answer)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A connection that was cut is meant to be."""

    server = Quiet(("127.0.0.1", 0), Answers)
    proxy.uri = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
