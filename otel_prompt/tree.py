"""A trace as a tree: which span was made inside which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from .span_record import SpanRecord


class Node(msgspec.Struct):
    """A span and what happened inside it, in the order of their starts."""

    span: SpanRecord
    children: list[Node] = []


def trees(spans: Iterable[SpanRecord]) -> list[Node]:
    """The trees of some spans. A span whose parent is not among them is a root: a trace may span hosts."""
    nodes = {span.span_id: Node(span) for span in sorted(spans, key=lambda s: (s.start, -s.end))}
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.span.parent_id or "")
        (roots if parent is None or parent is node else parent.children).append(node)
    return roots


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, parents before their children."""
    for node in nodes:
        yield node
        yield from walk(node.children)
