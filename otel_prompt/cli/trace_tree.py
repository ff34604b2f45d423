"""A trace as a tree on the terminal: what was called inside what, with messages, tools, tokens and cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from .. import semconv
from ..encoding import decoded, encode
from ..invocation import Message
from ..mapping import from_attributes
from ..score import scores
from ..span_record import SpanRecord
from ..tree import Node, trees, walk
from ..wording import counted
from . import figures
from .rows import identity, row

_BRIEF = 280
"""The most characters shown of one message, unless all of it is asked for."""
_STEP_CONTENT = (
    ("arguments", semconv.TOOL_ARGUMENTS),
    ("query", semconv.RETRIEVAL_QUERY),
    ("input", semconv.STEP_INPUT),
    ("result", semconv.TOOL_RESULT),
    ("documents", semconv.RETRIEVAL_DOCUMENTS),
    ("output", semconv.STEP_OUTPUT),
)


def trace_tree(spans: Sequence[SpanRecord], *, full: bool = False) -> RenderableType:
    """One trace's spans.

    Args:
        spans: of one trace, in any order.
        full: messages in full, and every line of them.
    """
    roots = trees(spans)
    return Group(_headline(spans), *(_branch(node, full) for node in roots))


def _headline(spans: Sequence[SpanRecord]) -> Text:
    """What the whole trace took. Tokens and cost sit on the calls alone, so adding up counts nothing twice."""
    facts = [row(span) for span in spans]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    given, made, cost = ([getattr(f, n) for f in facts] for n in ("input_tokens", "output_tokens", "cost_usd"))
    text = Text(f"trace {spans[0].trace_id}", style="bold")
    words = [
        figures.moment(start),
        counted(len(spans), "span"),
        figures.seconds((end - start) / 1e9),
        f"{figures.tokens(_sum(given), _sum(made))} tokens",
        f"cost {figures.dollars(_sum(cost))}",
    ]
    return text.append("\n" + " · ".join(words), style="not bold dim")


def _sum(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _branch(node: Node, full: bool) -> Tree:
    tree = Tree(Group(_title(node.span), *_content(node.span, full)), guide_style="dim")
    for child in node.children:
        tree.children.append(_branch(child, full))
    return tree


def _title(span: SpanRecord) -> Text:
    fact = row(span)
    text = Text(span.name, style="bold red" if fact.status == "error" else "bold")
    words = [figures.seconds(fact.seconds)]
    if (known := identity(fact)) is not None:
        words.append(f"prompt {known}" + (f" {fact.version}" if fact.version else ""))
    if fact.temperature is not None:
        words.append(f"temperature {figures.plain(fact.temperature)}")
    if fact.time_to_first_chunk is not None:
        words.append(f"first chunk {figures.seconds(fact.time_to_first_chunk)}")
    if fact.operation in semconv.MODEL_CALLS:
        words.append(f"{figures.tokens(fact.input_tokens, fact.output_tokens)} tokens")
        words.append(f"cost {figures.dollars(fact.cost_usd)}")
    return text.append("  " + " · ".join(words), style="not bold dim")


def _content(span: SpanRecord, full: bool) -> Iterator[RenderableType]:
    lines = [*_messages(span), *_error(span), *_judgements(span)]
    if not lines:
        return
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for who, what in lines:
        style = "red" if who == "error" else ""
        grid.add_row(Text(who, style=style), Text(what if full else figures.shortened(what, _BRIEF), style=style))
    yield Padding(grid, (0, 0, 0, 2), expand=False)


def _messages(span: SpanRecord) -> Iterator[tuple[str, str]]:
    inv = from_attributes(span.attributes)
    if inv.system_instructions:
        yield "system", " ".join(_part(part) for part in inv.system_instructions)
    yield from _said(inv.input_messages)
    for who, name in _STEP_CONTENT:
        if (value := span.attributes.get(name)) is not None:
            plain = decoded(value)
            yield who, plain if isinstance(plain, str) else encode(plain)
    yield from _said(inv.output_messages)


def _said(messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
    for message in messages:
        yield message.role, " ".join(_part(part) for part in message.parts)


def _part(part: Any) -> str:
    """A part of a message in words; what is neither text nor a tool's is named by its type."""
    if not isinstance(part, dict):
        return str(part)
    match part.get("type"):
        case "text":
            return str(part.get("content", ""))
        case "reasoning":
            return f"(thinks: {part.get('content', '')})"
        case "tool_call":
            return f"calls {part.get('name')}({encode(decoded(part.get('arguments')))})"
        case "tool_call_response":
            result = decoded(part.get("response", part.get("result")))
            return result if isinstance(result, str) else encode(result)
        case kind:
            return f"<{kind}>"


def _error(span: SpanRecord) -> Iterator[tuple[str, str]]:
    if span.status == "error":
        kind = str(span.attributes.get(semconv.ERROR_TYPE) or "error")
        message = span.status_message
        yield "error", f"{kind}: {message}" if message and message != kind else kind


def _judgements(span: SpanRecord) -> Iterator[tuple[str, str]]:
    for score in scores(span):
        said = str(score.value).lower() if isinstance(score.value, bool) else figures.plain(score.value)
        judge = f" ({score.judge})" if score.judge else ""
        yield score.name, f"{said}{judge}" + (f": {score.comment}" if score.comment else "")


def calls(spans: Sequence[SpanRecord]) -> list[SpanRecord]:
    """The calls to models in a trace, in the order of the tree."""
    return [node.span for node in walk(trees(spans)) if node.span.operation in semconv.MODEL_CALLS]
