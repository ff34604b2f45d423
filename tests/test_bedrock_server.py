"""Bedrock's clients and a server on this machine: real sockets, in both libraries."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("botocore")
import aws_double as double
from bedrock_endpoints import CONVERSE, TITAN

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "s"}


@pytest.fixture
def address():
    """The address of a server that answers Converse and InvokeModel."""

    class Bedrock(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            streamed = self.path.endswith("converse-stream")
            self.send_response(200)
            self.send_header("content-type", (double.EVENT_STREAM if streamed else double.JSON)["content-type"])
            self.send_header("x-amzn-requestid", "r1")
            if streamed:
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for piece in (*map(double.event, CONVERSE.events), b""):
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                return
            body = json.dumps((TITAN if self.path.endswith("invoke") else CONVERSE).answer).encode()
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bedrock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def check(traced, address):
    """A stream that was left, one that was read, a plain call and a body: four spans."""
    left, *whole = traced.spans
    assert [json.loads(s.attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] for s in whole] == [
        "Hello, world"
    ] * 3
    assert left.status.status_code.name == "UNSET"
    for span in traced.spans:
        assert span.attributes["gen_ai.provider.name"] == "aws.bedrock"
        assert f"http://127.0.0.1:{span.attributes['server.port']}" == address
    assert [span.attributes["gen_ai.response.id"] for span in whole] == ["r1"] * 3


def test_by_botocore(traced, address):
    """A stream that is left, one that is read, a plain call and a body in pieces."""
    client = double.session().create_client("bedrock-runtime", endpoint_url=address, **KEYS)
    stream = client.converse_stream(**CONVERSE.arguments)["stream"]
    for _ in stream:
        break
    stream.close()
    assert len(list(client.converse_stream(**CONVERSE.arguments)["stream"])) == len(CONVERSE.events)
    client.converse(**CONVERSE.arguments)
    with client.invoke_model(**TITAN.arguments)["body"] as raw:
        assert json.loads(raw.read()) == TITAN.answer
    client.close()
    check(traced, address)


def test_by_aiobotocore(traced, address):
    """The same, asynchronously."""

    async def calls():
        made = double.session(asynchronous=True).create_client("bedrock-runtime", endpoint_url=address, **KEYS)
        async with made as client:
            stream = (await client.converse_stream(**CONVERSE.arguments))["stream"]
            async for _ in stream:
                break
            stream.close()
            read = [e async for e in (await client.converse_stream(**CONVERSE.arguments))["stream"]]
            assert len(read) == len(CONVERSE.events)
            await client.converse(**CONVERSE.arguments)
            async with (await client.invoke_model(**TITAN.arguments))["body"] as body:
                assert json.loads(await body.read()) == TITAN.answer

    asyncio.run(calls())
    check(traced, address)
