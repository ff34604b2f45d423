"""A body that is a file: however the caller reads it, its call ends with it and knows what was in it."""

from __future__ import annotations

import gc
import json

import pytest
from openai_double import JSON, Service, reply

pytest.importorskip("botocore")
import aws_double as double
import bedrock_endpoints as aws


def _within(body):
    with body as raw:
        return raw.read()


@pytest.mark.parametrize(
    "read",
    [
        lambda body: body.read(),
        lambda body: body.read(amt=None),
        lambda body: b"".join(iter(lambda: body.read(7), b"")),
        b"".join,
        lambda body: b"".join(body.iter_chunks(5)),
        lambda body: b"".join(body.iter_lines()),
        lambda body: b"".join(body.readlines()),
        lambda body: json.dumps(json.load(body)).encode(),
        _within,
    ],
    ids=["read", "amt", "pieces", "iter", "chunks", "lines", "readlines", "json", "with"],
)
def test_a_body_is_heard_however_it_is_read(read, traced):
    """The caller reads it as it likes; the span ends with it, and knows it."""
    client = double.client(Service().answer(reply(aws.TITAN.answer)))
    body = client.invoke_model(**aws.TITAN.arguments)["body"]
    assert type(body).__name__ == "StreamingBody"
    assert traced.spans == []
    assert json.loads(read(body)) == aws.TITAN.answer
    assert len(traced.spans) == 1
    assert traced.output == [["Hello, world"]]


@pytest.mark.parametrize("way", ["block", "iter", "lines", "readlines"])
async def test_an_asynchronous_body_is_heard(way, traced):
    """In a block, as aiobotocore's page shows it, or in pieces."""
    client = double.client(Service().answer(reply(aws.TITAN.answer)), asynchronous=True)
    body = (await client.invoke_model(**aws.TITAN.arguments))["body"]
    if way == "block":
        async with body as inner:
            got = await inner.read()
    elif way == "iter":
        got = b"".join([piece async for piece in body])
    else:
        got = b"".join(await body.readlines() if way == "readlines" else [line async for line in body.iter_lines()])
    assert json.loads(got) == aws.TITAN.answer
    assert traced.output == [["Hello, world"]]


def test_a_body_that_is_closed_or_dropped_unread(traced):
    """Only its head was of interest: a span without output, and no error."""
    client = double.client(Service().answer(reply(aws.TITAN.answer)))
    client.invoke_model(**aws.TITAN.arguments)["body"].close()
    assert len(traced.spans) == 1
    client.invoke_model(**aws.TITAN.arguments)
    gc.collect()
    assert len(traced.spans) == 2
    assert all("gen_ai.output.messages" not in span.attributes for span in traced.spans)
    assert {span.status.status_code.name for span in traced.spans} == {"UNSET"}


def test_a_body_that_breaks_off(traced):
    """The connection is cut while it is read: an error of that call."""
    from urllib3.exceptions import ProtocolError

    pieces = [b'{"results": [', ProtocolError("cut")]
    client = double.client(Service().answer(lambda _: double.Answer(200, JSON, double.Body(pieces))))
    body = client.invoke_model(**aws.TITAN.arguments)["body"]
    with pytest.raises(double.botocore.exceptions.ResponseStreamingError):
        body.read()
    assert traced.span.status.status_code.name == "ERROR"
