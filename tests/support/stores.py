"""Stores of three documents, each of them the real one in this process or a small server that speaks its protocol."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from inspect import signature
from json import dumps, loads
from typing import Any

SECRET = "sk-" + "a1" * 16
WORDS = f"where do the cranes winter, {SECRET}?"
DOCUMENTS = ("Cranes winter in Spain.", f"The key of the hide is {SECRET}", "Storks fly on to Africa.")
IDS = ("crane-1", "hide-2", "stork-3")

Search = Callable[..., Any]
"""``search(words, top_k)``; asked for the words ``"fail"`` it fails as the store does."""


@dataclass(frozen=True)
class Store:
    """A store of documents.

    Attributes:
        name: what users call its client.
        sdk: the module.
        source: what is searched.
        opened: gives what searches it, synchronously or not.
        words: whether the client is given the query's words, or a vector that was made of them.
        distances: whether less is better.
        nameless: whether an asynchronous search does not know what it searches.
    """

    name: str
    sdk: str
    source: str
    opened: Callable[[bool], AbstractAsyncContextManager[Search]]
    words: bool = True
    distances: bool = False
    nameless: Callable[[], bool] = lambda: False

    def source_of(self, asynchronous: bool) -> str | None:
        """What a search says that it searches."""
        return None if asynchronous and self.nameless() else self.source


@asynccontextmanager
async def chroma(asynchronous: bool) -> AsyncIterator[Search]:
    """Chroma in this process. Its asynchronous client is one of a server only: here it asks the one in this process."""
    import chromadb
    from chromadb.api.models.AsyncCollection import AsyncCollection

    class Lengths(chromadb.EmbeddingFunction):
        def __init__(self) -> None:
            pass

        def __call__(self, input: Any) -> Any:  # noqa: A002 - Chroma's name
            if input == ["fail"]:
                raise ValueError("nothing is known of that")
            return [[float(len(text)), 1.0] for text in input]

        @staticmethod
        def name() -> str:
            return "lengths"

        def get_config(self) -> dict[str, Any]:
            return {}

        @staticmethod
        def build_from_config(_: Any) -> Any:
            return Lengths()

    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    made = client.get_or_create_collection("birds", embedding_function=Lengths())
    made.upsert(ids=list(IDS), documents=list(DOCUMENTS), metadatas=[{"n": n} for n in range(3)])

    class Server:
        async def _query(self, **asked: Any) -> Any:
            return made._client._query(**asked)

    found: Any = made
    if asynchronous:
        found = AsyncCollection(Server(), made._model, Lengths())
    yield lambda words, top_k: found.query(query_texts=[words], n_results=top_k)


@asynccontextmanager
async def qdrant(asynchronous: bool) -> AsyncIterator[Search]:
    """Qdrant in this process, which takes vectors alone."""
    from qdrant_client import AsyncQdrantClient, QdrantClient, models

    client: Any = (AsyncQdrantClient if asynchronous else QdrantClient)(":memory:")

    async def settled(value: Any) -> Any:
        return await value if asynchronous else value

    vectors = models.VectorParams(size=2, distance=models.Distance.COSINE)
    await settled(client.create_collection("birds", vectors_config=vectors))
    points = [
        models.PointStruct(id=n, vector=[n, 1.0], payload={"text": text, "name": IDS[n - 1]})
        for n, text in enumerate(DOCUMENTS, 1)
    ]
    await settled(client.upsert("birds", points))
    # More numbers than the collection has, or fewer, are an error.
    yield lambda words, top_k: client.query_points(
        "birds" if words != "fail" else "fish", query=[1.0, 1.0], limit=top_k
    )
    await settled(client.close())


@asynccontextmanager
async def lancedb(asynchronous: bool) -> AsyncIterator[Search]:
    """LanceDB in a folder, searched by words."""
    import lancedb

    rows = [{"id": IDS[n], "vector": [float(n), 1.0], "text": text, "n": n} for n, text in enumerate(DOCUMENTS)]
    with tempfile.TemporaryDirectory() as folder:
        table = lancedb.connect(folder).create_table("birds", rows)
        table.create_fts_index("text")
        if asynchronous:
            other = await (await lancedb.connect_async(folder)).open_table("birds")
            yield lambda words, top_k: (
                other.query().nearest_to_text(words, columns="nothing" if words == "fail" else None).limit(top_k)
            ).to_list()
        else:
            yield lambda words, top_k: (
                table.search(words, query_type="fts", fts_columns="nothing" if words == "fail" else None).limit(top_k)
            ).to_list()


@contextmanager
def http(answer: Callable[[str, Any], tuple[int, Any]]):
    """A server of JSON: ``answer(path, body)`` gives a status and a value."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            status, value = answer(
                self.path, loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"0")
            )
            data = dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pinecone_answer(path: str, body: Any) -> tuple[int, Any]:
    """What Pinecone's data plane answers: to a query of vectors, to a search of records, to one of documents."""
    if "fail" in dumps(body):
        return 400, {"error": {"code": "INVALID_ARGUMENT", "message": "no such thing"}, "status": 400}
    usage = {"readUnits": 1, "read_units": 1}
    found = [(IDS[n], 0.9 - n / 10, {"text": DOCUMENTS[n], "n": n}) for n in range(3)]
    if path == "/query":
        matches = [{"id": i, "score": s, "metadata": f} for i, s, f in found[: body["topK"]]]
        return 200, {"matches": matches, "namespace": "", "usage": usage}
    if path.endswith("/documents/search"):
        matches = [{"_id": i, "_score": s, **f} for i, s, f in found[: body["top_k"]]]
        return 200, {"matches": matches, "namespace": "ns", "usage": usage}
    hits = [{"_id": i, "_score": s, "fields": f} for i, s, f in found[: body["query"]["top_k"]]]
    return 200, {"result": {"hits": hits}, "usage": usage}


@asynccontextmanager
async def pinecone(asynchronous: bool) -> AsyncIterator[Search]:
    """Pinecone's records, which it embeds itself."""
    from pinecone.async_client.async_index import AsyncIndex
    from pinecone.index import Index

    with http(pinecone_answer) as port:
        index: Any = (AsyncIndex if asynchronous else Index)(host=f"http://127.0.0.1:{port}", api_key="k")

        def search(words: str, top_k: int) -> Any:
            return index.search(namespace="ns", top_k=top_k, inputs={"text": words})

        yield search
        closed = index.close()
        if asynchronous:
            await closed


@contextmanager
def weaviate_server():
    """Weaviate's two ports: the one that says its version, and the one that is searched."""
    import grpc
    from weaviate.connect.v4 import weaviate_pb2_grpc
    from weaviate.proto.v1 import properties_pb2, search_get_pb2

    class Service(weaviate_pb2_grpc.WeaviateServicer):
        def Search(self, request, context):  # noqa: N802 - the protocol's name
            if "fail" in str(request):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such thing")
            reply = search_get_pb2.SearchReply()
            for n in range(request.limit or 3):
                found = reply.results.add()
                found.metadata.id = f"00000000-0000-0000-0000-00000000000{n}"
                found.metadata.score, found.metadata.score_present = 0.9 - n / 10, True
                fields = found.properties.non_ref_props.fields
                fields["text"].CopyFrom(properties_pb2.Value(text_value=DOCUMENTS[n]))
                fields["n"].CopyFrom(properties_pb2.Value(int_value=n))
            return reply

    server = grpc.server(ThreadPoolExecutor(2))
    weaviate_pb2_grpc.add_WeaviateServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with http(lambda *_: (200, {"version": "1.32.0"})) as rest:
            yield rest, port
    finally:
        server.stop(None).wait()


@asynccontextmanager
async def weaviate(asynchronous: bool) -> AsyncIterator[Search]:
    """Weaviate's words and vectors together."""
    from weaviate import WeaviateAsyncClient, WeaviateClient
    from weaviate.connect.base import ConnectionParams

    with weaviate_server() as (rest, port):
        parameters = ConnectionParams.from_params("127.0.0.1", rest, False, "127.0.0.1", port, False)
        client: Any = (WeaviateAsyncClient if asynchronous else WeaviateClient)(parameters, skip_init_checks=True)
        connected = client.connect()
        if asynchronous:
            await connected
        birds = client.collections.get("Birds")
        yield lambda words, top_k: birds.query.hybrid(words, limit=top_k)
        closed = client.close()
        if asynchronous:
            await closed


def _before_0_36() -> bool:
    from lancedb.query import AsyncQueryBase

    return "table" not in signature(AsyncQueryBase.__init__).parameters


_EACH = (
    Store("chroma", "chromadb", "birds", chroma, distances=True),
    Store("qdrant", "qdrant_client", "birds", qdrant, words=False),
    Store("lancedb", "lancedb", "birds", lancedb, nameless=_before_0_36),
    Store("pinecone", "pinecone", "127.0.0.1", pinecone),
    Store("weaviate", "weaviate", "Birds", weaviate),
)
ALL = tuple(store for store in _EACH if find_spec(store.sdk))
for each in ALL:
    __import__(each.sdk)  # what is imported is what is traced
