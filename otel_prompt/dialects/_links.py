"""Where else a span can be seen, as it says itself: what each tool's own record of it tells of the others."""

from __future__ import annotations

from .. import semconv
from ..runs import is_call, run_key
from ..span_record import SpanRecord


def links(record: SpanRecord, own: str | None = None) -> dict[str, str]:
    """The addresses of a span's pages, by tool.

    An address is an attribute of the span or of its resource, so that ``OTEL_RESOURCE_ATTRIBUTES`` can give it for a
    whole program: ``otel_prompt.link.jaeger=http://localhost:16686/trace/{trace_id}``. The ids are filled in.

    Args:
        record: the span.
        own: the tool whose record it is: a page has no link to itself.
    """
    prefix, found = semconv.LINK_PREFIX, dict[str, str]()
    for held in (record.resource, record.attributes):
        for key, value in held.items():
            if key.startswith(prefix) and key[len(prefix) :] != own:
                found[key[len(prefix) :]] = _filled(str(value), record)
    return found


def _filled(address: str, record: SpanRecord) -> str:
    if "{" not in address:
        return address
    key = run_key(record) if is_call(record) else ""
    for word, value in (
        ("{trace_id}", record.trace_id),
        ("{span_id}", record.span_id),
        ("{run_key}", key),
        ("{run_id}", key[:16]),
    ):
        address = address.replace(word, value)
    return address
