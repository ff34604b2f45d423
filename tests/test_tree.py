"""Traces as trees."""

from __future__ import annotations

from recorded import call, chain

from otel_prompt.tree import trees, walk


def test_order():
    """Parents come before their children, siblings in the order of their starts, however they were given."""
    names = [node.span.name.split()[0] for node in walk(trees(chain()))]
    assert names == ["invoke_workflow", "chat", "execute_tool", "chat"]


def test_a_missing_parent():
    """A span whose parent is elsewhere is a root."""
    roots = trees([call(1, parent_id="f" * 16), call(2, parent_id="e" * 16)])
    assert [len(node.children) for node in roots] == [0, 0]


def test_its_own_parent():
    """A span that names itself does no harm."""
    assert len(trees([call(1, parent_id=f"{1:016x}")])) == 1
