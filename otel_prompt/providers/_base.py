"""What a provider is: a table of methods to wrap, and pure functions over wire JSON.

``request`` and ``response`` read JSON as it was on the wire. An SDK's model is as good: ``child``, ``children`` and
``fields`` read the fields of either, and give what is empty for what is missing, null or of another type, so that no
service's odd answer is an error here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from ..invocation import Invocation, Json, Part, PromptIdentity, Usage, is_word


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers: the conventions' provider name, and the address; or a model that runs in this very process."""

    provider: str
    address: str | None = None
    port: int | None = None
    in_process: bool = False


class Call(msgspec.Struct, frozen=True, gc=False):
    """One intercepted call, as the wire sees it.

    Attributes:
        path: the path, or a whole address.
        request: the SDK's own object of it, which two wrapped methods have in common where one hands the call on to
            the other.
        server: who answers, where that is the call's to say and not the client's.
        source: what is searched, such as a collection's name; None for a call to a model.
    """

    method: str
    path: str
    body: Json
    stream: bool = False
    request: Any = None
    server: Server | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of request.

    Attributes:
        operation: the conventions' operation name.
        request: the record of what is asked. Called only for spans that are recorded.
        response: adds what came back to the record.
        usage: the tokens that the response says it took; None where another call owns them.
        accumulate: grows, chunk by chunk, the response that a plain call would have returned.
        prompt: the prompt that the service itself keeps and the request names.
        unread: where the SDK's answer is a dict, the key under which it gives the caller what has yet to be read: the
            chunks of a stream, or a file of JSON. ``accumulate`` is given the rest of the answer, and then that.
        body: makes the JSON that ``response`` and ``usage`` read of an answer whose fields are not that.
    """

    operation: str
    request: Callable[[Call], Invocation]
    response: Callable[[Invocation, Json], None]
    usage: Callable[[Json], Usage] | None = None
    accumulate: Callable[[Json, Any], None] | None = None
    prompt: Callable[[Json], PromptIdentity | None] | None = None
    unread: str | None = None
    body: Callable[[Any], Json] | None = None


class Doing(msgspec.Struct, frozen=True):
    """One run of an SDK's own step.

    Attributes:
        name: the tool's, or that of the SDK's function.
        given: what it was given, by name.
        function: whose docstring describes it.
    """

    name: str
    given: Json
    function: Any = None


class SdkStep(msgspec.Struct, frozen=True):
    """A function with which an SDK does more than call a model: its own loop, or a tool that the loop uses.

    Attributes:
        path: ``"Class.method"`` or a function, inside the provider's module.
        operation: the conventions' operation: ``invoke_agent``, ``execute_tool``.
        doing: what it is about to do, by its arguments; None for a run that is no step.
        result: what to record of what it gives, which is a list for a stream.
        chunks: whether it gives a stream, in which all is done that it does.
    """

    path: str
    operation: str
    doing: Callable[[tuple[Any, ...], Mapping[str, Any]], Doing | None]
    result: Callable[[Any], Any]
    chunks: bool = False


@dataclass(frozen=True)
class Provider:
    """One SDK.

    Attributes:
        name: the name that users give it, as in ``instrument(clients=[name])``.
        module: the module whose import brings the SDK in.
        distribution: its name on PyPI; ``oldest`` is the oldest version that is tested.
        methods: the request methods to wrap, inside ``module``: ``"Class.method"``, or what else ``seam`` takes; or in
            another module of the SDK's, which ``module`` does not import: ``"its.name:Class.method"``.
        former: likewise, of those that only some of the supported versions have: none is missed.
        attempts: ``"Class.method"`` of what the SDK calls once for each attempt, to count retries.
        own_spans: the functions that start a span of the SDK's own for a call, given their tracer first. Where it would
            go where ours goes they give ours, which they can neither write on nor end: one call has one span.
        own_tracers: the functions that start such a span with a ``tracer`` that they are given by keyword, as they are
            the request.
        ask_for_usage: changes the arguments of a streamed call so that the service counts its tokens; called on the
            setting ``stream_usage`` alone. None for a service that counts unasked.
        answer: the endpoint that gives such an answer, by its body: a step may return one whole. None for no answer.
        call: the wire's view of a call of a wrapped method; None for calls that are not traced.
        by_method: the same, given the bound method first, of an SDK in which each kind of call is a method of its own.
            It is then asked in place of ``call``.
        server: who answers the client at a path; None for a client whose calls are not traced.
        refusal: the name of the exception that the SDK raises of an HTTP status, where what is wrapped gives the
            response itself and the SDK looks at it later; None for a status by which it is not known.
        unparsed: what the service had answered before the client raised an exception of its own, parsing it.
        steps: the SDK's own loops and the tools that they use.
        strict: the functions with which it asks whether something is exactly a text: what was rendered is, to them.
        calls_others: whether it makes its calls by other SDKs, which may be traced: one call has one span, its own.
        unasked: environment variables that keep the SDK from asking anybody anything when it is imported.
        endpoints: by ``"METHOD /path"``, where ``{}`` stands for one segment; matched as a suffix of the path.
    """

    name: str
    module: str
    distribution: str
    oldest: str
    methods: tuple[str, ...]
    call: Callable[[tuple[Any, ...], Mapping[str, Any]], Call | None]
    server: Callable[[Any, str], Server | None]
    endpoints: Mapping[str, Endpoint]
    by_method: Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Call | None] | None = None
    former: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    own_spans: tuple[str, ...] = ()
    own_tracers: tuple[str, ...] = ()
    refusal: Callable[[int], str | None] | None = None
    unparsed: Callable[[BaseException], Any] | None = None
    ask_for_usage: Callable[[tuple[Any, ...], Mapping[str, Any]], None] | None = None
    answer: Callable[[Json], Endpoint | None] | None = None
    steps: tuple[SdkStep, ...] = ()
    strict: tuple[str, ...] = ()
    calls_others: bool = False
    unasked: Mapping[str, str] = field(default_factory=dict[str, str])
    _found: dict[tuple[str, str], Endpoint | None] = field(default_factory=dict[Any, Any], repr=False, compare=False)

    def place(self, path: str) -> tuple[str, str]:
        """The module of a function that is wrapped, and the function's name inside it."""
        module, named, name = path.rpartition(":")
        return (module if named else self.module), name

    def modules(self) -> list[str]:
        """The modules that hold what is wrapped, the first of which brings the SDK in."""
        wrapped = (*self.methods, *self.former, *self.attempts, *self.own_spans, *self.own_tracers)
        return list(dict.fromkeys((self.module, *(self.place(path)[0] for path in wrapped))))

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """The endpoint of a request, or None for one that is not traced."""
        try:
            return self._found[method, path]
        except KeyError:
            found = _match(method.upper(), path, self.endpoints)
            if len(self._found) < 1000:
                self._found[method, path] = found
            return found


def _match(method: str, path: str, endpoints: Mapping[str, Endpoint]) -> Endpoint | None:
    segments = path.partition("?")[0].rstrip("/").split("/")
    for key, endpoint in endpoints.items():
        verb, wanted = _split(key)
        tail = segments[-len(wanted) :]
        if verb == method and len(tail) == len(wanted) and all(w in ("{}", t) for w, t in zip(wanted, tail)):
            return endpoint
    return None


@cache
def _split(key: str) -> tuple[str, list[str]]:
    verb, _, path = key.partition(" ")
    return verb, path.strip("/").split("/")


def fields(value: Any) -> Json:
    """The fields of a JSON object or of an SDK's model; empty for anything else."""
    if type(value) is dict:
        return value
    found = getattr(value, "__dict__", None)
    if found is None:
        return {}
    extra = getattr(value, "__pydantic_extra__", None)
    return found | extra if extra else found


def child(body: Json, name: str) -> Json:
    """The object in a field; empty if there is none."""
    value = body.get(name)
    return fields(value) if value is not None else {}


def children(body: Json, name: str) -> list[Json]:
    """The objects in a list in a field; empty if there is none."""
    value = body.get(name)
    if not value or not isinstance(value, (list, tuple)):
        return []
    return [item if type(item) is dict else fields(item) for item in value]


def text_of(value: Any) -> str | None:
    """A text that is there: not null, not empty. A list of pieces, as ``append`` keeps them, is joined.

    Of an enum and its like, which print themselves otherwise, it is the text that is sent.
    """
    if type(value) is str:
        return value or None
    if isinstance(value, str):
        return str.__str__(value) or None
    return "".join(value) or None if type(value) is Pieces else None


class Pieces(list[str]):
    """A text that is still growing."""


def append(body: Json, name: str, piece: Any) -> None:
    """Grow a text by a piece: kept as references, joined once by ``text_of``."""
    held = body.get(name)
    if type(held) is Pieces:
        if piece and isinstance(piece, str):
            held.append(piece)
    elif piece and isinstance(piece, str):
        body[name] = Pieces((held, piece)) if held and isinstance(held, str) else Pieces((piece,))


def failure(body: Json) -> str | None:
    """What went wrong, of a body that says so in place of an answer or with what there is of one.

    A code, never a sentence: that is content, and may quote the prompt.
    """
    if said := body.get("error"):
        error = fields(said)
        # A number beside a name, as Google has it, says less than the name.
        named = error.get("status") if isinstance(error.get("status"), str) else None
        codes = (str(value) for value in (named, error.get("code"), error.get("type")) if value)
        return next((code for code in codes if is_word(code)), "error")
    return "failed" if body.get("status") == "failed" else None


def fault(inv: Invocation, body: Json) -> None:
    """The error that came in place of an answer, with HTTP status 200, or in the middle of a stream."""
    inv.error = failure(body)
    if body.get("error"):
        inv.error_message = complaint(body)


def complaint(body: Json) -> str | None:
    """The sentence in which a body says what went wrong."""
    said = body.get("error")
    return text_of(fields(said).get("message")) or text_of(said) or text_of(body.get("message"))


def counts(*values: Any) -> list[int | None]:
    """Each value that is a count, None for the others: of what cannot be there are none."""
    return [value if type(value) is int and value >= 0 else None for value in values]


def pick(body: Json, names: Iterable[str], **renamed: str) -> Json:
    """The fields that are present and not null, those of ``renamed`` under their new name."""
    found = {n: v for n in names if (v := body.get(n)) is not None}
    for new, old in renamed.items():
        if (v := body.get(old)) is not None:
            found[new] = v
    return found


def as_sent(p: Json) -> Part:
    """A part that the conventions have none for. It has a type, whatever was sent for one."""
    return p if isinstance(p.get("type"), str) else {**p, "type": "unknown"}
