"""JSON of people's data never fails and is always valid."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import time
from collections import deque
from pathlib import PurePosixPath
from types import MappingProxyType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from otel_prompt.encoding import decode, decoded, encode, printable
from otel_prompt.invocation import Message

_finite = st.floats(allow_nan=False, allow_infinity=False)
_plain = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | _finite | st.text()
_json = st.recursive(_plain, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=10)
_odd = st.recursive(
    _plain | st.integers() | st.floats() | st.binary() | st.complex_numbers() | st.text(st.characters()),
    lambda v: st.lists(v) | st.dictionaries(st.text(st.characters()) | st.integers(), v) | st.tuples(v, v),
    max_leaves=10,
)


@given(_json)
def test_json_comes_back_as_it_was(value):
    """Encoded and decoded, plain values are the same."""
    assert decode(encode(value)) == value


@settings(deadline=None)
@given(_odd)
def test_anything_gives_json(value):
    """Half characters, bytes, endless numbers, keys that are no text."""
    json.loads(encode(value).encode())


class _Model(BaseModel):
    a: int
    b: str | None = None
    c: int = 3


@dataclasses.dataclass
class _Data:
    a: int
    _hidden: int = 0


class _Slots:
    __slots__ = ()


class _Client:
    """Holds a key, as clients do; and like a query, it has a length."""

    def __init__(self):
        self.api_key, self.headers = "hunter2", {"x": "hunter2"}

    def __len__(self):
        return 1

    def __iter__(self):
        raise AssertionError("it was run")


class _Record(msgspec.Struct):
    a: int


@dataclasses.dataclass(slots=True)
class _Slotted:
    a: Any


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (_Model(a=1), '{"a":1,"c":3}'),
        (_Model(a=1, b=None), '{"a":1,"b":null,"c":3}'),
        (_Data(1), '{"a":1,"_hidden":0}'),
        (_Slots(), '"<_Slots>"'),
        (object(), '"<object>"'),
        (_Client(), '"<_Client>"'),
        ([_Data(_Client()), {"a": _Model(a=1)}], '[{"a":"<_Client>","_hidden":0},{"a":{"a":1,"c":3}}]'),
        (_Record(1), '{"a":1}'),
        (_Slotted("\ud83d"), '{"a":"\ufffd"}'),
        (SimpleNamespace(a=1), '{"a":1}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        ({"a": 1}.values(), "[1]"),
        (deque([1]), "[1]"),
        (range(2), "[0,1]"),
        (PurePosixPath("/a/b"), '"/a/b"'),
        (_Client, '"<type>"'),
        (SecretStr("hunter2"), '"<SecretStr>"'),
        ((n for n in (1,)), '"<generator>"'),
        (b"hi", f'"{base64.b64encode(b"hi").decode()}"'),
        ({1}, "[1]"),
        (MappingProxyType({"a": {1: 2}.keys()}), '{"a":[1]}'),
        ((1, 2), "[1,2]"),
        (2**70, f"{2**70}"),
        ({"a": [-(2**70)], "b": object()}, f'{{"a":[{-(2**70)}],"b":"<object>"}}'),
        (math.nan, "null"),
        ("\ud83d", '"\ufffd"'),
        ("\ud83d\ude00", '"😀"'),
        (Message("user", [{"type": "text", "content": "\ud83d"}]), None),
    ],
)
def test_what_json_has_no_form_for(value, text):
    """By its fields, by its text, by its type."""
    found = encode(value)
    assert text is None or found == text
    json.loads(found)


def test_attrs_give_their_fields():
    """With what no UTF-8 can hold in them, too, which takes another way."""
    made = pytest.importorskip("attrs").make_class("Made", ["a"])
    assert encode([made(1), made("\ud83d")]) == '[{"a":1},{"a":"\ufffd"}]'


def test_a_value_that_holds_itself_ends():
    """No endless walk, and no error."""
    endless: list = []
    endless.append(endless)
    json.loads(encode(endless))


@dataclasses.dataclass
class _Node:
    before: list = dataclasses.field(default_factory=list)
    after: list = dataclasses.field(default_factory=list)


def test_objects_that_hold_each_other_take_no_time():
    """A walk over a graph ends: what is met inside itself is named, and there is an end to how much is looked at."""
    nodes = [_Node() for _ in range(12)]
    for node in nodes:
        node.before, node.after = list(nodes), list(nodes)
    began = time.process_time()
    assert "<_Node>" in encode(nodes)
    assert time.process_time() - began < 10


def test_what_holds_itself_is_named():
    """The rest of it is there."""
    node: dict = {"name": "a"}
    node["next"] = {"name": "b", "next": node}
    assert encode(node) == '{"name":"a","next":{"name":"b","next":"<dict>"}}'


class _Once:
    __slots__ = ("items",)

    def __init__(self, items) -> None:
        self.items = iter(items)

    def __len__(self) -> int:
        return 3

    def __iter__(self):
        return self.items


def test_what_can_be_read_once_is_left_unread():
    """A length does not make it a list: it is the caller's to walk."""
    once = _Once([1, 2, 3])
    assert encode({"found": once}) == '{"found":"<_Once>"}'
    assert list(once) == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": 1}', {"a": 1}), ("not json", "not json"), (3, 3), (None, None), ("", ""), ("[" * 9999, None)],
)
def test_decoded_never_fails(text, value):
    """What is no JSON stays as it is."""
    assert decoded(text) == (text if value is None else value)


@given(st.text(st.characters()))
def test_printable_texts_can_be_sent(text):
    """UTF-8 holds them, and nothing else about them has changed."""
    found = printable(text)
    found.encode()
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert found == text
