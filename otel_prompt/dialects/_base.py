"""What a dialect is, and what all of them need to ask of a span.

A dialect takes a record in the conventions' names of today (``foreign.canonical_record`` has read all others) and gives
a new record: the same ids, parent, times and name; attributes, events, status message and resource as the backend reads
them. The record that it is given is never changed: another dialect gets the same one. It makes nothing up: content
that is not there, because it was not captured, is in no dialect. A span that has nothing to do with models is given
back as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from .. import semconv
from ..encoding import encode
from ..invocation import PromptIdentity
from ..runs import is_call
from ..span_record import SpanRecord
from ._links import links

Dialect: TypeAlias = Callable[[SpanRecord], SpanRecord]

_MARKS: Final = (semconv.OPERATION, semconv.STEP_NAME, semconv.STEP_KIND)
"""What surrounds a call (tags, an experimenter) is on an HTTP request's span as well."""

_ABOUT: Final = {
    "experimenter": semconv.EXPERIMENTER,
    "experiment": semconv.EXPERIMENT,
    "run_key": semconv.RUN_KEY,
    "run_name": semconv.RUN_NAME,
    "dataset": semconv.DATASET_NAME,
    "dataset_version": semconv.DATASET_VERSION,
    "dataset_digest": semconv.DATASET_DIGEST,
    "dataset_item": semconv.DATASET_ITEM_ID,
    "dataset_item_expected": semconv.DATASET_ITEM_EXPECTED,
    "prompt_name": semconv.PROMPT_NAME,
    "prompt_version": semconv.PROMPT_VERSION,
    "prompt_label": semconv.PROMPT_LABEL,
    "prompt_source": semconv.PROMPT_SOURCE,
    "prompt_commit": semconv.PROMPT_COMMIT,
    "prompt_template": semconv.PROMPT_TEMPLATE,
    "prompt_template_hash": semconv.PROMPT_TEMPLATE_HASH,
    "prompt_split": semconv.PROMPT_SPLIT,
    "prompt_function": semconv.PROMPT_FUNCTION,
    "attempts": semconv.ATTEMPTS,
    "same_call_as": semconv.SAME_CALL,
}
"""Facts that most backends have no field for, by the name under which they then stand among the metadata."""


def is_about_models(record: SpanRecord) -> bool:
    """Whether a dialect has anything to say of a span; not of an HTTP request's or a database's."""
    return any(name in record.attributes for name in _MARKS)


def about(record: SpanRecord, own: str | None = None) -> dict[str, Any]:
    """What is known of a span beside its call, by short names; the user's own metadata among it.

    Args:
        record: the span.
        own: the tool that is told, which needs no link to itself.
    """
    held = record.attributes
    found = {name: held[key] for name, key in _ABOUT.items() if key in held}
    if isinstance(first := held.get(semconv.TIME_TO_FIRST_CHUNK), (int, float)):
        found["ttft_ms"] = round(float(first) * 1000, 3)
    found.update({f"link_{name}": url for name, url in links(record, own).items()})
    return {**found, **below(record, semconv.METADATA_PREFIX)}


def below(record: SpanRecord, prefix: str) -> dict[str, Any]:
    """The attributes under a prefix, by what follows it."""
    return {key[len(prefix) :]: value for key, value in record.attributes.items() if key.startswith(prefix)}


def tags(record: SpanRecord) -> list[str]:
    """The labels of a span."""
    found = record.attributes.get(semconv.TAGS, ())
    return [str(tag) for tag in found] if isinstance(found, (list, tuple)) else [str(found)]


def thread(record: SpanRecord) -> str | None:
    """The session, or else the conversation, that a span belongs to."""
    found = record.attributes.get(semconv.SESSION_ID, record.attributes.get(semconv.CONVERSATION_ID))
    return None if found is None else str(found)


def prompt_of(prompts: list[PromptIdentity]) -> PromptIdentity | None:
    """*The* prompt of a call."""
    return prompts[0] if prompts else None


def as_json(value: Any) -> str | None:
    """JSON for what is there; None for nothing."""
    return None if value is None or value in ({}, []) else encode(value)


def as_text(value: Any) -> str | None:
    """A text as it is, and JSON for all else."""
    return value if isinstance(value, str) else as_json(value)


def failure(record: SpanRecord) -> str | None:
    """What a failed span says of its failure; the type where nothing else is known."""
    if record.status != "error":
        return None
    return record.status_message or str(record.attributes.get(semconv.ERROR_TYPE, "error"))


def without(attributes: Mapping[str, Any], names: Iterable[str] = (), prefixes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Attributes, but for those of some names."""
    dropped = frozenset(names)
    return {k: v for k, v in attributes.items() if k not in dropped and not (prefixes and k.startswith(prefixes))}


def rewritten(record: SpanRecord, kept: Mapping[str, Any], new: Mapping[str, Any], **changes: Any) -> SpanRecord:
    """A record with other attributes: those that are kept, and new ones that are not None."""
    if not is_call(record):
        # A parent, or another's span of the same call, that repeats a call's counts would have them counted twice.
        kept = without(kept, prefixes=(semconv.USAGE_PREFIX, semconv.COST_PREFIX))
    attributes = {**kept, **{name: value for name, value in new.items() if value is not None}}
    return msgspec.structs.replace(record, attributes=attributes, **changes)
