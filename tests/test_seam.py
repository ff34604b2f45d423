"""A function is listened at in a class, in a module, or where a decorator keeps it; and let go of exactly."""

from __future__ import annotations

import functools
import types

import pytest

from otel_prompt.seam import seam


def _decorated(kept):
    @functools.wraps(kept)
    def wrapper():
        return kept()

    return wrapper


def _again(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


class Base:
    """A client's base."""

    def ask(self):
        """What a client is asked."""
        return "answer"


class Client(Base):
    """A client."""


@pytest.fixture
def sdk():
    """An SDK: a class, a function, and two that a decorator was put around, once and twice."""
    module = types.SimpleNamespace(Client=Client)
    module.plain = lambda: "answer"
    module.kept = _decorated(lambda: "answer")
    module.kept_below = _again(_decorated(lambda: "answer"))
    return module


@pytest.mark.parametrize("path", ["plain", "kept/kept", "kept_below/kept"])
def test_a_function_is_replaced_and_restored(path, sdk):
    """In its module, or in what its decorator holds, however many others are around it."""
    place = seam(sdk, path)
    place.put(wrapped := lambda: f"heard {place.original()}")
    assert getattr(sdk, place.name if path == "plain" else path.partition("/")[0])() == "heard answer"
    place.restore(wrapped)
    assert seam(sdk, path).original is place.original
    assert getattr(sdk, path.partition("/")[0])() == "answer"


def test_a_function_that_was_taken_before_is_heard(sdk):
    """``from sdk import kept``, and only then the wrapper."""
    taken = sdk.kept
    seam(sdk, "kept/kept").put(lambda: "heard")
    assert taken() == "heard"


def test_an_inherited_method_is_taken_off_again(sdk):
    """The class is as it was: it has none of its own."""
    place = seam(sdk, "Client.ask")
    place.put(wrapped := lambda _: "heard")
    assert Client().ask() == "heard"
    place.restore(wrapped)
    assert "ask" not in vars(Client)


@pytest.mark.parametrize("path", ["plain", "kept/kept"])
def test_what_another_has_put_around_stays(path, sdk):
    """Only one's own wrapper is taken off."""
    place = seam(sdk, path)
    place.put(mine := lambda: "mine")
    seam(sdk, path).put(theirs := lambda: "theirs")
    place.restore(mine)
    assert seam(sdk, path).original is theirs


@pytest.mark.parametrize("path", ["gone", "gone/kept", "kept/gone", "Client.gone", "Gone.ask"])
def test_what_is_not_there(path, sdk):
    """A place that has moved is an ``AttributeError``, and nothing else."""
    with pytest.raises(AttributeError):
        seam(sdk, path)
