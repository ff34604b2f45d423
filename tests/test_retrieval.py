"""A search in any store is one span, whichever client makes it, synchronously or not; and the call is as it was."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from contextlib import suppress
from importlib import import_module
from inspect import isawaitable

import pytest
from jsonschema import Draft202012Validator
from opentelemetry import context, trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from replay import SHARED

pytest.importorskip("openai")
from stores import ALL, DOCUMENTS, IDS, SECRET, WORDS

from otel_prompt.config import Capture
from otel_prompt.patching import Patch
from otel_prompt.providers import provider
from otel_prompt.providers._base import Provider

EACH = pytest.mark.parametrize("store", ALL, ids=lambda store: store.name)
BOTH = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the stores' own, and many
NAMES = ("data_source.id", "retrieval.query.text", "retrieval.top_k", "retrieval.documents")
_SCHEMA = SHARED / "semconv" / "gen-ai-retrieval-documents.json"


async def settled(value):
    """The value, awaited where it has to be."""
    return await value if isawaitable(value) else value


def said(traced):
    """What the one span says under the names of a retrieval; documents as JSON."""
    held = {name: traced.attributes.get(f"gen_ai.{name}") for name in NAMES}
    return {**held, "retrieval.documents": json.loads(held["retrieval.documents"])}


@EACH
@BOTH
async def test_a_search_is_one_span(store, asynchronous, traced):
    """Its name, kind, source, words, how many were asked for, and the documents with ids, scores and texts."""
    async with store.opened(asynchronous) as search:
        await settled(search(WORDS, 2))
    source = store.source_of(asynchronous)
    assert (traced.span.name, traced.span.kind) == (f"retrieval {source or ''}".strip(), trace.SpanKind.CLIENT)
    assert traced.span.status.status_code is trace.StatusCode.UNSET
    assert traced.attributes["gen_ai.operation.name"] == "retrieval"
    assert traced.attributes["gen_ai.provider.name"] == store.name
    found = said(traced)
    assert found["data_source.id"] == source
    assert found["retrieval.top_k"] == 2
    asked = found["retrieval.query.text"]
    assert asked == (WORDS.replace(SECRET, "[REDACTED]") if store.words else None)
    documents = found["retrieval.documents"]
    assert 1 <= len(documents) <= 2
    for document in documents:
        assert isinstance(document["score"], float)
        assert ("distance" in document) == store.distances
        assert document["content"] in [text.replace(SECRET, "[REDACTED]") for text in DOCUMENTS]
        assert document["metadata"]
        number = [text.replace(SECRET, "[REDACTED]") for text in DOCUMENTS].index(document["content"])
        assert document["id"] in (IDS[number], str(number + 1), f"00000000-0000-0000-0000-00000000000{number}")
    [point] = traced.metrics["gen_ai.client.operation.duration"]
    assert (point.count, point.attributes["gen_ai.provider.name"]) == (1, store.name)
    if _SCHEMA.exists():
        Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8"))).validate(documents)


@EACH
@BOTH
async def test_the_caller_gets_what_it_would_get(store, asynchronous, instrument):
    """The same type and the same documents with and without us."""
    async with store.opened(asynchronous) as search:
        bare = await settled(search(WORDS, 2))
        traced = instrument()
        watched = await settled(search(WORDS, 2))
        assert len(traced.spans) == 1
    assert type(watched) is type(bare)
    assert re.sub(r"took=.*", "", str(watched)) == re.sub(r"took=.*", "", str(bare))


@EACH
@BOTH
async def test_a_search_that_fails(store, asynchronous, traced):
    """The exception is the store's own, and the span says it."""
    async with store.opened(asynchronous) as search:
        with pytest.raises(Exception, match=r".") as caught:
            await settled(search("fail", 2))
    kind = type(caught.value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    assert traced.attributes["error.type"] == name
    assert traced.span.status.status_code is trace.StatusCode.ERROR
    assert "otel_prompt" not in str(caught.value)


@EACH
@BOTH
async def test_without_content(store, asynchronous, instrument):
    """Ids and scores stay; neither the words nor a document's text or fields are anywhere."""
    traced = instrument(capture_content=Capture.NO_CONTENT)
    async with store.opened(asynchronous) as search:
        await settled(search("where do the cranes winter", 3))
    found = said(traced)
    assert found["retrieval.query.text"] is None
    assert all(set(document) <= {"id", "score", "distance"} for document in found["retrieval.documents"])
    assert all("score" in document for document in found["retrieval.documents"])
    everything = traced.everything()
    assert not [word for word in ("cranes", "Cranes", "Storks", "metadata") if word in everything]


@EACH
async def test_content_on_events_alone(store, instrument):
    """The documents are on the event as a list, and on the span without their texts."""
    traced = instrument(capture_content=Capture.EVENT_ONLY)
    async with store.opened(False) as search:
        await settled(search(WORDS, 1))
    assert "content" not in said(traced)["retrieval.documents"][0]
    [event] = traced.events
    assert event.attributes["gen_ai.retrieval.documents"][0]["content"]


@EACH
@BOTH
async def test_secrets_are_taken_out(store, asynchronous, traced):
    """Of the words and of the documents."""
    async with store.opened(asynchronous) as search:
        await settled(search(WORDS, 3))
    assert SECRET not in traced.everything()


@EACH
@BOTH
async def test_a_search_that_is_not_sampled(store, asynchronous, instrument):
    """It is counted, and nothing is read of it."""
    traced = instrument(sampler=ALWAYS_OFF)
    async with store.opened(asynchronous) as search:
        await settled(search(WORDS, 2))
    [point] = traced.metrics["gen_ai.client.operation.duration"]
    assert point.count == 1
    assert traced.spans == []


@EACH
@BOTH
async def test_a_search_where_nothing_is_to_be_traced(store, asynchronous, traced):
    """``suppress_instrumentation``."""
    async with store.opened(asynchronous) as search:
        token = context.attach(context.set_value("suppress_instrumentation", True))
        try:
            await settled(search(WORDS, 2))
        finally:
            context.detach(token)
    assert traced.processor.started == []


@EACH
@BOTH
async def test_the_callers_span_is_its_parent(store, asynchronous, traced):
    """And the current one again afterwards."""
    async with store.opened(asynchronous) as search:
        with traced.tracer.start_as_current_span("caller") as mine:
            await settled(search(WORDS, 2))
            assert trace.get_current_span() is mine
    assert traced.span.parent.span_id == mine.get_span_context().span_id


@EACH
async def test_tasks_side_by_side(store, traced):
    """Ten at once: ten spans, each ended."""
    async with store.opened(True) as search:
        await asyncio.gather(*(settled(search(WORDS, 1 + n % 3)) for n in range(10)))
    assert sorted(s.attributes["gen_ai.retrieval.top_k"] for s in traced.spans) == sorted(1 + n % 3 for n in range(10))


@EACH
async def test_a_search_in_a_thread(store, traced):
    """Where there is no span around it, it is a trace of its own."""
    async with store.opened(False) as search:
        thread = threading.Thread(target=search, args=(WORDS, 2))
        thread.start()
        thread.join()
    assert traced.span.parent is None


@EACH
async def test_a_cancelled_search(store, traced):
    """It ends, as what it is, or it was done."""
    async with store.opened(True) as search:
        task = asyncio.ensure_future(settled(search(WORDS, 2)))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert [s.attributes.get("error.type") for s in traced.spans] in (
        [],
        [None],
        ["asyncio.exceptions.CancelledError"],
    )


@EACH
@BOTH
async def test_a_fault_of_ours_is_ours(store, asynchronous, traced, shield_up, monkeypatch):
    """An argument or an answer that cannot be read loses telemetry, once said, and nothing else."""

    def broken(*_):
        raise KeyError("ours")

    async with store.opened(asynchronous) as search:
        monkeypatch.setattr("otel_prompt.recorder.Recorder._read", broken)
        assert await settled(search(WORDS, 2)) is not None
    assert len(traced.spans) == 1
    assert [line for line in traced._complaints.heard if "lost some telemetry (KeyError" in line]
    traced._complaints.heard.clear()


def _ids(owner):
    return {name: id(value) for name, value in vars(owner).items()}


@EACH
def test_undo_is_exact(store, instrument):
    """After ``remove`` the classes are as they were."""
    it = provider(store.name)
    owners = []
    for path in (*it.methods, *it.former):
        module, name = it.place(path)
        with suppress(AttributeError, ModuleNotFoundError):
            owner = import_module(module)
            for part in name.split(".")[:-1]:
                owner = getattr(owner, part)
            owners.append(owner)
    before = [_ids(owner) for owner in owners]
    traced = instrument()
    assert [_ids(owner) for owner in owners] != before
    traced.remove()
    assert [_ids(owner) for owner in owners] == before


@EACH
async def test_two_instrumentations_make_one_span(store, instrument):
    """Instrumented twice by mistake: the outer one records, the inner one keeps out."""
    first, second = instrument(), instrument()
    async with store.opened(False) as search:
        search(WORDS, 2)
    assert len(first.processor.started) + len(second.processor.started) == 1


@EACH
def test_a_seam_that_has_moved_is_one_line(store, monkeypatch, traced):
    """A method that is gone is named; one that only some versions have is not missed."""
    it = provider(store.name)
    changed = Provider(
        **{field: getattr(it, field) for field in it.__dataclass_fields__ if not field.startswith("_")}
        | {"methods": (*it.methods[:-1], "no.such.Method"), "former": (*it.former, "no.other.Method")}
    )
    patch = Patch(changed, traced.telemetry)
    patch.remove()
    assert patch.missing == ["no.such.Method"]
    [line] = traced._complaints.heard
    assert f"{it.distribution} has no no.such.Method in the installed version" in line
    traced._complaints.heard.clear()
