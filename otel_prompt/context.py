"""What surrounds a call: session, user, tags and the like, carried by the OpenTelemetry context.

The context is a context variable: it follows ``await`` and tasks by itself, and threads started with
``contextvars.copy_context().run`` or under OpenTelemetry's threading instrumentation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias

from opentelemetry import context as otel
from opentelemetry.trace import Span, get_current_span

from . import semconv
from .encoding import decode, encode, printable
from .errors import logger
from .processors.redact import redact
from .processors.secret_names import is_secret

AttributeValue: TypeAlias = str | bool | int | float | list[str]
Links: TypeAlias = Callable[[str, str, Mapping[str, Any]], dict[str, str]]
"""From a trace's id, a span's id and its attributes to the addresses of its pages, by tool."""

_SURROUNDINGS = otel.create_key("otel_prompt.attributes")
_SUPPRESSED = (
    otel._SUPPRESS_INSTRUMENTATION_KEY,  # pyright: ignore[reportPrivateUsage] - the API has no public name for it
    "suppress_instrumentation",
    "suppress_language_model_instrumentation",
)
_MOST_METADATA: Final = 40
"""A span holds 128 attributes and then drops those that were set first: what the call is."""
MOST_SURROUNDINGS: Final = _MOST_METADATA + 20
"""The most attributes that ``attributes`` puts around a call, about."""
_defaults: Mapping[str, AttributeValue] = {}
_clean: Callable[[str], str] = redact
_content = True


def _no_links(*_: Any) -> dict[str, str]:
    return {}


_links: Links = _no_links
_OF_PAGES = (semconv.LINK_PREFIX, semconv.EXPERIMENT, semconv.RUN_KEY)
_NO_CONTENT = (semconv.DATASET_NAME, semconv.DATASET_VERSION, semconv.DATASET_DIGEST, semconv.DATASET_ITEM_ID)


@dataclass(frozen=True, slots=True)
class Current:
    """Where a call is recorded. Hex ids as OpenTelemetry writes them; ``response_id`` is the service's own."""

    trace_id: str
    span_id: str
    response_id: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)
    """What the span says of its pages, and of the experiment that they are in."""

    @property
    def links(self) -> dict[str, str]:
        """The pages of this call in the tools that it goes to, by tool: ``{"jaeger": "http://..."}``.

        Those that are known: MLflow's and W&B's need what docs/collector.md says.
        """
        return _links(self.trace_id, self.span_id, self.said)

    @property
    def mlflow_trace_id(self) -> str:
        """The id of the trace in MLflow."""
        return f"tr-{self.trace_id}"


open_call: ContextVar[Any] = ContextVar("otel_prompt_open_call", default=None)
"""The recorder of the call to a model that is being made here, if one is."""

_entered: ContextVar[None] = ContextVar("otel_prompt_entered")
Entry: TypeAlias = tuple[Token[None], Token[otel.Context]]
"""What ``enter`` gives and ``leave`` takes."""

_last: ContextVar[tuple[Span, str | None] | None] = ContextVar("otel_prompt_last", default=None)


def enter(context: otel.Context) -> Entry:
    """Make a context the current one."""
    return _entered.set(None), otel.attach(context)


def leave(entry: Entry) -> None:
    """Put back what was before ``enter``.

    A coroutine or a generator may be closed from elsewhere, by an event loop at its end, say. There nothing was
    entered, so there is nothing to put back; OpenTelemetry would log it as an error.
    """
    try:
        _entered.reset(entry[0])
    except ValueError:
        return
    otel.detach(entry[1])


@contextmanager
def attributes(
    *,
    session: str | None = None,
    user: str | None = None,
    conversation: str | None = None,
    experimenter: str | None = None,
    experiment: str | None = None,
    tags: Iterable[str] = (),
    metadata: Mapping[str, Any] | None = None,
    dataset: str | Mapping[str, Any] | None = None,
) -> Generator[None]:
    """Name what surrounds the calls inside: every span that starts inside carries it.

    Args:
        session: the session, ``session.id``.
        user: the end user, ``user.id``.
        conversation: the conversation, ``gen_ai.conversation.id``.
        experimenter: the person or job who experiments.
        experiment: the experiment: an MLflow experiment, a W&B project.
        tags: labels; those of an outer ``attributes`` stay.
        metadata: any other facts, 40 at most; values that are no scalar are kept as JSON.
        dataset: its name, or ``{"name", "version", "digest", "item": {"id", "expected"}}``.
    """
    given: dict[str, AttributeValue | None] = {
        semconv.SESSION_ID: session,
        semconv.USER_ID: user,
        semconv.CONVERSATION_ID: conversation,
        semconv.EXPERIMENTER: experimenter,
        semconv.EXPERIMENT: experiment,
        **{semconv.METADATA_PREFIX + str(k): _named(str(k), v) for k, v in (metadata or {}).items() if v is not None},
        **_dataset(dataset),
    }
    found = {_clean(k): _cleaned(v) for k, v in given.items() if v is not None and (_content or not _is_content(k))}
    outer = surroundings()
    labels = [_clean(str(t)) for t in ([tags] if isinstance(tags, str) else tags)]
    if labels:
        found[semconv.TAGS] = list(dict.fromkeys([*outer.get(semconv.TAGS, ()), *labels]))  # type: ignore[misc]
    entry = enter(otel.set_value(_SURROUNDINGS, _within_limits({**outer, **found})))
    try:
        yield
    finally:
        leave(entry)


def _within_limits(around: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
    facts = [name for name in around if name.startswith(semconv.METADATA_PREFIX)]
    if len(facts) <= _MOST_METADATA:
        return around
    _say_there_are_too_many()
    left_out = set(facts[_MOST_METADATA:])
    return {name: value for name, value in around.items() if name not in left_out}


@cache
def _say_there_are_too_many() -> None:
    logger.warning(
        "otel-prompt: attributes(metadata=...) names more than %d facts around a call; the first %d are recorded. "
        "Give facts that belong together as one, a mapping. Said once.",
        _MOST_METADATA,
        _MOST_METADATA,
    )


def _dataset(dataset: str | Mapping[str, Any] | None) -> dict[str, AttributeValue | None]:
    if dataset is None or isinstance(dataset, str):
        return {semconv.DATASET_NAME: dataset}
    flat = {k: v for k, v in dataset.items() if k != "item"}
    flat |= {f"item.{k}": v for k, v in (dataset.get("item") or {}).items()}
    return {semconv.DATASET_PREFIX + str(k): _named(str(k), v) for k, v in flat.items() if v is not None}


def _is_content(name: str) -> bool:
    """Whether an attribute is what a dataset says, and not which dataset and which item of it."""
    return name.startswith(semconv.DATASET_PREFIX) and name not in _NO_CONTENT


def _named(name: str, value: Any) -> AttributeValue:
    """A value that a span can hold; a secret is known by its name, too, which is so in JSON."""
    if is_secret(name.rpartition(".")[2]):
        value = next(iter(decode(_clean(encode({name.rpartition(".")[2]: value}))).values()))
    return scalar(value)


def scalar(value: Any) -> AttributeValue:
    """A value that a span can hold: scalars as they are, all else as JSON."""
    if isinstance(value, (bool, int, float)):
        return value
    return printable(str(value)) if isinstance(value, str) else encode(value)


def surroundings(context: otel.Context | None = None) -> Mapping[str, AttributeValue]:
    """The span attributes that ``attributes`` has put around a place; this one, if no context is given."""
    return (otel.get_current() if context is None else context).get(_SURROUNDINGS) or _defaults  # type: ignore[return-value]


def configure(
    defaults: Mapping[str, AttributeValue],
    clean: Callable[[str], str],
    *,
    content: bool = True,
    links: Links | None = None,
) -> None:
    """What the settings say of what surrounds calls.

    Args:
        defaults: what every span carries: the experiment and the experimenter.
        clean: takes secrets out of a text.
        content: whether content may be on spans, such as what an item of a dataset says.
        links: what knows the pages of a span; None where no tool has any.
    """
    global _defaults, _clean, _content, _links
    _clean, _content, _links = clean, content, links or _no_links
    _defaults = {name: _cleaned(value) for name, value in defaults.items()}


def _cleaned(value: AttributeValue) -> AttributeValue:
    return _clean(value) if isinstance(value, str) else value


def suppressed(context: otel.Context) -> bool:
    """Whether someone has asked that nothing be traced here."""
    for key in _SUPPRESSED:
        if context.get(key):
            return True
    return False


def remember(span: Span, response_id: str | None) -> None:
    """Note the call that ended last in this context."""
    _last.set((span, response_id))


def current() -> Current | None:
    """Where the innermost open step is recorded or, outside any, the last call of this context; None before any."""
    span, response_id = get_current_span(), None
    last = _last.get()
    if not span.get_span_context().is_valid:
        if last is None:
            return None
        span, response_id = last
    elif last is not None and last[0].get_span_context().trace_id == span.get_span_context().trace_id:
        response_id = last[1]
    ids = span.get_span_context()
    said = {k: v for k, v in (getattr(span, "attributes", None) or {}).items() if k.startswith(_OF_PAGES)}
    return Current(f"{ids.trace_id:032x}", f"{ids.span_id:016x}", response_id, said)
