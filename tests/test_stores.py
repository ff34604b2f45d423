"""What is one store's own: its other ways to search, what it searches for, and how it lists what it found."""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib.util import find_spec
from inspect import signature

import pytest

pytest.importorskip("openai")
import stores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the stores' own, and many


def needs(sdk):
    """A mark for the tests of one SDK."""
    return pytest.mark.skipif(not find_spec(sdk), reason="the client is not installed")


def found(span):
    """The documents on a span: id, score, text, and which query found it."""
    documents = json.loads(span.attributes["gen_ai.retrieval.documents"])
    return [(d["id"], d.get("content"), d.get("query")) for d in documents]


def asked(span):
    """What a span says was asked for."""
    held = span.attributes
    return held.get("gen_ai.retrieval.query.text"), held.get("gen_ai.retrieval.top_k")


@needs("chromadb")
async def test_several_queries_of_chroma(traced):
    """One span, in which each document says which query found it; the filter is a parameter."""
    async with stores.chroma(False) as search:
        collection = search.__closure__[0].cell_contents
        collection.query(query_texts=["one", "two"], n_results=1, where={"n": 1})
        collection.query(query_embeddings=[[1.0, 1.0]], n_results=1, include=[])
    first, second = traced.spans
    assert asked(first) == ("one\ntwo", 1)
    assert [query for _, _, query in found(first)] == [0, 1]
    assert first.attributes["otel_prompt.param.where"] == '{"n":1}'
    assert asked(second) == (None, 1)
    assert json.loads(second.attributes["gen_ai.retrieval.documents"])[0].keys() == {"id"}


@needs("chromadb")
async def test_a_search_expression_of_chroma(traced):
    """Its words, however deep, and its limit; this process's Chroma knows no such search, and says so itself."""
    expressions = pytest.importorskip("chromadb.execution.expression")
    if not hasattr(expressions, "Search"):
        pytest.skip("an older version has no such search")
    knn = expressions.Knn(query="cranes") * 0.5 + expressions.Knn(query="storks") * 0.5
    async with stores.chroma(False) as search:
        collection = search.__closure__[0].cell_contents
        with pytest.raises(NotImplementedError):
            collection.search(expressions.Search().rank(knn).limit(7))
    assert asked(traced.span) == ("cranes\nstorks", 7)
    assert traced.attributes["error.type"] == "NotImplementedError"


@needs("chromadb")
def test_what_a_search_of_chroma_answers():
    """A column for each field, of which some are missing."""
    from otel_prompt.providers.chroma import documents

    answer = {"ids": [["a"], ["b"]], "scores": [[0.5], None], "documents": [None, ["text"]], "metadatas": None}
    assert list(documents(answer)) == [
        {"id": "a", "score": 0.5, "query": 0},
        {"id": "b", "content": "text", "query": 1},
    ]


@needs("chromadb")
def test_the_address_of_chroma():
    """A server's, by its URL; none in this process."""
    from types import SimpleNamespace as Fake

    from otel_prompt.providers.chroma import server

    it = server(Fake(_client=Fake(_api_url="https://birds.example:8443/api/v2")))
    assert (it.address, it.port) == ("birds.example", 8443)
    assert server(Fake(_client=Fake())).address is None


@contextmanager
def qdrant():
    """Qdrant in this process, with three points."""
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection("birds", vectors_config=models.VectorParams(size=2, distance=models.Distance.DOT))
    points = [models.PointStruct(id=n, vector=[n, 1.0], payload={"page_content": f"d{n}", "n": n}) for n in (1, 2, 3)]
    client.upsert("birds", points)
    yield client
    client.close()


@needs("qdrant_client")
def test_batches_and_groups_of_qdrant(traced):
    """Each is one span, with the documents of all."""
    from qdrant_client import models

    one = models.QueryRequest(query=[1.0, 1.0], limit=1, with_payload=True)
    with qdrant() as client:
        client.query_batch_points("birds", [one, one])
        client.query_points_groups("birds", group_by="n", query=[1.0, 1.0], limit=2, group_size=1)
    batch, groups = traced.spans
    assert (asked(batch), asked(groups)) == ((None, 1), (None, 2))
    assert found(batch) == [("3", "d3", 0), ("3", "d3", 1)]
    assert found(groups) == [("3", "d3", None), ("2", "d2", None)]


@needs("qdrant_client")
def test_words_that_qdrant_embeds(traced):
    """The text of a document, also in a stage before the last; the client asks a server for it."""
    from qdrant_client import QdrantClient, models

    if "cloud_inference" not in signature(QdrantClient).parameters:
        pytest.skip("an older version has no such documents")
    point = {"id": "6d5e1a9e-1b1c-4b3e-8b7c-0a1b2c3d4e5f", "version": 1, "score": 0.5, "payload": {"text": "Cranes"}}
    bodies = []

    def answer(_, body):
        bodies.append(body)
        return 200, {"time": 0.1, "status": "ok", "result": {"points": [point]}}

    words = models.Document(text="cranes", model="a/model")
    with stores.http(answer) as port:
        client = QdrantClient(f"http://127.0.0.1:{port}", cloud_inference=True, check_compatibility=False)
        client.query_points("birds", query=words, limit=1)
        stage = models.Prefetch(query=words, limit=20)
        client.query_points("birds", prefetch=[stage], query=models.FusionQuery(fusion=models.Fusion.RRF), limit=3)
        client.close()
    first, second = traced.spans
    assert (asked(first), asked(second)) == (("cranes", 1), ("cranes", 3))
    assert found(first) == [(point["id"], "Cranes", None)]
    assert (first.attributes["server.address"], first.attributes["server.port"]) == ("127.0.0.1", port)
    assert len(bodies) == 2


@needs("qdrant_client")
def test_the_former_search_of_qdrant(traced):
    """Gone since 1.16: a list of points, for a vector."""
    with qdrant() as client:
        if not hasattr(client, "search"):
            pytest.skip("a newer version has no such method")
        client.search("birds", query_vector=[1.0, 1.0], limit=2)
    assert asked(traced.span) == (None, 2)
    assert found(traced.span) == [("3", "d3", None), ("2", "d2", None)]


@needs("qdrant_client")
def test_nothing_but_searches_is_traced(traced):
    """Neither what is written nor what is fetched by its id."""
    with qdrant() as client:
        client.retrieve("birds", [1])
        client.scroll("birds")
    assert traced.spans == []


@contextmanager
def lance(tmp_path):
    """A table of LanceDB's."""
    import lancedb

    rows = [{"id": f"n{n}", "vector": [float(n), 1.0], "text": f"crane {n}", "n": n} for n in range(3)]
    table = lancedb.connect(tmp_path).create_table("birds", rows)
    table.create_fts_index("text")
    yield table


@needs("lancedb")
def test_the_ways_to_search_lancedb(tmp_path, traced):
    """By a vector, by words and by both, each read in its own way: one span each, and none for a mere filter."""
    with lance(tmp_path) as table:
        table.search([1.0, 1.0]).where("n > 0").limit(2).to_list()
        table.search("crane", query_type="fts").limit(2).to_pandas() if find_spec("pandas") else None
        table.search(query_type="hybrid").vector([1.0, 1.0]).text("crane").limit(2).to_arrow()
        table.search().where("n > 0").limit(2).to_list()
    vector, *_, both = traced.spans
    assert len(traced.spans) == (3 if find_spec("pandas") else 2)
    assert (asked(vector), asked(both)) == ((None, 2), ("crane", 2))
    assert found(vector) == [("n1", "crane 1", None), ("n2", "crane 2", None)]
    assert vector.attributes["otel_prompt.param.filter"] == "n > 0"
    assert {name for name, _, _ in found(both)} <= {"n0", "n1", "n2"}
    assert len(found(both)) == 2


@needs("lancedb")
async def test_the_ways_to_search_lancedb_asynchronously(tmp_path, traced):
    """The same, of which the search by both is two tasks inside."""
    import lancedb

    with lance(tmp_path):
        table = await (await lancedb.connect_async(tmp_path)).open_table("birds")
        await table.query().nearest_to([1.0, 1.0]).limit(2).to_list()
        await table.query().nearest_to_text("crane").limit(1).to_arrow()
        await table.query().nearest_to([1.0, 1.0]).nearest_to_text("crane").limit(2).to_list()
        await table.query().where("n > 0").limit(2).to_list()
    assert [asked(span) for span in traced.spans] == [(None, 2), ("crane", 1), ("crane", 2)]


@needs("pinecone")
async def test_the_ways_to_search_pinecone(traced):
    """Vectors, records and documents; several namespaces are a search each."""
    from pinecone.index import Index

    with stores.http(stores.pinecone_answer) as port:
        index = Index(host=f"http://127.0.0.1:{port}", api_key="k")
        index.query(vector=[0.1, 0.2], top_k=2, namespace="ns", filter={"n": 1}, include_metadata=True)
        if "query" in signature(index.search_records).parameters:
            index.search_records(namespace="ns", query={"inputs": {"text": "cranes"}, "top_k": 1})
        else:
            index.search_records(namespace="ns", inputs={"text": "cranes"}, top_k=1)
        index.query_namespaces(vector=[0.1], namespaces=["a", "b"], metric="cosine", top_k=1)
        if hasattr(index, "documents"):
            clause = {"type": "text", "query": "storks", "fields": ["text"]}
            index.documents.search(namespace="ns", top_k=1, score_by=[clause])
        index.close()
    vector, records, *more = traced.spans
    assert (asked(vector), asked(records)) == ((None, 2), ("cranes", 1))
    assert found(vector)[0] == ("crane-1", stores.DOCUMENTS[0], None)
    assert vector.attributes["otel_prompt.param.namespace"] == "ns"
    assert vector.attributes["otel_prompt.param.filter"] == '{"n":1}'
    assert sorted(span.attributes["otel_prompt.param.namespace"] for span in more[:2]) == ["a", "b"]
    assert [asked(span) for span in more[2:]] in ([], [("storks", 1)])
    assert [found(span) for span in more[2:]] in ([], [[("crane-1", stores.DOCUMENTS[0], None)]])


@needs("pinecone")
def test_pinecone_over_grpc(traced, unused_tcp_port):
    """The same methods; here nobody answers them."""
    from pinecone.grpc import GrpcIndex

    index = GrpcIndex(host=f"http://127.0.0.1:{unused_tcp_port}", api_key="k", timeout=1)
    with pytest.raises(Exception, match=r"."):
        index.query(vector=[0.1, 0.2], top_k=2)
    with pytest.raises(Exception, match=r"."):
        index.search(namespace="ns", top_k=3, inputs={"text": "cranes"})
    index.close()
    query, search = traced.spans
    assert (asked(query), asked(search)) == ((None, 2), ("cranes", 3))
    assert query.attributes["error.type"].startswith("pinecone.")


@needs("pinecone")
@pytest.mark.parametrize(
    ("host", "source"),
    [("https://birds-1a2b3c.svc.aped-1.pinecone.io", "birds-1a2b3c"), ("http://localhost:5081", "localhost")],
)
def test_an_index_of_pinecone_is_named_by_its_host(host, source):
    """The one thing that an index knows of itself."""
    from types import SimpleNamespace as Fake

    from otel_prompt.providers.pinecone import query

    assert query(Fake(_host=host), {})["source"] == source


@needs("weaviate")
async def test_the_ways_to_search_weaviate(traced):
    """Words, a vector, an object; a list of what is there is no search."""
    from weaviate import WeaviateClient
    from weaviate.connect.base import ConnectionParams

    with stores.weaviate_server() as (rest, port):
        parameters = ConnectionParams.from_params("127.0.0.1", rest, False, "127.0.0.1", port, False)
        with WeaviateClient(parameters, skip_init_checks=True) as client:
            birds = client.collections.get("Birds")
            birds.query.near_text(["cranes", "storks"], limit=2)
            birds.query.bm25("cranes", limit=1)
            birds.query.near_vector([0.1, 0.2], limit=1)
            birds.query.fetch_objects(limit=1)
    text, words, vector = traced.spans
    assert [asked(span) for span in (text, words, vector)] == [("cranes\nstorks", 2), ("cranes", 1), (None, 1)]
    assert [span.attributes["otel_prompt.param.search"] for span in traced.spans] == [
        "near_text",
        "bm25",
        "near_vector",
    ]
    assert found(words) == [("00000000-0000-0000-0000-000000000000", stores.DOCUMENTS[0], None)]
    assert text.attributes["server.port"] == port


@needs("weaviate")
def test_an_answer_of_weaviate():
    """Ids as bytes, distances, groups, and fields of every kind; a recording is left out."""
    from weaviate.proto.v1 import properties_pb2, search_get_pb2

    from otel_prompt.providers.weaviate import documents

    reply = search_get_pb2.SearchReply()
    hit = reply.group_by_results.add().objects.add()
    hit.metadata.id_as_bytes = bytes(range(16))
    hit.metadata.distance, hit.metadata.distance_present = 0.25, True
    value = properties_pb2.Value
    for name, held in {
        "body": value(text_value="Cranes"),
        "year": value(int_value=7),
        "none": value(null_value=0),
        "sound": value(blob_value="UklGRg=="),
        "in": value(object_value=properties_pb2.Properties(fields={"a": value(bool_value=True)})),
    }.items():
        hit.properties.non_ref_props.fields[name].CopyFrom(held)
    [document] = documents(reply)
    assert document.pop("metadata") == {"year": 7, "none": None, "in": {"a": True}}
    name = "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert document == {"id": name, "score": 0.25, "distance": 0.25, "content": "Cranes"}
