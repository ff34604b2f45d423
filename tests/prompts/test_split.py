"""A sticky split: the same key, the same version, and shares that come out right."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_prompt import PromptError, load_prompt
from otel_prompt.prompts._recognition import recognised
from otel_prompt.prompts.split import choose

shares = st.dictionaries(
    st.text(min_size=1, max_size=3), st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=4
).filter(lambda s: sum(s.values()) > 0)


@given(shares, st.text())
def test_it_is_sticky(split, key):
    """A key always gets the same version, and never one without a share."""
    version = choose("p", split, key)
    assert version == choose("p", dict(split), key)
    assert split[version] > 0


def test_it_is_the_same_for_ever():
    """What keys get today, they get in any process on any day."""
    assert [choose("p", {"3": 0.5, "4": 0.5}, f"user-{n}") for n in range(8)] == KEPT


KEPT = ["4", "4", "4", "4", "4", "4", "4", "4"]


def test_shares():
    """Of many keys, each version gets its share."""
    found = Counter(choose("p", {"3": 0.9, "4": 0.1}, f"user-{n}") for n in range(20_000))
    assert found["4"] / 20_000 == pytest.approx(0.1, abs=0.01)


def test_a_growing_share_keeps_its_keys():
    """Who had the new version keeps it when its share grows, if it stands first."""
    small = {n for n in range(2000) if choose("p", {"new": 0.1, "old": 0.9}, str(n)) == "new"}
    large = {n for n in range(2000) if choose("p", {"new": 0.4, "old": 0.6}, str(n)) == "new"}
    assert small < large


def test_prompts_split_independently():
    """Two prompts do not split their users in the same way."""
    one, two = ([choose(name, {"a": 1, "b": 1}, str(n)) for n in range(1000)] for name in ("p", "q"))
    assert 400 < sum(a == b for a, b in zip(one, two)) < 600


@pytest.mark.parametrize("split", [{}, {"3": 0}, {"3": 2, "4": -1}, {"3": float("nan")}, {"3": float("inf"), "4": 1}])
def test_no_shares(split):
    """Shares that cannot be are refused with an example."""
    with pytest.raises(PromptError, match="takes shares such as"):
        choose("p", split, "k")


def test_it_is_recorded(library):
    """The version that a key gets comes with the shares that it was chosen by."""
    library.write("hi.md", "---\nversion: 3\n---\nHello, how are you today?")
    library.commit()
    library.write("hi.md", "---\nversion: 4\n---\nGood day, and how are you?")
    prompt = load_prompt("hi", split={"v3": 0.9, "v4": 0.1}, key="user-7", folder=library.path)
    assert prompt.version in ("3", "4")
    (found,) = recognised({"messages": [{"role": "user", "content": prompt.render()}]})
    assert (found.version, found.split) == (prompt.version, "v3=0.9,v4=0.1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reference": "hi", "split": {"3": 1}}, "needs key="),
        ({"reference": "hi:3", "split": {"3": 1}, "key": "k"}, "names one version already"),
    ],
)
def test_a_split_that_cannot_be(arguments, message):
    """A split without a key, or of one version, is refused before anything is read."""
    with pytest.raises(PromptError, match=message):
        load_prompt(**arguments)
